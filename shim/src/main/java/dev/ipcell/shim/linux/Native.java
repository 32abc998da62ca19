// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The way into the C library.
 *
 * <p>Every function is called with the same descriptor: six machine words in, one out. On the 64-bit Linux ABIs
 * (x86-64, AArch64, RISC-V) an int and a pointer travel in a whole register, the callee looks only at the registers of
 * its own parameters, and variadic arguments travel like named ones, so this one shape fits them all. It matters
 * because linking a new shape costs milliseconds, and a further function of a known shape almost nothing. What a
 * function really takes is written beside its handle.
 */
@SuppressWarnings("restricted") // the fence: nothing outside this package touches java.lang.foreign
final class Native {
    private static final int ARGUMENTS = 6;
    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final long ERRNO_OFFSET = STATE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));
    private static final FunctionDescriptor SHAPE =
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final Linker.Option CAPTURE = Linker.Option.captureCallState("errno");

    private Native() {}

    /** The handle of a function of the C library. */
    static MethodHandle function(String name) {
        @Nullable MethodHandle function = optionalFunction(name);
        if (function == null) {
            throw new UnsatisfiedLinkError("no " + name + " in the C library");
        }
        return function;
    }

    /** The same for a function that not every C library has; null if this one lacks it. */
    static @Nullable MethodHandle optionalFunction(String name) {
        @Nullable MemorySegment symbol = LINKER.defaultLookup().find(name).orElse(null);
        return symbol == null ? null : LINKER.downcallHandle(symbol, SHAPE, CAPTURE);
    }

    /**
     * The functions of a library, which is loaded for good.
     *
     * @throws IllegalArgumentException if it cannot be loaded
     */
    static SymbolLookup library(Path file) {
        return SymbolLookup.libraryLookup(file, Arena.global());
    }

    /** The handle of a function of such a library. */
    static MethodHandle function(SymbolLookup library, String name) {
        @Nullable MemorySegment symbol = library.find(name).orElse(null);
        if (symbol == null) {
            throw new UnsatisfiedLinkError("no " + name + " in the library");
        }
        return LINKER.downcallHandle(symbol, SHAPE, CAPTURE);
    }

    /** Calls a function that tells of failure in its own way, if at all. */
    static long plain(MethodHandle function, long... arguments) {
        try (Arena arena = Arena.ofConfined()) {
            return invoke(function, arena.allocate(STATE), Arrays.copyOf(arguments, ARGUMENTS));
        }
    }

    /** Calls a function that tells its failure by -1 and errno; a call that a signal interrupted is made again. */
    static long call(MethodHandle function, String name, Object subject, long... arguments) throws SyscallException {
        while (true) {
            try {
                return once(function, name, subject, arguments);
            } catch (SyscallException e) {
                if (e.errno() != Errno.EINTR) {
                    throw e;
                }
            }
        }
    }

    /** The same without the second try. */
    static long once(MethodHandle function, String name, Object subject, long... arguments) throws SyscallException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            long result = invoke(function, state, Arrays.copyOf(arguments, ARGUMENTS));
            if ((int) result == -1) {
                throw new SyscallException(name, state.get(JAVA_INT, ERRNO_OFFSET), String.valueOf(subject));
            }
            return result;
        }
    }

    /** Where {@link #call(MethodHandle, MemorySegment, String, Object, long, long, long, long)} notes errno. */
    static MemorySegment state(Arena arena) {
        return arena.allocate(STATE);
    }

    /** One call, with nothing made for it: the state is the caller's. */
    static long call(
            MethodHandle function, MemorySegment state, String name, Object subject, long a, long b, long c, long d)
            throws SyscallException {
        try {
            long result = (long) function.invokeExact(state, a, b, c, d, 0L, 0L);
            if ((int) result == -1) {
                throw new SyscallException(name, state.get(JAVA_INT, ERRNO_OFFSET), String.valueOf(subject));
            }
            return result;
        } catch (SyscallException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("a downcall throws nothing", e);
        }
    }

    /** Calls a function that returns an int, or an error by -1. */
    static int callInt(MethodHandle function, String name, Object subject, long... arguments) throws SyscallException {
        return (int) call(function, name, subject, arguments);
    }

    /** Calls a function of the kind of posix_spawn(3), whose result is 0 or the error number itself. */
    static void check(MethodHandle function, String name, Object subject, long... arguments) throws SyscallException {
        long[] a = Arrays.copyOf(arguments, ARGUMENTS);
        try (Arena arena = Arena.ofConfined()) {
            int errno = (int) invoke(function, arena.allocate(STATE), a);
            if (errno != 0) {
                throw new SyscallException(name, errno, String.valueOf(subject));
            }
        }
    }

    /**
     * A C string, in UTF-8.
     *
     * @throws IllegalArgumentException if it has a NUL inside, where C would see its end
     */
    static MemorySegment string(Arena arena, String string) {
        return string(arena, string.getBytes(UTF_8));
    }

    /** The same of bytes that need not be UTF-8. */
    static MemorySegment string(Arena arena, byte[] bytes) {
        for (byte b : bytes) {
            if (b == 0) {
                throw new IllegalArgumentException(
                        "a NUL inside '" + new String(bytes, UTF_8).replace("\0", "\\0") + "'");
            }
        }
        MemorySegment string = arena.allocate(bytes.length + 1L);
        MemorySegment.copy(bytes, 0, string, JAVA_BYTE, 0, bytes.length);
        return string;
    }

    /** A NULL-terminated array of C strings. */
    static MemorySegment strings(Arena arena, List<String> strings) {
        MemorySegment array = arena.allocate(ValueLayout.ADDRESS, strings.size() + 1L);
        for (int i = 0; i < strings.size(); i++) {
            array.setAtIndex(ValueLayout.ADDRESS, i, string(arena, strings.get(i)));
        }
        array.setAtIndex(ValueLayout.ADDRESS, strings.size(), MemorySegment.NULL);
        return array;
    }

    private static long invoke(MethodHandle function, MemorySegment state, long[] a) {
        try {
            return (long) function.invokeExact(state, a[0], a[1], a[2], a[3], a[4], a[5]);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("a downcall throws nothing", e);
        }
    }
}
