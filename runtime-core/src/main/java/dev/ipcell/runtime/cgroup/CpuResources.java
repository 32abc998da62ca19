// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.runtime.cgroup.ResourceWrites.Weight;
import dev.ipcell.spec.Cpu;
import org.jspecify.annotations.Nullable;

/**
 * Shares and limits of processor time, and which processors. Numbers that are 0 ask for nothing, but for burst and idle.
 *
 * <p>The kernel checks some of these values against each other at each write. An update does not know the present ones, so it tries such a
 * value first, and writes it again when the value that may have stood against it is in place.
 */
final class CpuResources {
    private static final String CONTROLLER = "cpu";
    private static final long MIN_SHARES = 2;
    private static final long MAX_SHARES = 262_144;
    private static final int MAX_WEIGHT = 10_000;

    private final Cpu cpu;
    private final ResourceWrites out;
    private final long quota;
    private final long period;

    private CpuResources(Cpu cpu, ResourceWrites out) {
        this.cpu = cpu;
        this.out = out;
        this.quota = value(cpu.quota());
        this.period = value(cpu.period());
    }

    static void compile(Cpu cpu, ResourceWrites out) {
        CpuResources resources = new CpuResources(cpu, out);
        resources.idle();
        resources.shares();
        resources.bandwidth();
        resources.realtime();
        resources.set("/cpu/cpus", "cpuset.cpus", cpu.cpus());
        resources.set("/cpu/mems", "cpuset.mems", cpu.mems());
    }

    /** True if an update of version 2 must know the present quota. */
    static boolean wantsPresent(Cpu cpu) {
        return value(cpu.period()) != 0 && value(cpu.quota()) == 0;
    }

    /**
     * The weight of version 2 for shares of version 1. The curve goes through both ranges' smallest, default and largest values: (2, 1),
     * (1024, 100), (262144, 10000); it is a parabola between the logarithms, as the OCI runtimes agreed on in 2025.
     */
    static long weight(long shares) {
        if (Long.compareUnsigned(shares, MIN_SHARES) <= 0) {
            return 1;
        }
        if (Long.compareUnsigned(shares, MAX_SHARES) >= 0) {
            return MAX_WEIGHT;
        }
        int exponent = Math.getExponent((double) shares); // taken out, so that powers of two have exact logarithms
        double log = exponent + Math.log(Math.scalb((double) shares, -exponent)) / Math.log(2);
        return (long) Math.ceil(Math.pow(10, (log * log + 125 * log) / 612 - 7.0 / 34));
    }

    private static long value(@Nullable Long value) {
        return value == null ? 0 : value;
    }

    /** Comes first: an idle group takes no shares. */
    private void idle() {
        Long idle = cpu.idle();
        if (idle == null || (idle == 0 && !out.updating())) {
            return;
        }
        Hierarchy home = out.home(CONTROLLER, "/cpu/idle", idle != 0);
        if (home != null) {
            out.write(home, "cpu.idle", "/cpu/idle", Long.toString(idle), ResourceWrites.weight(idle != 0));
        }
    }

    private void shares() {
        long shares = value(cpu.shares());
        if (shares == 0) {
            return;
        }
        if (value(cpu.idle()) == 1) {
            out.refuse("/cpu/shares", "cannot be set for a container that is idle");
            return;
        }
        Hierarchy home = out.home(CONTROLLER, "/cpu/shares");
        if (home == null) {
            return;
        }
        if (home.unified()) {
            out.write(home, "cpu.weight", "/cpu/shares", Long.toString(weight(shares)));
        } else if (shares < MIN_SHARES || shares > MAX_SHARES) {
            out.refuse(
                    "/cpu/shares",
                    "must be within " + MIN_SHARES + ".." + MAX_SHARES + ", not " + Long.toUnsignedString(shares));
        } else {
            out.write(home, "cpu.shares", "/cpu/shares", Long.toString(shares));
        }
    }

