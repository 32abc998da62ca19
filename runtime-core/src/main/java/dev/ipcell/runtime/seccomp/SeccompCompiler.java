// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.seccomp;

import dev.ipcell.shim.linux.Errno;
import dev.ipcell.shim.linux.Libseccomp;
import dev.ipcell.shim.linux.Libseccomp.Condition;
import dev.ipcell.shim.linux.Libseccomp.Filter;
import dev.ipcell.shim.linux.SyscallException;
import dev.ipcell.spec.Seccomp;
import dev.ipcell.spec.SeccompAction;
import dev.ipcell.spec.SeccompArch;
import dev.ipcell.spec.SeccompArg;
import dev.ipcell.spec.SeccompFlag;
import dev.ipcell.spec.SeccompOperator;
import dev.ipcell.spec.Syscall;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Has libseccomp compile a profile, with the meaning that runc gives it. */
final class SeccompCompiler {
    /** From here on a search by halves pays. With no rules at all, libseccomp up to 2.5.4 makes a wrong program of it. */
    private static final int MANY_RULES = 32;

    private final Seccomp seccomp;
    private final Libseccomp library;
    private final int defaultAction;

    private SeccompCompiler(Seccomp seccomp, Libseccomp library) {
        this.seccomp = seccomp;
        this.library = library;
        this.defaultAction = action(seccomp.defaultAction(), seccomp.defaultErrnoRet());
    }

    /** The filter of a profile that {@link ProfileChecks} has passed. */
    static SeccompFilter compile(Seccomp seccomp, File file) throws SeccompRefusal {
        try {
            Libseccomp library = Libseccomp.load(file.toPath());
            ProfileChecks.check(seccomp, library.apiLevel());
            return new SeccompCompiler(seccomp, library).compile();
        } catch (IOException e) {
            throw new SeccompRefusal(ProfileChecks.AT, "cannot be compiled: " + e.getMessage());
        }
    }

    private SeccompFilter compile() throws SeccompRefusal, IOException {
        int flags = flags();
        try (Filter filter = library.filter(defaultAction)) {
            Set<Integer> arches = addArches(filter);
            int added = 0;
            for (int i = 0; i < seccomp.syscalls().size(); i++) {
                added += addRules(filter, i);
            }
            if (added > MANY_RULES) {
                filter.searchByHalves();
            }
            return new SeccompFilter(flags, whole(stub(arches), filter.export()));
        }
    }

    /** No array means SPEC_ALLOW, an empty one no flags. TSYNC is for other threads, of which the container's process has none. */
    private int flags() throws SeccompRefusal {
        int flags = ProfileChecks.notifies(seccomp) ? SeccompFilter.FLAG_NEW_LISTENER : 0;
        List<SeccompFlag> configured = seccomp.flags();
        if (configured == null) {
            return flags | (library.kernelTakes(SeccompFilter.FLAG_SPEC_ALLOW) ? SeccompFilter.FLAG_SPEC_ALLOW : 0);
        }
        for (int i = 0; i < configured.size(); i++) {
            SeccompFlag flag = configured.get(i);
            int bit = switch (flag) {
                case TSYNC -> 0;
                case LOG -> SeccompFilter.FLAG_LOG;
                case SPEC_ALLOW -> SeccompFilter.FLAG_SPEC_ALLOW;
                case WAIT_KILLABLE_RECV -> SeccompFilter.FLAG_WAIT_KILLABLE_RECV;
            };
            flags |= bit;
            if (bit != 0 && !library.kernelTakes(flags)) {
                throw new SeccompRefusal(
                        ProfileChecks.AT + "/flags/" + i, flag.wire() + " is not supported by this kernel");
            }
        }
        return flags;
    }

    /** The architectures of the filter: those of the profile, and always the native one. */
    private Set<Integer> addArches(Filter filter) throws SeccompRefusal {
        Set<Integer> arches = new LinkedHashSet<>();
        arches.add(library.nativeArch());
        List<SeccompArch> configured = seccomp.architectures();
        for (int i = 0; i < configured.size(); i++) {
            SeccompArch arch = configured.get(i);
            String pointer = ProfileChecks.AT + "/architectures/" + i;
            int token = library.arch(arch.name().toLowerCase(Locale.ROOT));
            if (token == 0) {
                throw new SeccompRefusal(pointer, arch.wire() + " is not known to this machine's libseccomp");
            }
            try {
                filter.addArch(token);
            } catch (SyscallException e) {
                throw new SeccompRefusal(
                        pointer,
                        arch.wire() + " cannot be in a filter for this machine"
                                + (e.errno() == Errno.EDOM ? ": its byte order is another" : ": " + e.getMessage()));
            }
            arches.add(token);
        }
        return arches;
    }

