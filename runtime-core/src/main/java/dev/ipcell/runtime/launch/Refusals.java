// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.spec.Linux;
import dev.ipcell.spec.Mount;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.Process;
import dev.ipcell.spec.Scheduler;
import dev.ipcell.spec.SchedulerFlag;
import dev.ipcell.spec.SchedulerPolicy;
import dev.ipcell.spec.SourceMap;
import dev.ipcell.spec.Spec;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Names every field of a valid configuration that cannot be carried out yet: nothing is ever ignored in silence. */
final class Refusals {
    private final List<Problem> found = new ArrayList<>();
    private final SourceMap positions;

    private Refusals(SourceMap positions) {
        this.positions = positions;
    }

    /** All of them, in the order of the document's parts; empty if the configuration can be carried out. */
    static List<Problem> of(Spec spec, SourceMap positions) {
        Refusals refusals = new Refusals(positions);
        refusals.top(spec);
        Process process = spec.process();
        if (process != null) {
            refusals.process(process);
        }
        Linux linux = spec.linux();
        refusals.mounts(spec.mounts(), linux);
        if (linux == null) {
            refusals.refuse("", "has no linux section; an empty one is for a container in the caller's namespaces");
        }
        return List.copyOf(refusals.found);
    }

    private void top(Spec spec) {
        present("/solaris", spec.solaris());
        present("/windows", spec.windows());
        present("/vm", spec.vm());
        present("/zos", spec.zos());
        present("/freebsd", spec.freebsd());
        if (spec.process() == null) {
            refuse("/process", "is missing: there is nothing to run");
        }
    }

    private void process(Process process) {
        present("/process/commandLine", process.commandLine());
        present("/process/user/username", emptyAsAbsent(process.user().username()));
        Scheduler scheduler = process.scheduler();
        if (scheduler != null) {
            scheduler(scheduler);
        }
    }

    private void scheduler(Scheduler scheduler) {
        if (scheduler.policy() == SchedulerPolicy.ISO) {
            refuse("/process/scheduler/policy", "SCHED_ISO is not to be had: Linux has no such policy");
        }
        for (int i = 0; i < scheduler.flags().size(); i++) {
            SchedulerFlag flag = scheduler.flags().get(i);
            if (flag == SchedulerFlag.UTIL_CLAMP_MIN || flag == SchedulerFlag.UTIL_CLAMP_MAX) {
                refuse(
                        "/process/scheduler/flags/" + i,
                        flag.wire() + " needs a value that runtime-spec has no field for");
            }
        }
    }

    private void mounts(List<Mount> mounts, @Nullable Linux linux) {
        for (int i = 0; i < mounts.size(); i++) {
            Mount mount = mounts.get(i);
            String pointer = "/mounts/" + i;
            String option = MountOptions.refused(mount.options());
            if (option != null) {
                refuse(pointer + "/options", "option \"" + option + "\" is not supported yet");
            }
            MountOptions options = MountOptions.parse(mount.options());
            String ids = IdMaps.problem(mount, options, linux);
            if (ids != null) {
                refuse(pointer + "/options", ids);
            }
        }
    }

    private static @Nullable String emptyAsAbsent(@Nullable String text) {
        return text == null || text.isEmpty() ? null : text;
    }

    private void present(String pointer, @Nullable Object value) {
        if (value != null) {
            refuse(pointer, "is not supported yet");
        }
    }

    private void refuse(String pointer, String message) {
        found.add(positions.problem(pointer, message));
    }
}
