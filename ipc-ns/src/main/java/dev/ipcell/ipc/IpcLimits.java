// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The kernel parameters of an IPC namespace, as they are now.
 *
 * @param values by their names with dots, such as {@code kernel.msgmax}; one that this kernel lacks is missing
 */
public record IpcLimits(Map<String, String> values) {
    /** Keeps a copy. */
    public IpcLimits {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /**
     * A parameter that is one number.
     *
     * @return the number, unsigned for {@code kernel.shmmax} and {@code kernel.shmall}; empty if this kernel lacks the
     * parameter
     * @throws NumberFormatException for {@code kernel.sem}, which is four numbers
     */
    public OptionalLong number(String key) {
        @Nullable String value = values.get(key);
        return value == null ? OptionalLong.empty() : OptionalLong.of(parse(value));
    }

    /** The greatest number of semaphores in a set ({@code semmsl}). */
    public OptionalLong semaphoresPerSet() {
        return semaphore(0);
    }

    /** The greatest number of semaphores in all sets ({@code semmns}). */
    public OptionalLong semaphores() {
        return semaphore(1);
    }

    /** The greatest number of operations in a semop(2) ({@code semopm}). */
    public OptionalLong operationsPerCall() {
        return semaphore(2);
    }

    /** The greatest number of semaphore sets ({@code semmni}). */
    public OptionalLong semaphoreSets() {
        return semaphore(3);
    }

    /** Those of the calling thread's namespace: the kernel binds a file below {@code /proc/sys} when it is opened. */
    static IpcLimits read(Path sys) throws IOException {
        Map<String, String> values = new LinkedHashMap<>();
        for (String key : IpcSysctls.KEYS) {
            Path file = sys.resolve(IpcSysctls.procPath(key));
            if (Files.isReadable(file)) {
                values.put(key, String.join(" ", KernelNumber.words(ProcFile.read(file))));
            }
        }
        return new IpcLimits(values);
    }

    private OptionalLong semaphore(int index) {
        List<String> numbers = KernelNumber.words(values.getOrDefault("kernel.sem", ""));
        return index < numbers.size() ? OptionalLong.of(parse(numbers.get(index))) : OptionalLong.empty();
    }

    private static long parse(String value) {
        return value.startsWith("-") ? Long.parseLong(value) : Long.parseUnsignedLong(value);
    }
}
