// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

/**
 * One thing that is wrong with a document, and where.
 *
 * @param pointer the JSON pointer (RFC 6901) of the value at fault; empty for the document as a whole
 * @param line the line, counted from 1; 0 if there is none
 * @param column the column (in bytes), counted from 1; 0 if there is none
 * @param message one line: lower-case, no full stop
 */
public record Problem(String pointer, int line, int column, String message) {
    /** The problem as one line: {@code /process/cwd: must be an absolute path, not "x" [line 3, column 9]}. */
    public String render() {
        StringBuilder out = new StringBuilder();
        if (!pointer.isEmpty()) {
            Quoted.appendSafely(out, pointer);
            out.append(": ");
        }
        out.append(message);
        if (line > 0) {
            out.append(" [line ")
                    .append(line)
                    .append(", column ")
                    .append(column)
                    .append(']');
        }
        return out.toString();
    }

    @Override
    public String toString() {
        return render();
    }
}