    /** Adds what one entry of the profile asks for, and returns how many rules that is. */
    private int addRules(Filter filter, int index) throws SeccompRefusal {
        Syscall rule = seccomp.syscalls().get(index);
        int action = action(rule.action(), rule.errnoRet());
        if (action == defaultAction) { // says nothing new, and libseccomp would refuse it
            return 0;
        }
        List<List<Condition>> alternatives = alternatives(rule.args());
        int added = 0;
        for (int i = 0; i < rule.names().size(); i++) {
            String name = rule.names().get(i);
            int number = library.syscall(library.nativeArch(), name);
            if (number == Libseccomp.NO_SYSCALL) { // profiles name calls of kernels and architectures that came later
                continue;
            }
            for (List<Condition> conditions : alternatives) {
                try {
                    filter.addRule(action, number, conditions);
                } catch (SyscallException e) {
                    throw new SeccompRefusal(ProfileChecks.rule(index) + "/names/" + i, refused(name, e));
                }
                added++;
            }
        }
        return added;
    }

    private static String refused(String name, SyscallException e) {
        return e.errno() == Errno.EEXIST
                ? "an earlier rule gives " + name + " another action under the same conditions"
                : "libseccomp refuses this rule for " + name + ": " + e.getMessage();
    }

    /**
     * The conditions of an entry hold together; but where two are on the same argument, which libseccomp does not know, each one
     * suffices, as it always did with runc.
     */
    private static List<List<Condition>> alternatives(List<SeccompArg> args) {
        List<Condition> all = new ArrayList<>(args.size());
        List<List<Condition>> each = new ArrayList<>(args.size());
        boolean again = false;
        int seen = 0;
        for (SeccompArg arg : args) {
            Condition condition = condition(arg);
            all.add(condition);
            each.add(List.of(condition));
            again |= (seen >>> arg.index() & 1) != 0;
            seen |= 1 << arg.index();
        }
        return again ? each : List.of(all);
    }

    private static Condition condition(SeccompArg arg) {
        boolean masked = arg.op() == SeccompOperator.MASKED_EQUAL;
        return new Condition(arg.index(), operator(arg.op()), arg.value(), masked ? arg.valueTwo() : 0);
    }

    /** {@code SCMP_CMP_*}. */
    private static int operator(SeccompOperator operator) {
        return switch (operator) {
            case NOT_EQUAL -> 1;
            case LESS -> 2;
            case LESS_OR_EQUAL -> 3;
            case EQUAL -> 4;
            case GREATER_OR_EQUAL -> 5;
            case GREATER -> 6;
            case MASKED_EQUAL -> 7;
        };
    }

    /** {@code SECCOMP_RET_*}, with the data. */
    static int action(SeccompAction action, @Nullable Long data) {
        int number = data == null ? Errno.EPERM : data.intValue();
        return switch (action) {
            case KILL, KILL_THREAD -> 0;
            case KILL_PROCESS -> 0x8000_0000;
            case TRAP -> 0x0003_0000;
            case ERRNO -> EnosysStub.RET_ERRNO | number;
            case TRACE -> 0x7ff0_0000 | number;
            case ALLOW -> 0x7fff_0000;
            case LOG -> 0x7ffc_0000;
            case NOTIFY -> 0x7fc0_0000;
        };
    }

    /**
     * What goes before the filter, so that a program which tries a newer system call learns that it is not there, and falls back.
     * Where the default lets calls pass, or is ENOSYS itself, or leaves them to a tracer, there is nothing to do.
     */
    private byte[] stub(Set<Integer> arches) {
        SeccompAction action = seccomp.defaultAction();
        boolean passes = action == SeccompAction.ALLOW || action == SeccompAction.LOG || action == SeccompAction.TRACE;
        if (passes || defaultAction == (EnosysStub.RET_ERRNO | Errno.ENOSYS)) {
            return new byte[0];
        }
        EnosysStub stub = new EnosysStub();
        for (int arch : arches) {
            for (Syscall rule : seccomp.syscalls()) {
                for (String name : rule.names()) {
                    stub.knows(arch, library.syscall(arch, name));
                }
            }
        }
        return stub.encode();
    }

    private static byte[] whole(byte[] stub, byte[] filter) throws SeccompRefusal {
        int size = stub.length + filter.length;
        if (size / SeccompFilter.INSTRUCTION > SeccompFilter.MAX_INSTRUCTIONS) {
            throw new SeccompRefusal(
                    ProfileChecks.AT,
                    "is too long: " + size / SeccompFilter.INSTRUCTION + " instructions where the kernel takes "
                            + SeccompFilter.MAX_INSTRUCTIONS);
        }
        byte[] whole = new byte[size];
        System.arraycopy(stub, 0, whole, 0, stub.length);
        System.arraycopy(filter, 0, whole, stub.length, filter.length);
        return whole;
    }
}
