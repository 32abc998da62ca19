// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What runs in the container (config.md, Process).
 *
 * @param terminal whether the process gets a pseudo-terminal
 * @param consoleSize the terminal's first size, or null; without meaning if there is no terminal
 * @param user who the process runs as; 0:0 if the document has no {@code user}
 * @param args program and arguments; never empty
 * @param commandLine the command line on Windows; without meaning on Linux
 * @param env the environment as {@code NAME=value}
 * @param cwd the working directory, absolute
 * @param capabilities the capability sets, or null if they are not said
 * @param rlimits resource limits, no type twice
 * @param noNewPrivileges whether execve(2) may not grant privileges
 * @param apparmorProfile the AppArmor profile, or null
 * @param oomScoreAdj the value for {@code oom_score_adj}, -1000 to 1000, or null to leave it
 * @param scheduler the scheduling policy, or null to leave it
 * @param selinuxLabel the SELinux label, or null
 * @param ioPriority the input/output priority, or null to leave it
 * @param execCpuAffinity the processors for processes added by {@code exec}, or null
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
@SuppressWarnings("JavaLangClash") // the specification's own name; java.lang.Process has no place near it
public record Process(
        boolean terminal,
        @Nullable ConsoleSize consoleSize,
        User user,
        List<String> args,
        @Nullable String commandLine,
        List<String> env,
        String cwd,
        @Nullable Capabilities capabilities,
        List<Rlimit> rlimits,
        boolean noNewPrivileges,
        @Nullable String apparmorProfile,
        @Nullable Integer oomScoreAdj,
        @Nullable Scheduler scheduler,
        @Nullable String selinuxLabel,
        @Nullable IoPriority ioPriority,
        @Nullable CpuAffinity execCpuAffinity,
        Map<String, JsonValue> unknown) {}
