// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.failure;

import dev.ipcell.ipc.IpcErrnoHints;
import dev.ipcell.shim.ChildOp;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.MountOp;
import dev.ipcell.shim.NamespaceOp;
import dev.ipcell.shim.NetworkOp;
import dev.ipcell.shim.Op;
import dev.ipcell.shim.PathOp;
import dev.ipcell.shim.PlanFailure;
import dev.ipcell.shim.SchedulingOp;
import dev.ipcell.shim.Step;
import dev.ipcell.shim.linux.Errno;
import dev.ipcell.shim.linux.Signal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts the failure of an operation into one sentence: where it came from, what was done, why not, and a hint if we know one. */
public final class Explanation {
    private static final int SIGKILL = 9;
    private static final int SIGSYS = 31;
    private static final String KILLED_BY = "killed by signal ";
    private static final int SIGNAL_BASE = 128;
    private static final int NOT_FOUND = 127;
    private static final int NOT_EXECUTABLE = 126;
    private static final int MILLIS = 1000;

    private Explanation() {}

    /** The failure as a caller should read it. */
    public static Failure of(PlanFailure failure) {
        return switch (failure.kind()) {
            case SIGNAL ->
                new Failure(
                        SIGNAL_BASE + failure.errno(),
                        lines("interrupted by " + Signal.name(failure.errno()) + "; everything was undone", failure));
            case MALFORMED ->
                new Failure(1, lines("internal error: the executor refused the plan: " + failure.detail(), failure));
            case OPERATION -> operation(failure);
        };
    }

    private static Failure operation(PlanFailure failure) {
        Step step = failure.step();
        if (step == null) {
            return new Failure(
                    1, lines("internal error: an operation that nobody sent failed: " + reason(failure), failure));
        }
        if (step.op() instanceof ChildOp.Exec exec && failure.call().equals("execve")) {
            return exec(exec.argv().getFirst(), step, failure);
        }
        if (step.op() instanceof ContainerOp.CheckExec check && failure.call().equals("execve")) {
            return exec(check.command(), step, failure);
        }
        String plain = plain(step, failure);
        if (plain != null) {
            return new Failure(1, lines(step.origin() + ": " + plain, failure));
        }
        if (step.op() instanceof ContainerOp.RunHook && failure.errno() == Errno.ECANCELED) {
            return new Failure(1, lines(step.origin() + ": " + hook(step.origin(), failure.detail()), failure));
        }
        StringBuilder line = new StringBuilder(step.origin());
        line.append(": ").append(failure.call());
        if (!failure.detail().isEmpty()) {
            line.append(' ').append(failure.detail());
        }
        line.append(": ").append(reason(failure));
        String hint = hint(step.op(), failure);
        if (hint != null) {
            line.append("; ").append(hint);
        }
        return new Failure(1, lines(line.toString(), failure));
    }

    /** In runc's words as far as they go; what the executor says of a signal is its number. */
    private static String hook(String origin, String detail) {
        int number = origin.lastIndexOf('/') + 1;
        int kind = origin.lastIndexOf('/', number - 2) + 1;
        String start =
                "error running " + origin.substring(kind, number - 1) + " hook #" + origin.substring(number) + ": ";
        String killed = ": " + KILLED_BY;
        int at = detail.indexOf(killed);
        int end = at < 0 ? 0 : at + killed.length();
        int signal = 0;
        while (at >= 0 && end < detail.length() && Character.isDigit(detail.charAt(end))) {
            signal = signal * 10 + detail.charAt(end++) - '0';
        }
        if (signal == 0) {
            return start + detail;
        }
        String name = Signal.name(signal) + (signal == SIGSYS ? " (bad system call: the seccomp filter)" : "");
        return start + detail.substring(0, at) + ": killed by " + name + detail.substring(end);
    }

    private static @Nullable String hint(Op op, PlanFailure failure) {
        if (op instanceof MountOp.IdmapMount) {
            return idmapHint(failure.errno());
        }
        if (op instanceof SchedulingOp) {
            return schedulingHint(op, failure.errno());
        }
        return op instanceof NetworkOp
                ? networkHint(failure.errno())
                : IpcErrnoHints.hint(failure.call(), failure.errno(), failure.detail());
    }

    /** mount_setattr(2), "ID-mapped mounts". */
    private static @Nullable String idmapHint(int errno) {
        return switch (errno) {
            case Errno.EINVAL -> "this file system, or with ridmap one below it, cannot be id-mapped by this kernel";
            case Errno.EPERM -> "it is id-mapped already, which can be done only once";
            default -> null;
        };
    }

    /** sched_setattr(2), set_mempolicy(2). */
    private static @Nullable String schedulingHint(Op op, int errno) {
        if (op instanceof SchedulingOp.SetScheduler && errno == Errno.EPERM) {
            return "it needs CAP_SYS_NICE; SCHED_DEADLINE also all processors: it can't be used together with"
                    + " linux.resources.cpu.cpus";
        }
        return op instanceof SchedulingOp.SetMemoryPolicy && errno == Errno.EINVAL
                ? "this kernel does not know the mode or a flag, or none of the nodes has memory and may be used"
                : null;
    }

    private static @Nullable String networkHint(int errno) {
        return errno == Errno.EPERM
                ? "moving a network device needs CAP_NET_ADMIN in the network namespace it leaves and in the one it comes to"
                : null;
    }

