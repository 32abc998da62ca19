// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.util.List;

/** Operations on a container that is there already: its first process, its start, its hooks. */
public sealed interface ContainerOp extends Op {

    /** Fails as {@link ChildOp.Exec} of this command would if none of the candidates can be executed. */
    record CheckExec(String command, List<String> candidates) implements ContainerOp {
        @Override
        public int opcode() {
            return 70;
        }

        @Override
        public void encode(OpWriter out) {
            out.strings(candidates);
        }

        @Override
        public String describe() {
            return "check that one can be executed: " + Flags.words(candidates);
        }
    }

    /** Waits until {@link Start} opens the FIFO; what fails afterwards is told through it. */
    record AwaitStart(Slot descriptors, Slot fifo) implements ContainerOp {
        @Override
        public int opcode() {
            return 71;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(descriptors).reads(fifo);
        }

        @Override
        public String describe() {
            return "await start at " + fifo;
        }
    }

    /** Lets the process that waits at the FIFO go on, and waits until its program is replaced. */
    record Start(Slot base, String path, Slot process) implements ContainerOp {
        @Override
        public int opcode() {
            return 72;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(base).string(path).reads(process);
        }

        @Override
        public String describe() {
            return "start " + process + " by " + base.at(path);
        }
    }

    /** Opens a process by its number and start time (0: any); ESRCH if that process is gone. The value is a {@link ProcessFacts}. */
    record OpenProcess(Slot process, int pid, long startTime) implements ContainerOp {
        @Override
        public int opcode() {
            return 73;
        }

        @Override
        public void encode(OpWriter out) {
            out.fills(process).u32(pid).u64(startTime);
        }

        @Override
        public String describe() {
            return "open process " + pid + " -> " + process;
        }
    }

    /** Sends a descriptor to who listens on a socket, with some bytes. */
    record SendSocket(Slot slot, Slot base, String path, String payload) implements ContainerOp {
        @Override
        public int opcode() {
            return 74;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(slot).reads(base).string(path).string(payload);
        }

        @Override
        public String describe() {
            return "send " + slot + " to " + base.at(path);
        }
    }

    /** Sends a signal to all processes of a cgroup; one that is gone is success. */
    record SignalCgroup(Slot base, String path, int signal) implements ContainerOp {
        @Override
        public int opcode() {
            return 75;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(base).string(path).u32(signal);
        }

        @Override
        public String describe() {
            return "signal " + signal + " to all in " + base.at(path);
        }
    }

    /** The value is the names in a directory, each with a NUL behind it. */
    record ListDir(Slot base, String path, int flags) implements ContainerOp {
        /** In {@code flags}: not what is in it, but all directories below it, by their paths from it. */
        public static final int DIRECTORIES_BELOW = 1;

        @Override
        public int opcode() {
            return 76;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(base).string(path).u32(flags);
        }

        @Override
        public String describe() {
            return "list " + (flags == DIRECTORIES_BELOW ? "directories below " : "") + base.at(path);
        }
    }

    /**
     * Runs a hook to its end. Its standard input is {@code before}, the process's pid, {@code after}; {@link Slot#NONE} is the process that
     * carries out the operation. {@code timeoutMillis} of 0 is no limit.
     */
    record RunHook(
            Slot process,
            String path,
            List<String> argv,
            List<String> environment,
            byte[] before,
            byte[] after,
            int timeoutMillis)
            implements ContainerOp {
        @Override
        public int opcode() {
            return 77;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(process)
                    .string(path)
                    .strings(argv)
                    .strings(environment)
                    .bytes(before)
                    .bytes(after)
                    .u32(timeoutMillis);
        }

        @Override
        public String describe() {
            return "run hook " + path + (timeoutMillis == 0 ? "" : " for at most " + timeoutMillis + " ms");
        }
    }

    /** Writes to a file below {@code /proc/PID}; {@link Slot#NONE} is the process that carries out the operation. */
    record WriteProc(Slot process, String name, byte[] data) implements ContainerOp {
        @Override
        public int opcode() {
            return 78;
        }

        @Override
        public void encode(OpWriter out) {
            out.reads(process).string(name).bytes(data);
        }

        @Override
        public String describe() {
            return "write " + Flags.data(data) + " to proc/" + (process.isNone() ? "self" : process.toString()) + "/"
                    + name;
        }
    }
}
