// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.Program;
import dev.ipcell.shim.SchedulingOp;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.IoPriority;
import dev.ipcell.spec.Linux;
import dev.ipcell.spec.MemoryPolicy;
import dev.ipcell.spec.MemoryPolicyFlag;
import dev.ipcell.spec.Personality;
import dev.ipcell.spec.PersonalityDomain;
import dev.ipcell.spec.Process;
import dev.ipcell.spec.Scheduler;
import dev.ipcell.spec.SchedulerFlag;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** How a process is scheduled, and where its memory comes from (runtime-spec, config.md, "Linux Process"; config-linux.md). */
final class SchedulingPlan {
    /** The size of struct sched_attr as of Linux 3.14, which every kernel knows (sched_setattr(2)). */
    private static final int SCHED_ATTR_SIZE = 48;

    private static final int IOPRIO_CLASS_SHIFT = 13;
    private static final int PER_LINUX32 = 8;
    private static final int MPOL_F_NUMA_BALANCING = 1 << 13;
    private static final int MPOL_F_RELATIVE_NODES = 1 << 14;
    private static final int MPOL_F_STATIC_NODES = 1 << 15;

    /** So many the kernel can be built for (arch/x86/Kconfig, NR_CPUS). */
    private static final int MOST_PROCESSORS = 8192;

    private SchedulingPlan() {}

    /**
     * Lets a process run on all processors that its cgroups allow, whatever its caller was bound to. As with runc, one that may not is no
     * error.
     */
    static void onEveryProcessor(Program child) {
        byte[] all = new byte[MOST_PROCESSORS / Byte.SIZE];
        Arrays.fill(all, (byte) -1);
        child.add(Step.optional("every processor", new SchedulingOp.SetAffinity(Slot.NONE, all)));
    }

    /** Adds what a process is given. */
    static void add(Program child, Process process, @Nullable Linux linux) {
        Scheduler scheduler = process.scheduler();
        if (scheduler != null) {
            child.add(Launch.at("/process/scheduler"), new SchedulingOp.SetScheduler(packed(scheduler)));
        }
        IoPriority priority = process.ioPriority();
        if (priority != null) {
            int packed = ioClass(priority) << IOPRIO_CLASS_SHIFT | priority.priority();
            child.add(Launch.at("/process/ioPriority"), new SchedulingOp.SetIoPriority(packed));
        }
        if (linux != null) {
            linux(child, linux);
        }
    }

    private static void linux(Program child, Linux linux) {
        Personality personality = linux.personality();
        if (personality != null) {
            int persona = personality.domain() == PersonalityDomain.LINUX32 ? PER_LINUX32 : 0;
            child.add(Launch.at("/linux/personality"), new SchedulingOp.SetPersonality(persona));
        }
        MemoryPolicy policy = linux.memoryPolicy();
        if (policy != null) {
            byte[] nodes = policy.nodes() == null ? new byte[0] : NumberList.mask(policy.nodes());
            child.add(Launch.at("/linux/memoryPolicy"), new SchedulingOp.SetMemoryPolicy(mode(policy), nodes));
        }
    }

    private static byte[] packed(Scheduler scheduler) {
        int flags = 0;
        for (SchedulerFlag flag : scheduler.flags()) {
            flags |= bit(flag);
        }
        return ByteBuffer.allocate(SCHED_ATTR_SIZE)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(SCHED_ATTR_SIZE)
                .putInt(policy(scheduler))
                .putLong(flags)
                .putInt(scheduler.nice())
                .putInt(scheduler.priority())
                .putLong(scheduler.runtime())
                .putLong(scheduler.deadline())
                .putLong(scheduler.period())
                .array();
    }

    private static int policy(Scheduler scheduler) {
        return switch (scheduler.policy()) {
            case OTHER -> 0;
            case FIFO -> 1;
            case RR -> 2;
            case BATCH -> 3;
            case ISO -> 4;
            case IDLE -> 5;
            case DEADLINE -> 6;
        };
    }

    private static int bit(SchedulerFlag flag) {
        return switch (flag) {
            case RESET_ON_FORK -> 1;
            case RECLAIM -> 2;
            case DL_OVERRUN -> 4;
            case KEEP_POLICY -> 8;
            case KEEP_PARAMS -> 0x10;
            case UTIL_CLAMP_MIN -> 0x20;
            case UTIL_CLAMP_MAX -> 0x40;
        };
    }

    private static int ioClass(IoPriority priority) {
        return switch (priority.priorityClass()) {
            case REAL_TIME -> 1;
            case BEST_EFFORT -> 2;
            case IDLE -> 3;
        };
    }

    private static int mode(MemoryPolicy policy) {
        int mode = switch (policy.mode()) {
            case DEFAULT -> 0;
            case PREFERRED -> 1;
            case BIND -> 2;
            case INTERLEAVE -> 3;
            case LOCAL -> 4;
            case PREFERRED_MANY -> 5;
            case WEIGHTED_INTERLEAVE -> 6;
        };
        for (MemoryPolicyFlag flag : policy.flags()) {
            mode |= switch (flag) {
                case NUMA_BALANCING -> MPOL_F_NUMA_BALANCING;
                case RELATIVE_NODES -> MPOL_F_RELATIVE_NODES;
                case STATIC_NODES -> MPOL_F_STATIC_NODES;
            };
        }
        return mode;
    }
}