    /** What is simply missing or of the wrong kind needs no system call to be understood. */
    private static @Nullable String plain(Step step, PlanFailure failure) {
        Op op = step.op();
        if (step.origin().equals("--cgroup") && failure.errno() == Errno.ENOENT) {
            String file = failure.detail() + (op instanceof DescriptorOp.OpenFd ? "/cgroup.procs" : "");
            return "adding pid to " + file + ": " + reason(failure) + "; the cgroup must have been made before";
        }
        if (failure.call().equals("wait") && failure.detail().startsWith(KILLED_BY)) {
            return killed(Integer.parseInt(failure.detail().substring(KILLED_BY.length())));
        }
        if (op instanceof DescriptorOp.Lock lock && failure.errno() == Errno.EAGAIN) {
            return "another call on this container has not ended for " + lock.waitMillis() / MILLIS
                    + " seconds (EAGAIN); try again when it has, or end it";
        }
        boolean reads = op instanceof DescriptorOp.OpenFd || op instanceof FileOp.ReadFile;
        if (reads && failure.errno() == Errno.ENOENT) {
            return failure.detail() + ": " + reason(failure);
        }
        if (op instanceof FileOp.ReadFile read && failure.errno() == Errno.EFBIG) {
            return failure.detail() + ": larger than " + (read.limit() >> 10) + " KiB, which is the limit (EFBIG)";
        }
        if (op instanceof FileOp.WriteFile write && failure.call().equals("write")) {
            return refused(write, failure.errno());
        }
        if (op instanceof NamespaceOp.OpenNs && failure.call().equals("fstatfs")) {
            return failure.detail() + " is no namespace";
        }
        if (op instanceof ContainerOp.SendSocket && step.origin().endsWith("/linux/seccomp/listenerPath")) {
            return "failed to connect with seccomp agent: " + failure.call() + " " + failure.detail() + ": "
                    + reason(failure);
        }
        if (op instanceof PathOp.MakeMountPoint point
                && point.kind() == PathOp.MakeMountPoint.DIRECTORY_NO_SYMLINKS
                && failure.errno() == Errno.ELOOP) {
            return failure.detail() + ": must be mounted on ordinary directory (ELOOP)";
        }
        if (op instanceof PathOp.MakeMountPoint && failure.errno() == Errno.EISDIR) {
            // Docker adds its hint about directories and files where it reads "not a directory".
            return "what is mounted there is not a directory, but " + failure.detail() + " is one (EISDIR)";
        }
        return null;
    }

    /** A process of which nothing was heard. */
    private static String killed(int signal) {
        return "the new process was ended by " + Signal.name(signal) + " before its program ran"
                + (signal == SIGKILL ? "; is the container's limit of memory too low for it?" : "");
    }

    /** What security modules say to a name that they do not know (proc_pid_attr(5)), and resctrl to a line. */
    private static @Nullable String refused(FileOp.WriteFile write, int errno) {
        String text = new String(write.data(), StandardCharsets.UTF_8);
        if (write.path().endsWith("/attr/apparmor/exec") && errno == Errno.ENOENT) {
            return "AppArmor has no profile \"" + text.substring("exec ".length())
                    + "\" loaded; apparmor_parser -r FILE loads one";
        }
        boolean labels = write.path().endsWith("/attr/exec") || write.path().endsWith("/attr/keycreate");
        if (write.path().endsWith("/schemata") && errno == Errno.EINVAL) {
            return "the kernel takes no \"" + text.strip() + "\" (EINVAL); info/last_cmd_status of resctrl says why";
        }
        return labels && errno == Errno.EINVAL ? "the SELinux policy has no label \"" + text + "\"" : null;
    }

    /** Engines look for the quoted command and the C library's words, and make 126 or 127 of them. */
    private static Failure exec(String command, Step step, PlanFailure failure) {
        String start = step.origin() + ": exec: \"" + command + "\": ";
        int errno = failure.errno();
        if (errno == Errno.ENOENT || errno == Errno.ENOTDIR) {
            String why = command.indexOf('/') < 0
                    ? "executable file not found in $PATH"
                    : reason(failure) + scriptHint(errno);
            return new Failure(NOT_FOUND, lines(start + why, failure));
        }
        if (errno == Errno.EACCES) {
            String hint = "; it must be a file with execute permission, on a file system without noexec";
            return new Failure(NOT_EXECUTABLE, lines(start + reason(failure) + hint, failure));
        }
        if (errno == Errno.ENOEXEC) {
            String hint = "; it is neither a program for this machine nor a script that begins with #!";
            return new Failure(NOT_EXECUTABLE, lines(start + reason(failure) + hint, failure));
        }
        return new Failure(1, lines(start + reason(failure), failure));
    }

    private static String scriptHint(int errno) {
        return errno == Errno.ENOENT ? "; if the file is there, its interpreter or loader is missing" : "";
    }

    private static String reason(PlanFailure failure) {
        return Errno.text(failure.errno()) + " (" + Errno.name(failure.errno()) + ")";
    }

    private static List<String> lines(@Nullable String line, PlanFailure failure) {
        List<String> lines = new ArrayList<>();
        if (line != null) {
            lines.add(line);
        }
        for (String left : failure.leftBehind()) {
            lines.add("left behind: " + left);
        }
        return lines;
    }
}
