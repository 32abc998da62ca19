// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** libseccomp, from 2.5 on: what it knows about system calls, and the filters that it compiles (seccomp_init(3)). */
public final class Libseccomp {
    /** What {@link #syscall} returns for a name that is none ({@code __NR_SCMP_ERROR}). */
    public static final int NO_SYSCALL = -1;

    private static final int SECCOMP_SET_MODE_FILTER = 1;
    private static final int OPTIMIZE = 8; // SCMP_FLTATR_CTL_OPTIMIZE
    private static final int BINARY_TREE = 2;
    private static final int MFD_CLOEXEC = 1;
    private static final int CONDITION_SIZE = 24; // struct scmp_arg_cmp
    private static final int READ_SIZE = 1 << 16;

    // long syscall(long number, ...);
    private static final MethodHandle SYSCALL = Native.function("syscall");
    // int memfd_create(const char *name, unsigned int flags);
    private static final MethodHandle MEMFD_CREATE = Native.function("memfd_create");

    private final SymbolLookup library;
    // scmp_filter_ctx seccomp_init(uint32_t action);
    private final MethodHandle init;
    // void seccomp_release(scmp_filter_ctx ctx);
    private final MethodHandle release;
    // int seccomp_arch_add(scmp_filter_ctx ctx, uint32_t arch);
    private final MethodHandle archAdd;
    // int seccomp_attr_set(scmp_filter_ctx ctx, enum scmp_filter_attr attribute, uint32_t value);
    private final MethodHandle attrSet;
    // int seccomp_rule_add_array(scmp_filter_ctx ctx, uint32_t action, int syscall, unsigned int count,
    //         const struct scmp_arg_cmp *conditions);
    private final MethodHandle ruleAdd;
    // int seccomp_export_bpf(scmp_filter_ctx ctx, int fd); the variant that writes to memory came with 2.6
    private final MethodHandle exportBpf;
    // int seccomp_syscall_resolve_name_arch(uint32_t arch, const char *name);
    private final MethodHandle resolveName;

    private Libseccomp(SymbolLookup library) {
        this.library = library;
        this.init = function("seccomp_init");
        this.release = function("seccomp_release");
        this.archAdd = function("seccomp_arch_add");
        this.attrSet = function("seccomp_attr_set");
        this.ruleAdd = function("seccomp_rule_add_array");
        this.exportBpf = function("seccomp_export_bpf");
        this.resolveName = function("seccomp_syscall_resolve_name_arch");
    }

    /**
     * Loads the library.
     *
     * @throws IOException if the file is no such library, or none for this machine
     */
    public static Libseccomp load(Path file) throws IOException {
        try {
            return new Libseccomp(Native.library(file));
        } catch (IllegalArgumentException | UnsatisfiedLinkError e) {
            throw new IOException("cannot load " + file + ": " + e.getMessage(), e);
        }
    }

    private MethodHandle function(String name) {
        return Native.function(library, name);
    }

    /** How much of its interface library and kernel support together (seccomp_api_get(3)). */
    public int apiLevel() {
        return (int) Native.plain(function("seccomp_api_get"));
    }

    /** The token of the architecture that the library is built for. */
    public int nativeArch() {
        return (int) Native.plain(function("seccomp_arch_native"));
    }

    /** The token of an architecture, by the library's own name for it; 0 if it does not know that. */
    public int arch(String name) {
        try (Arena arena = Arena.ofConfined()) {
            long text = arena.allocateFrom(name).address();
            return (int) Native.plain(function("seccomp_arch_resolve_name"), text);
        }
    }

    /**
     * The number of a system call on an architecture: negative for one that only other architectures have,
     * {@link #NO_SYSCALL} if there is none of that name.
     */
    public int syscall(int arch, String name) {
        if (name.indexOf('\0') >= 0) {
            return NO_SYSCALL;
        }
        try (Arena arena = Arena.ofConfined()) {
            return (int)
                    Native.plain(resolveName, arch, arena.allocateFrom(name).address());
        }
    }

