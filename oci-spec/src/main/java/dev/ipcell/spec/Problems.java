// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects everything that is wrong with one document. */
final class Problems {
    private final SourceMap positions;
    private final List<Problem> errors = new ArrayList<>();
    private final List<Problem> warnings = new ArrayList<>();

    Problems(SourceMap positions) {
        this.positions = positions;
    }

    void error(String pointer, JsonValue at, String message) {
        errors.add(new Problem(pointer, at.line(), at.column(), message));
    }

    void error(String pointer, String message) {
        errors.add(positions.problem(pointer, message));
    }

    void warning(String pointer, String message) {
        warnings.add(positions.problem(pointer, message));
    }

    /**
     * Whether the value at {@code pointer}, and all in it, was read without error, so that its meaning can be judged.
     */
    boolean sound(String pointer) {
        for (Problem error : errors) {
            if (JsonPointer.isWithin(error.pointer(), pointer) || JsonPointer.isWithin(pointer, error.pointer())) {
                return false;
            }
        }
        return true;
    }

    SourceMap positions() {
        return positions;
    }

    List<Problem> warnings() {
        return List.copyOf(warnings);
    }

    /** Ends the reading if there was any error. */
    void check() throws InvalidSpecException {
        if (!errors.isEmpty()) {
            errors.sort(new DocumentOrder());
            throw new InvalidSpecException(errors);
        }
    }

    /** A class, because a method reference would cost a call with errors some milliseconds. */
    private static final class DocumentOrder implements Comparator<Problem> {
        @Override
        public int compare(Problem a, Problem b) {
            return a.line() != b.line() ? Integer.compare(a.line(), b.line()) : Integer.compare(a.column(), b.column());
        }
    }
}
