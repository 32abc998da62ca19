// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.failure.Log;
import dev.ipcell.shim.Fault;
import org.jspecify.annotations.Nullable;

/**
 * What the caller of a launch chose.
 *
 * @param bundle directory with the configuration
 * @param id the container's
 * @param stateRoot directory that holds the state of containers
 * @param end what the launch leads to
 * @param keep a container that was run in the foreground is kept, stopped, after its end
 * @param pidFile takes the container's pid, or null
 * @param consoleSocket is sent the terminal's master, or null
 * @param pidfdSocket is sent a pidfd of the container's process, or null
 * @param preserveFds how many of the caller's descriptors from 3 on the container inherits
 * @param noPivot the root is moved to {@code /} instead of {@code pivot_root(2)}
 * @param noNewKeyring the container shares the caller's session keyring
 * @param cgroups who makes the container's cgroups; if nobody does, it may use every device that the caller may
 * @param traceFile takes the timings as Chrome trace events, or null
 * @param log takes warnings, or null if nobody is to read them
 * @param fault a failure made on purpose, for tests
 */
public record LaunchOptions(
        String bundle,
        String id,
        String stateRoot,
        End end,
        boolean keep,
        @Nullable String pidFile,
        @Nullable String consoleSocket,
        @Nullable String pidfdSocket,
        int preserveFds,
        boolean noPivot,
        boolean noNewKeyring,
        CgroupDriver cgroups,
        @Nullable String traceFile,
        @Nullable Log log,
        Fault fault) {

    /** Where a launch ends. */
    public enum End {
        /** The container runs, and the executor stays with it until it ends. */
        FOREGROUND,
        /** The container runs by itself. */
        DETACHED,
        /** The container is set up, and waits for its start. */
        CREATED
    }

    /** A plain run in the foreground. */
    public static LaunchOptions foreground(String bundle, String id, String stateRoot, CgroupDriver cgroups) {
        return new LaunchOptions(
                bundle,
                id,
                stateRoot,
                End.FOREGROUND,
                false,
                null,
                null,
                null,
                0,
                false,
                false,
                cgroups,
                null,
                null,
                Fault.NONE);
    }

    boolean isForeground() {
        return end == End.FOREGROUND;
    }
}