    private void bandwidth() {
        Long burst = cpu.burst();
        boolean asks = quota > 0 || (burst != null && burst != 0);
        if (!asks && quota == 0 && period == 0 && burst == null) {
            return;
        }
        Hierarchy home = out.home(CONTROLLER, quota > 0 ? "/cpu/quota" : "/cpu/burst", asks);
        if (home != null && home.unified()) {
            unified(home, burst, ResourceWrites.weight(asks));
        } else if (home != null) {
            version1(home, burst, ResourceWrites.weight(asks));
        }
    }

    private void version1(Hierarchy home, @Nullable Long burst, Weight weight) {
        boolean tryFirst = out.updating() && quota != 0;
        String periodText = Long.toUnsignedString(period);
        String burstText = burst == null ? "" : Long.toUnsignedString(burst);
        if (tryFirst && period != 0) {
            out.write(home, "cpu.cfs_period_us", "/cpu/period", periodText, Weight.TRY);
        }
        if (tryFirst && burst != null) {
            out.write(home, "cpu.cfs_burst_us", "/cpu/burst", burstText, Weight.TRY);
        }
        if (!tryFirst && period != 0) {
            out.write(home, "cpu.cfs_period_us", "/cpu/period", periodText, weight);
        }
        if (quota != 0) {
            out.write(home, "cpu.cfs_quota_us", "/cpu/quota", quota < 0 ? "-1" : Long.toString(quota), weight);
        }
        if (tryFirst && period != 0) {
            out.write(home, "cpu.cfs_period_us", "/cpu/period", periodText, weight);
        }
        if (burst != null) {
            out.write(home, "cpu.cfs_burst_us", "/cpu/burst", burstText, weight);
        }
    }

    private void unified(Hierarchy home, @Nullable Long burst, Weight weight) {
        String burstText = burst == null ? "" : Long.toUnsignedString(burst);
        if (out.updating() && quota != 0 && burst != null) {
            out.write(home, "cpu.max.burst", "/cpu/burst", burstText, Weight.TRY);
        }
        if (quota != 0 || period != 0) {
            // A quota alone leaves the period as it is; a period cannot stand alone.
            String text = quota == 0 ? presentQuota() : quota < 0 ? "max" : Long.toString(quota);
            out.write(
                    home,
                    "cpu.max",
                    quota == 0 ? "/cpu/period" : "/cpu/quota",
                    period == 0 ? text : text + " " + Long.toUnsignedString(period),
                    weight);
        }
        if (burst != null) {
            out.write(home, "cpu.max.burst", "/cpu/burst", burstText, weight);
        }
    }

    private String presentQuota() {
        String present = out.present("cpu.max");
        int space = present == null ? -1 : present.indexOf(' ');
        return present == null || space < 0 ? "max" : present.substring(0, space);
    }

    private void realtime() {
        long runtime = value(cpu.realtimeRuntime());
        long realtimePeriod = value(cpu.realtimePeriod());
        Hierarchy home = realtimeHome("/cpu/realtimePeriod", realtimePeriod);
        if (home != null) {
            Weight weight = runtime == 0 ? Weight.MUST : Weight.TRY;
            out.write(home, "cpu.rt_period_us", "/cpu/realtimePeriod", Long.toUnsignedString(realtimePeriod), weight);
        }
        Hierarchy runtimeHome = realtimeHome("/cpu/realtimeRuntime", runtime);
        if (runtimeHome != null) {
            out.write(runtimeHome, "cpu.rt_runtime_us", "/cpu/realtimeRuntime", Long.toString(runtime));
        }
        if (home != null && runtime != 0) {
            out.write(home, "cpu.rt_period_us", "/cpu/realtimePeriod", Long.toUnsignedString(realtimePeriod));
        }
    }

    private @Nullable Hierarchy realtimeHome(String pointer, long value) {
        Hierarchy home = value == 0 ? null : out.home(CONTROLLER, pointer);
        if (home != null && home.unified()) {
            out.refuse(pointer, "is not to be had in version 2 of cgroups");
            return null;
        }
        return home;
    }

    private void set(String pointer, String file, @Nullable String list) {
        if (list != null && !list.isEmpty()) {
            Hierarchy home = out.home("cpuset", pointer);
            if (home != null) {
                out.write(home, file, pointer, list);
            }
        }
    }
}
