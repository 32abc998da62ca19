// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.failure.Log;
import dev.ipcell.shim.Fault;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the caller of {@code exec} chose.
 *
 * @param id the container's
 * @param stateRoot directory that holds the state of containers
 * @param processFile a document with the process to run, or null for one like the container's own
 * @param changes what is different from the container's own
 * @param detach the call returns when the process runs
 * @param ignorePaused also into a container that stands still
 * @param cgroup below the container's own, for each hierarchy or, as {@code CONTROLLER[,CONTROLLER]:PATH}, for some
 * @param pidFile takes the process's pid, or null
 * @param consoleSocket is sent the terminal's master, or null
 * @param pidfdSocket is sent a pidfd, or null
 * @param preserveFds how many of the caller's descriptors from 3 on the process inherits
 * @param log takes warnings
 * @param fault a failure made on purpose, for tests
 */
public record ExecOptions(
        String id,
        String stateRoot,
        @Nullable String processFile,
        Changes changes,
        boolean detach,
        boolean ignorePaused,
        List<String> cgroup,
        @Nullable String pidFile,
        @Nullable String consoleSocket,
        @Nullable String pidfdSocket,
        int preserveFds,
        Log log,
        Fault fault) {

    /**
     * In what a process differs from the container's own.
     *
     * @param args program and arguments
     * @param terminal whether it gets a terminal
     * @param cwd its working directory, or null
     * @param env added to the environment
     * @param user {@code UID[:GID]}, or null
     * @param groups added to the supplementary groups
     * @param capabilities added
     * @param noNewPrivileges also if the container's own process is without
     * @param apparmorProfile that confines it, or null
     * @param selinuxLabel likewise
     */
    public record Changes(
            List<String> args,
            boolean terminal,
            @Nullable String cwd,
            List<String> env,
            @Nullable String user,
            List<String> groups,
            List<String> capabilities,
            boolean noNewPrivileges,
            @Nullable String apparmorProfile,
            @Nullable String selinuxLabel) {}
}
