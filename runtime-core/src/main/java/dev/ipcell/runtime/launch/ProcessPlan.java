// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.ChildOp;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.CredentialOp;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.spec.Capabilities;
import dev.ipcell.spec.Process;
import dev.ipcell.spec.Rlimit;
import dev.ipcell.spec.User;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns the child into the configured process: credentials, working directory, exec (runtime-spec, config.md, "Process"). */
final class ProcessPlan {
    private static final int DEFAULT_UMASK = 022;
    static final int FIRST_BEYOND_STDIO = 3;

    private final Process process;
    private final Grantable grantable;
    private final String home;
    private final @Nullable SeccompPlan seccomp;
    private final @Nullable ConfinementPlan confinement;
    private final Program child;

    /**
     * @param grantable the capabilities that it can be given
     * @param home the user's home directory by the container's own passwd file
     * @param seccomp the system call filter, or null
     * @param confinement by AppArmor or SELinux, or null
     */
    ProcessPlan(
            Process process,
            Grantable grantable,
            String home,
            @Nullable SeccompPlan seccomp,
            @Nullable ConfinementPlan confinement,
            Program child) {
        this.process = process;
        this.grantable = grantable;
        this.confinement = confinement;
        this.seccomp = seccomp;
        this.home = home;
        this.child = child;
    }

    /**
     * Adds a process's limits.
     *
     * @param whose the process as its parent has it, or none: that which carries the operations out
     * @param document what its configuration is called in front of a place in it
     */
    static void rlimits(Program program, Slot whose, String document, Process process) {
        List<Rlimit> rlimits = process.rlimits();
        for (int i = 0; i < rlimits.size(); i++) {
            Rlimit rlimit = rlimits.get(i);
            program.add(
                    document + "/process/rlimits/" + i + " (" + rlimit.type().wire() + ")",
                    new CredentialOp.SetRlimit(whose, rlimit.type().number(), rlimit.soft(), rlimit.hard()));
        }
    }

    /**
     * Makes the child the configured process in all but its program.
     *
     * @param close closes what its program does not inherit, now or when it is executed
     * @param hooks whether hooks come before that; then {@link #filterHooks} too
     */
    void become(DescriptorOp close, boolean hooks) {
        // Now it can be one that the user may not enter, later one that only the user may (a file server that trusts no
        // root).
        child.add(Launch.at("/process/cwd"), new ChildOp.Chdir(process.cwd(), ChildOp.Chdir.MAY_BE_DENIED));
        Long umask = process.user().umask();
        child.add(
                umask == null ? "default umask" : Launch.at("/process/user/umask"),
                new CredentialOp.Umask(umask == null ? DEFAULT_UMASK : umask.intValue()));
        if (confinement != null) {
            confinement.atExec(child);
        }
        // Before the filter, which need not allow it. What the executor itself opens later is closed by an exec anyway.
        child.add("no other descriptors", close);
        if (seccomp != null) {
            seccomp.beforeCapabilitiesGo(child, process.noNewPrivileges());
        }
        credentials();
        if (process.noNewPrivileges()) {
            child.add(
                    Launch.at("/process/noNewPrivileges"), new ProcessOp.Prctl(Kernel.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
        }
        if (seccomp != null && !hooks) {
            seccomp.afterNoNewPrivileges(child, process.noNewPrivileges(), true);
        }
        child.add(Launch.at("/process/cwd"), new ChildOp.Chdir(process.cwd(), ChildOp.Chdir.IF_DENIED));
    }

    /** Closes all descriptors from this one on when the program is executed. */
    static DescriptorOp closedAtExec(int first) {
        return new DescriptorOp.CloseRange(first, -1, DescriptorOp.CloseRange.CLOEXEC);
    }

    /** Puts hooks under the filter too: they are programs of the container's root file system. */
    void filterHooks() {
        if (seccomp != null) {
            seccomp.afterNoNewPrivileges(child, process.noNewPrivileges(), false);
        }
    }

    /** Fails now if the program could not be executed later. */
    void check() {
        child.add(
                Launch.at("/process/args"),
                new ContainerOp.CheckExec(process.args().getFirst(), candidates()));
    }

    /** Executes the program. */
    void exec(List<String> environment) {
        child.add(Launch.at("/process/args"), new ChildOp.Exec(process.args(), environment, candidates(), 0));
    }

    private void credentials() {
        Capabilities capabilities = process.capabilities();
        long bounding = capabilities == null ? 0 : grantable.of(capabilities.bounding());
        long effective = capabilities == null ? 0 : grantable.of(capabilities.effective());
        long permitted = capabilities == null ? 0 : grantable.of(capabilities.permitted());
        long inheritable = capabilities == null ? 0 : grantable.of(capabilities.inheritable());
        long ambient = capabilities == null ? 0 : grantable.of(capabilities.ambient());
        String origin = Launch.at("/process/capabilities");
        child.add(origin, new CredentialOp.LimitBounding(bounding));
        child.add("capabilities outlive the change of user", new ProcessOp.Prctl(Kernel.PR_SET_KEEPCAPS, 1, 0, 0, 0));
        user(process.user());
        child.add("capabilities outlive the change of user", new ProcessOp.Prctl(Kernel.PR_SET_KEEPCAPS, 0, 0, 0, 0));
        child.add(origin, new CredentialOp.SetCaps(effective, permitted, inheritable));
        // The kernel lets only what is permitted and inheritable be ambient (capabilities(7)); engines list more, and
        // so does the
        // default configuration, since inheritable sets were emptied everywhere (CVE-2022-24769).
        child.add(origin, new CredentialOp.SetAmbient(ambient & permitted & inheritable));
    }

    private void user(User user) {
        List<Integer> groups = new ArrayList<>();
        for (Long group : user.additionalGids()) {
            groups.add(group.intValue());
        }
        child.add(Launch.at("/process/user/additionalGids"), CredentialOp.SetGroups.of(groups));
        child.add(Launch.at("/process/user"), new CredentialOp.SetIds((int) user.uid(), (int) user.gid()));
    }

    /**
     * The program's environment.
     *
     * @param more added to what is configured, in the place of what has the same name there
     */
    List<String> environment(List<String> more) {
        // Of a name that is there twice the last value counts, as with runc; programs differ in which one they would
        // take.
        Map<String, String> environment = new LinkedHashMap<>();
        for (String entry : process.env()) {
            add(environment, entry);
        }
        for (String entry : more) {
            add(environment, entry);
        }
        String configured = variable("HOME");
        if (configured == null || configured.isEmpty()) {
            add(environment, "HOME=" + home);
        }
        return new ArrayList<>(environment.values());
    }

    private static void add(Map<String, String> environment, String entry) {
        int end = entry.indexOf('=');
        String name = end < 0 ? entry : entry.substring(0, end);
        environment.remove(name);
        environment.put(name, entry);
    }

    private List<String> candidates() {
        String path = variable("PATH");
        return SearchPath.candidates(process.args().getFirst(), path == null ? SearchPath.DEFAULT : path);
    }

    private @Nullable String variable(String name) {
        String value = null;
        for (String entry : process.env()) {
            if (entry.startsWith(name + "=")) {
                value = entry.substring(name.length() + 1);
            }
        }
        return value;
    }
}
