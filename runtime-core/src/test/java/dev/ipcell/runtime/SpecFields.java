// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import dev.ipcell.spec.Spec;
import dev.ipcell.spec.WireName;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Every field of {@code config.json} that the records know, by reflection, and every value of a closed list. */
final class SpecFields {
    /** Components whose names are not those of the fields. */
    private static final Map<String, String> WIRE = Map.ofEntries(
            Map.entry("Process.execCpuAffinity", "execCPUAffinity"),
            Map.entry("CpuAffinity.initialCpus", "initial"),
            Map.entry("CpuAffinity.finalCpus", "final"),
            Map.entry("IoPriority.priorityClass", "class"),
            Map.entry("IdMapping.containerId", "containerID"),
            Map.entry("IdMapping.hostId", "hostID"),
            Map.entry("Resources.blockIo", "blockIO"),
            Map.entry("BlockIo.throttleReadIopsDevice", "throttleReadIOPSDevice"),
            Map.entry("BlockIo.throttleWriteIopsDevice", "throttleWriteIOPSDevice"),
            Map.entry("Memory.kernelTcp", "kernelTCP"),
            Map.entry("Memory.disableOomKiller", "disableOOMKiller"),
            Map.entry("Network.classId", "classID"),
            Map.entry("IntelRdt.closId", "closID"));

    /** The table of runtime-spec, config.md, "Linux mount options". */
    private static final List<String> MOUNT_OPTIONS = List.of(("async atime bind defaults dev diratime dirsync exec"
                    + " idmap iversion lazytime loud mand noatime nodev nodiratime noexec noiversion nolazytime nomand"
                    + " norelatime nostrictatime nosuid nosymfollow private ratime rbind rdev rdiratime relatime remount"
                    + " rexec ridmap rnoatime rnodev rnodiratime rnoexec rnorelatime rnostrictatime rnosuid rnosymfollow"
                    + " ro rprivate rrelatime rro rrw rshared rslave rstrictatime rsuid rsymfollow runbindable rw shared"
                    + " silent slave strictatime suid symfollow sync tmpcopyup unbindable")
            .split(" ", -1));

    private final Set<String> rows = new TreeSet<>();

    private SpecFields() {}

    /** All rows of the table. */
    static Set<String> rows() {
        SpecFields fields = new SpecFields();
        fields.record("", Spec.class);
        for (String option : MOUNT_OPTIONS) {
            fields.rows.add("/mounts/*/options=" + option);
        }
        return fields.rows;
    }

    private void record(String pointer, Class<?> type) {
        for (RecordComponent component : type.getRecordComponents()) {
            String name = component.getName();
            String wire = WIRE.getOrDefault(type.getSimpleName() + "." + name, name);
            // What the specification does not know is kept for annotations and the like; there is one row for all.
            field(name.equals("unknown") ? "/unknown" : pointer + "/" + wire, component.getGenericType());
        }
    }

    private void field(String pointer, Type type) {
        if (type instanceof ParameterizedType generic) {
            Type[] arguments = generic.getActualTypeArguments();
            Type element = arguments[arguments.length - 1];
            boolean nested = element instanceof Class<?> of && of.isRecord() && of != dev.ipcell.spec.JsonObject.class;
            field(nested ? pointer + "/*" : pointer, element);
        } else if (type instanceof Class<?> of && WireName.class.isAssignableFrom(of)) {
            for (Object constant : of.getEnumConstants()) {
                rows.add(pointer + "=" + ((WireName) constant).wire());
            }
        } else if (type instanceof Class<?> of && of.isRecord() && of != dev.ipcell.spec.JsonObject.class) {
            record(pointer, of);
        } else {
            rows.add(pointer);
        }
    }
}