    /** True if this kernel's seccomp(2) takes these flags for a filter. No filter is installed. */
    public boolean kernelTakes(int flags) {
        int number = syscall(nativeArch(), "seccomp");
        try {
            Native.call(SYSCALL, "seccomp", "", number, SECCOMP_SET_MODE_FILTER, flags, 0);
            return true;
        } catch (SyscallException e) {
            return e.errno() == Errno.EFAULT; // it looks at the flags first, and then misses the program
        }
    }

    /**
     * Begins a filter, for the native architecture so far.
     *
     * @param defaultAction for calls that no rule matches, in the encoding of seccomp(2)
     */
    public Filter filter(int defaultAction) throws SyscallException {
        long context = Native.plain(init, defaultAction);
        if (context == 0) {
            throw new SyscallException("seccomp_init", Errno.EINVAL, "0x" + Integer.toHexString(defaultAction));
        }
        return new Filter(context);
    }

    /**
     * A condition on one argument.
     *
     * @param argument 0 to 5
     * @param operator {@code SCMP_CMP_*}
     */
    public record Condition(int argument, int operator, long first, long second) {}

    /** A filter under construction. For one thread. */
    public final class Filter implements AutoCloseable {
        private long context;

        private Filter(long context) {
            this.context = context;
        }

        /** Makes the filter one for this architecture, too; there already is fine. */
        public void addArch(int arch) throws SyscallException {
            int result = (int) Native.plain(archAdd, context, arch);
            if (-result != Errno.EEXIST) {
                check("seccomp_arch_add", "0x" + Integer.toHexString(arch), result);
            }
        }

        /** Adds a rule; all conditions must hold for it. */
        public void addRule(int action, int syscall, List<Condition> conditions) throws SyscallException {
            try (Arena arena = Arena.ofConfined()) {
                @Nullable MemorySegment array = conditions.isEmpty() ? null : array(arena, conditions);
                long address = array == null ? 0 : array.address();
                int result = (int) Native.plain(ruleAdd, context, action, syscall, conditions.size(), address);
                check("seccomp_rule_add_array", Integer.toString(syscall), result);
            }
        }

        /** Has the program search by halves instead of one by one, which pays when there are many rules. */
        public void searchByHalves() throws SyscallException {
            check("seccomp_attr_set", "", (int) Native.plain(attrSet, context, OPTIMIZE, BINARY_TREE));
        }

        /** The program: {@code struct sock_filter} each eight bytes, in this machine's byte order. */
        public byte[] export() throws IOException {
            try (Arena arena = Arena.ofConfined()) {
                long name = arena.allocateFrom("seccomp").address();
                String subject = "compiled filter";
                int number = Native.callInt(MEMFD_CREATE, "memfd_create", subject, name, MFD_CLOEXEC);
                try (Fd memory = new Fd(number, subject)) {
                    check("seccomp_export_bpf", "", (int) Native.plain(exportBpf, context, memory.number()));
                    return content(memory);
                }
            }
        }

        @Override
        public void close() {
            if (context != 0) {
                Native.plain(release, context);
                context = 0;
            }
        }

        private static void check(String function, String subject, int result) throws SyscallException {
            if (result < 0) {
                throw new SyscallException(function, -result, subject);
            }
        }
    }

    private static MemorySegment array(Arena arena, List<Condition> conditions) {
        MemorySegment array = arena.allocate((long) CONDITION_SIZE * conditions.size(), Long.BYTES);
        for (int i = 0; i < conditions.size(); i++) {
            Condition condition = conditions.get(i);
            long at = (long) CONDITION_SIZE * i;
            array.set(JAVA_INT, at, condition.argument());
            array.set(JAVA_INT, at + 4, condition.operator());
            array.set(JAVA_LONG, at + 8, condition.first());
            array.set(JAVA_LONG, at + 16, condition.second());
        }
        return array;
    }

    /** From the start, whatever was written before. */
    private static byte[] content(Fd file) throws IOException {
        try (Fd again = file.reopen(Fd.O_RDONLY)) {
            ByteArrayOutputStream content = new ByteArrayOutputStream();
            byte[] part = new byte[READ_SIZE];
            int count;
            while ((count = again.read(part, 0, part.length)) > 0) {
                content.write(part, 0, count);
            }
            return content.toByteArray();
        }
    }
}
