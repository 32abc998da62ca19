// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.cgroup.CgroupValue;
import dev.ipcell.runtime.cgroup.DeviceAccess;
import dev.ipcell.runtime.cgroup.ResourcePlan;
import dev.ipcell.runtime.scope.PropertyAnnotations;
import dev.ipcell.runtime.scope.ScopePlan;
import dev.ipcell.runtime.scope.Systemd;
import dev.ipcell.runtime.scope.UnitName;
import dev.ipcell.runtime.systemd.UnitProperty;
import dev.ipcell.spec.DeviceRule;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.SpecDocument;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a configuration comes to as a scope of systemd. */
final class ScopeRules {
    /** What a plan that is only looked at goes by. */
    private static final int ANY_VERSION = Integer.MAX_VALUE;

    private ScopeRules() {}

    /**
     * The scope, or null and a problem.
     *
     * @param systemd null if the scope is not going to be made
     */
    static @Nullable ScopePlan plan(
            LaunchOptions options,
            SpecDocument document,
            @Nullable Systemd systemd,
            ResourcePlan resources,
            @Nullable DeviceAccess devices,
            List<Problem> problems) {
        List<UnitProperty> annotated =
                PropertyAnnotations.read(document.spec().annotations(), document.positions(), problems);
        boolean user = options.cgroups() == CgroupDriver.SYSTEMD_USER;
        List<DeviceRule> rules = devices == null ? List.of() : devices.rules();
        List<CgroupValue> limits = resources.values();
        String pointer = "/linux/cgroupsPath";
        try {
            String path = Objects.requireNonNull(document.spec().linux(), "refused before")
                    .cgroupsPath();
            UnitName name = UnitName.of(path, options.id(), user);
            pointer = "/linux/resources";
            int version = systemd == null ? ANY_VERSION : systemd.version();
            return ScopePlan.of(name, user, options.id(), version, limits, rules, annotated);
        } catch (IllegalArgumentException wrong) {
            problems.add(document.positions().problem(pointer, String.valueOf(wrong.getMessage())));
            return null;
        }
    }

    /** The scope's cgroup, from the root of the hierarchy. */
    static String cgroup(ScopePlan scope, @Nullable Systemd systemd) {
        return (systemd == null ? "" : systemd.cgroup()) + scope.name().cgroup();
    }
}
