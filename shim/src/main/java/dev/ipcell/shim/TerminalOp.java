// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

/** Operations on pseudo-terminals. */
public sealed interface TerminalOp extends Op {

    /**
     * Opens a new pseudo-terminal; rows and columns of 0 mean those of the caller's terminal, if it has one.
     *
     * @param cleared its output modes ({@code c_oflag}, termios(3)) that are switched off
     */
    record OpenPty(Slot master, Slot slave, String ptmx, int rows, int columns, int cleared) implements TerminalOp {
        @Override
        public int opcode() {
            return 64;
        }

        @Override
        public void encode(OpWriter out) {
            out.fills(master).fills(slave).string(ptmx).u32(rows).u32(columns).u32(cleared);
        }

        @Override
        public String describe() {
            String size = rows == 0 && columns == 0 ? "" : " of " + rows + " rows, " + columns + " columns";
            String modes = cleared == 0 ? "" : " without output modes 0" + Integer.toOctalString(cleared);
            return "open-pty " + ptmx + size + modes + " -> " + master + ", " + slave;
        }
    }

    /** Makes the terminal the controlling one, and descriptors 0 to 2. */
    record UseTerminal(Slot slave) implements TerminalOp {
        @Override
        public int opcode() {
            return 65;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(slave);
        }

        @Override
        public String describe() {
            return "use-terminal " + slave;
        }
    }

    /** Makes three descriptors the standard streams. */
    record UseStreams(Slot in, Slot out, Slot err) implements TerminalOp {
        @Override
        public int opcode() {
            return 119;
        }

        @Override
        public void encode(OpWriter writer) {
            writer.reads(in).reads(out).reads(err);
        }

        @Override
        public String describe() {
            return "use " + in + ", " + out + ", " + err + " as standard streams";
        }
    }
}
