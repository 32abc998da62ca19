// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.scope;

import dev.ipcell.runtime.cgroup.CgroupValue;
import dev.ipcell.runtime.systemd.UnitProperty;
import dev.ipcell.spec.DeviceRule;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The transient scope of a container.
 *
 * @param name what it is called, and its slice
 * @param user whether a user's manager has it
 * @param properties but for the process that it takes in
 */
public record ScopePlan(UnitName name, boolean user, List<UnitProperty> properties) {

    /**
     * Puts the properties together; those that the configuration has by annotations come in the place of others.
     *
     * @throws IllegalArgumentException if a value is none for its cgroup file
     */
    public static ScopePlan of(
            UnitName name,
            boolean user,
            String containerId,
            int version,
            List<CgroupValue> limits,
            List<DeviceRule> devices,
            List<UnitProperty> annotated) {
        List<UnitProperty> properties = new ArrayList<>();
        properties.add(UnitProperty.of("Description", "ipcell container " + containerId));
        properties.add(UnitProperty.of("Slice", name.slice()));
        // systemd leaves the cgroups below alone, and does not stop the container before others at shutdown.
        properties.add(UnitProperty.of("Delegate", true));
        properties.add(UnitProperty.of("DefaultDependencies", false));
        // Nothing of it stays behind, however it ended.
        properties.add(UnitProperty.of("CollectMode", "inactive-or-failed"));
        for (String controller : List.of("CPU", "Memory", "IO", "Tasks")) {
            properties.add(UnitProperty.of(controller + "Accounting", true));
        }
        properties.addAll(ResourceProperties.of(limits, version, true));
        properties.addAll(DeviceProperties.of(devices));
        return new ScopePlan(name, user, List.copyOf(replaced(properties, annotated)));
    }

    private static List<UnitProperty> replaced(List<UnitProperty> properties, List<UnitProperty> annotated) {
        Set<String> names = new HashSet<>();
        for (UnitProperty property : annotated) {
            names.add(property.name());
        }
        List<UnitProperty> all = new ArrayList<>();
        for (UnitProperty property : properties) {
            if (!names.contains(property.name())) {
                all.add(property);
            }
        }
        all.addAll(annotated);
        return all;
    }

    /** All properties of a scope that takes this process in. */
    List<UnitProperty> properties(int pid) {
        List<UnitProperty> all = new ArrayList<>(properties);
        all.add(UnitProperty.pids(pid));
        return all;
    }
}
