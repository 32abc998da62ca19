// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Checks of {@code process}, which also stands alone for {@code exec}. */
final class ProcessChecks {
    private ProcessChecks() {}

    static void check(Process process, String at, Problems problems) {
        if (!problems.sound(at)) {
            return;
        }
        if (process.args().isEmpty()) {
            problems.error(at + "/args", "must name the program to run");
        }
        SpecValidator.absolute(process.cwd(), at + "/cwd", problems);
        environment(process.env(), at, problems);
        rlimits(process.rlimits(), at, problems);
        user(process.user(), at, problems);
        consoleSize(process.consoleSize(), at, problems);
        range(process.oomScoreAdj(), -1000, 1000, at + "/oomScoreAdj", problems);
        scheduler(process.scheduler(), at, problems);
        IoPriority ioPriority = process.ioPriority();
        if (ioPriority != null) {
            range(ioPriority.priority(), 0, 7, at + "/ioPriority/priority", problems);
        }
        CpuAffinity affinity = process.execCpuAffinity();
        if (affinity != null) {
            NumberLists.check(affinity.initialCpus(), "processors", at + "/execCPUAffinity/initial", problems);
            NumberLists.check(affinity.finalCpus(), "processors", at + "/execCPUAffinity/final", problems);
        }
    }

    private static void environment(List<String> env, String at, Problems problems) {
        for (int i = 0; i < env.size(); i++) {
            if (env.get(i).indexOf('=') < 1) {
                problems.error(at + "/env/" + i, "must have the form NAME=value, not " + Quoted.of(env.get(i)));
            }
        }
    }

    private static void rlimits(List<Rlimit> rlimits, String at, Problems problems) {
        for (int i = 0; i < rlimits.size(); i++) {
            Rlimit rlimit = rlimits.get(i);
            String here = at + "/rlimits/" + i;
            for (int j = 0; j < i; j++) {
                if (rlimits.get(j).type() == rlimit.type()) {
                    problems.error(here, rlimit.type().wire() + " is limited twice, first in " + at + "/rlimits/" + j);
                    break;
                }
            }
            if (Long.compareUnsigned(rlimit.soft(), rlimit.hard()) > 0) {
                problems.error(here + "/soft", "must not be above the hard limit");
            }
        }
    }

    private static void user(User user, String at, Problems problems) {
        Long umask = user.umask();
        if (umask != null && umask > 0777) {
            problems.error(at + "/user/umask", "must be within 0..511 (0777), not " + umask);
        }
    }

    private static void consoleSize(@Nullable ConsoleSize size, String at, Problems problems) {
        if (size != null) {
            windowSize(size.height(), at + "/consoleSize/height", problems);
            windowSize(size.width(), at + "/consoleSize/width", problems);
        }
    }

    private static void windowSize(long size, String pointer, Problems problems) {
        if (Long.compareUnsigned(size, 0xffff) > 0) {
            problems.error(pointer, "must be within 0..65535, not " + Long.toUnsignedString(size));
        }
    }

    private static void scheduler(@Nullable Scheduler scheduler, String at, Problems problems) {
        if (scheduler == null) {
            return;
        }
        String here = at + "/scheduler";
        SchedulerPolicy policy = scheduler.policy();
        range(scheduler.nice(), -20, 19, here + "/nice", problems);
        if (scheduler.priority() != 0 && policy != SchedulerPolicy.FIFO && policy != SchedulerPolicy.RR) {
            problems.error(here + "/priority", "is only for SCHED_FIFO and SCHED_RR, not for " + policy.wire());
        }
        if (policy != SchedulerPolicy.DEADLINE) {
            deadlineOnly(scheduler.runtime(), policy, here + "/runtime", problems);
            deadlineOnly(scheduler.deadline(), policy, here + "/deadline", problems);
            deadlineOnly(scheduler.period(), policy, here + "/period", problems);
        }
    }

    private static void deadlineOnly(long value, SchedulerPolicy policy, String pointer, Problems problems) {
        if (value != 0) {
            problems.error(pointer, "is only for SCHED_DEADLINE, not for " + policy.wire());
        }
    }

    private static void range(@Nullable Integer value, int min, int max, String pointer, Problems problems) {
        if (value != null && (value < min || value > max)) {
            problems.error(pointer, "must be within " + min + ".." + max + ", not " + value);
        }
    }
}
