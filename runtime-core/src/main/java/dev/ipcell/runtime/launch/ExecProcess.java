// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.launch.ConfinementPlan.Wanted;
import dev.ipcell.spec.Capabilities;
import dev.ipcell.spec.Capability;
import dev.ipcell.spec.Process;
import dev.ipcell.spec.User;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Derives a process from the container's own, by the options of {@code exec}. */
final class ExecProcess {
    private static final long LARGEST_ID = 0xffff_fffeL;

    private final Process own;
    private final ExecOptions.Changes changes;

    private ExecProcess(Process own, ExecOptions.Changes changes) {
        this.own = own;
        this.changes = changes;
    }

    static Process derive(Process own, ExecOptions.Changes changes) throws Failure {
        return new ExecProcess(own, changes).derive();
    }

    private Process derive() throws Failure {
        List<String> env = new ArrayList<>(own.env());
        for (String entry : changes.env()) {
            if (entry.indexOf('=') <= 0) {
                throw new Failure("--env must be NAME=VALUE, not \"" + entry + "\"");
            }
            env.add(entry);
        }
        String cwd = changes.cwd() == null ? own.cwd() : changes.cwd();
        if (!cwd.startsWith("/")) {
            throw new Failure("--cwd must be an absolute path, not \"" + cwd + "\"");
        }
        return new Process(
                changes.terminal(),
                null,
                user(),
                changes.args(),
                null,
                env,
                cwd,
                capabilities(),
                own.rlimits(),
                own.noNewPrivileges() || changes.noNewPrivileges(),
                filled(changes.apparmorProfile()) ? changes.apparmorProfile() : own.apparmorProfile(),
                own.oomScoreAdj(),
                own.scheduler(),
                filled(changes.selinuxLabel()) ? changes.selinuxLabel() : own.selinuxLabel(),
                own.ioPriority(),
                own.execCpuAffinity(),
                Map.of());
    }

    private static boolean filled(@Nullable String text) {
        return text != null && !text.isEmpty();
    }

    /** What confines it and who asked for that; a process from a file without such is confined as the container is. */
    static @Nullable ConfinementPlan confinement(Process own, Process process, ExecOptions options) {
        String document = options.processFile() == null ? "" : options.processFile() + " ";
        Wanted profile = document.isEmpty()
                ? Wanted.of("", "--apparmor", options.changes().apparmorProfile())
                : Wanted.of(document, "/apparmorProfile", process.apparmorProfile());
        Wanted label = document.isEmpty()
                ? Wanted.of("", "--process-label", options.changes().selinuxLabel())
                : Wanted.of(document, "/selinuxLabel", process.selinuxLabel());
        String config = Launch.at("");
        return ConfinementPlan.of(
                profile == null ? Wanted.of(config, "/process/apparmorProfile", own.apparmorProfile()) : profile,
                label == null ? Wanted.of(config, "/process/selinuxLabel", own.selinuxLabel()) : label,
                null);
    }

    private User user() throws Failure {
        User user = own.user();
        long uid = user.uid();
        long gid = user.gid();
        String text = changes.user();
        if (text != null) {
            int colon = text.indexOf(':');
            uid = number("--user", colon < 0 ? text : text.substring(0, colon));
            gid = colon < 0 ? gid : number("--user", text.substring(colon + 1));
        }
        List<Long> groups = new ArrayList<>(user.additionalGids());
        for (String group : changes.groups()) {
            groups.add(number("--additional-gids", group));
        }
        return new User(uid, gid, user.umask(), groups, null, Map.of());
    }

    private static long number(String option, String text) throws Failure {
        try {
            long number = Long.parseLong(text);
            if (number >= 0 && number <= LARGEST_ID) {
                return number;
            }
        } catch (NumberFormatException noNumber) {
            // told below
        }
        throw new Failure(option + " takes numbers from 0 to " + LARGEST_ID + ", not \"" + text + "\"");
    }

    private Capabilities capabilities() throws Failure {
        List<Capability> added = new ArrayList<>();
        for (String name : changes.capabilities()) {
            added.add(capability(name));
        }
        Capabilities all = own.capabilities();
        List<Capability> none = List.of();
        if (all == null) {
            all = new Capabilities(none, none, none, none, none, Map.of());
        }
        return new Capabilities(
                joined(all.bounding(), added),
                joined(all.effective(), added),
                all.inheritable(),
                joined(all.permitted(), added),
                joined(all.ambient(), added),
                Map.of());
    }

    private static Capability capability(String name) throws Failure {
        for (Capability capability : Capability.values()) {
            if (capability.wire().equals(name)) {
                return capability;
            }
        }
        throw new Failure("--cap: unknown capability \"" + name + "\"; one is written as CAP_NET_RAW");
    }

    private static List<Capability> joined(List<Capability> some, List<Capability> more) {
        List<Capability> all = new ArrayList<>(some);
        all.addAll(more);
        return all;
    }
}
