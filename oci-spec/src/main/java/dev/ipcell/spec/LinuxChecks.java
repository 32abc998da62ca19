// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Checks of {@code linux}. */
final class LinuxChecks {
    private LinuxChecks() {}

    static void check(Linux linux, Problems problems) {
        if (problems.sound("/linux/namespaces")) {
            namespaces(linux.namespaces(), problems);
            idMappings(linux, linux.uidMappings(), "/linux/uidMappings", problems);
            idMappings(linux, linux.gidMappings(), "/linux/gidMappings", problems);
            timeOffsets(linux, problems);
            hiddenPaths(linux, linux.maskedPaths(), "/linux/maskedPaths", problems);
            hiddenPaths(linux, linux.readonlyPaths(), "/linux/readonlyPaths", problems);
            netDevices(linux, problems);
        }
        if (problems.sound("/linux/devices")) {
            devices(linux.devices(), problems);
        }
        String cgroupsPath = linux.cgroupsPath();
        if (cgroupsPath != null && stepsUp(cgroupsPath)) {
            problems.error("/linux/cgroupsPath", "must not contain \"..\"");
        }
        Resources resources = linux.resources();
        if (resources != null) {
            ResourceChecks.check(resources, "/linux/resources", problems);
        }
        Seccomp seccomp = linux.seccomp();
        if (seccomp != null) {
            SeccompChecks.check(seccomp, problems);
        }
        intelRdt(linux.intelRdt(), problems);
        MemoryPolicy policy = linux.memoryPolicy();
        if (policy != null) {
            memoryPolicy(policy, problems);
        }
        Personality personality = linux.personality();
        if (personality != null && !personality.flags().isEmpty()) {
            problems.warning("/linux/personality/flags", "runtime-spec defines no personality flags, they are ignored");
        }
    }

    /** As set_mempolicy(2) wants it; which nodes there are only the kernel knows. */
    private static void memoryPolicy(MemoryPolicy policy, Problems problems) {
        String at = "/linux/memoryPolicy";
        String nodes = policy.nodes();
        NumberLists.check(nodes, "memory nodes", at + "/nodes", problems);
        if (!problems.sound(at)) {
            return;
        }
        MemoryPolicyMode mode = policy.mode();
        boolean takesNone = mode == MemoryPolicyMode.DEFAULT || mode == MemoryPolicyMode.LOCAL;
        if (takesNone && nodes != null) {
            String count = " mode requires 0 nodes but got " + NumberLists.count(nodes);
            problems.error(at + "/nodes", mode.wire() + count);
        }
        if (!takesNone && mode != MemoryPolicyMode.PREFERRED && nodes == null) {
            problems.error(at + "/mode", mode.wire() + " needs nodes");
        }
        List<MemoryPolicyFlag> flags = policy.flags();
        if (flags.contains(MemoryPolicyFlag.STATIC_NODES) && flags.contains(MemoryPolicyFlag.RELATIVE_NODES)) {
            problems.error(at + "/flags", "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other");
        }
    }

    private static void namespaces(List<Namespace> namespaces, Problems problems) {
        for (int i = 0; i < namespaces.size(); i++) {
            Namespace namespace = namespaces.get(i);
            String at = JsonPointer.child("/linux/namespaces", i);
            for (int j = 0; j < i; j++) {
                if (namespaces.get(j).type() == namespace.type()) {
                    problems.error(
                            at,
                            "duplicate namespace " + namespace.type().wire() + ", first in "
                                    + JsonPointer.child("/linux/namespaces", j));
                    break;
                }
            }
            String path = namespace.path();
            if (path != null) {
                SpecValidator.absolute(path, at + "/path", problems);
            }
        }
    }

    private static void idMappings(Linux linux, List<IdMapping> mappings, String at, Problems problems) {
        if (mappings.isEmpty() || !problems.sound(at)) {
            return;
        }
        if (linux.namespace(NamespaceType.USER) == null) {
            problems.error(at, "needs an entry for the user namespace in /linux/namespaces");
        }
        MountChecks.mappings(mappings, at, problems);
    }

    private static void timeOffsets(Linux linux, Problems problems) {
        String at = "/linux/timeOffsets";
        TimeOffsets offsets = linux.timeOffsets();
        if (offsets == null || !problems.sound(at)) {
            return;
        }
        for (String clock : offsets.unknown().keySet()) {
            problems.error(
                    JsonPointer.child(at, clock),
                    "unknown clock " + Quoted.of(clock) + " (known: monotonic, boottime)");
        }
        nanoseconds(offsets.monotonic(), at + "/monotonic", problems);
        nanoseconds(offsets.boottime(), at + "/boottime", problems);
        Namespace time = linux.namespace(NamespaceType.TIME);
        if (offsets.monotonic() == null && offsets.boottime() == null) {
            return;
        }
        if (time == null) {
            problems.error(at, "needs an entry for the time namespace in /linux/namespaces");
        } else if (time.path() != null) {
            problems.error(at, "the offsets of a time namespace that is joined cannot be set");
        }
    }

    private static void nanoseconds(@Nullable TimeOffset offset, String at, Problems problems) {
        if (offset != null && offset.nanosecs() > 999_999_999) {
            problems.error(at + "/nanosecs", "must be within 0..999999999, not " + offset.nanosecs());
        }
    }

    private static void hiddenPaths(Linux linux, List<String> paths, String at, Problems problems) {
        if (paths.isEmpty() || !problems.sound(at)) {
            return;
        }
        if (linux.namespace(NamespaceType.MOUNT) == null) {
            problems.error(at, "needs an entry for the mount namespace in /linux/namespaces");
        }
        for (int i = 0; i < paths.size(); i++) {
            SpecValidator.absolute(paths.get(i), JsonPointer.child(at, i), problems);
        }
    }

    private static void netDevices(Linux linux, Problems problems) {
        String at = "/linux/netDevices";
        Map<String, NetDevice> devices = linux.netDevices();
        if (devices.isEmpty() || !problems.sound(at)) {
            return;
        }
        if (linux.namespace(NamespaceType.NETWORK) == null) {
            problems.error(at, "needs an entry for the network namespace in /linux/namespaces");
        }
        Map<String, String> names = new HashMap<>();
        for (Map.Entry<String, NetDevice> entry : devices.entrySet()) {
            String pointer = JsonPointer.child(at, entry.getKey());
            interfaceName(entry.getKey(), pointer, problems);
            String inside = entry.getValue().nameInside(entry.getKey());
            String place = inside.equals(entry.getKey()) ? pointer : pointer + "/name";
            if (!place.equals(pointer)) {
                interfaceName(inside, place, problems);
                template(inside, place, problems);
            }
            String first = names.putIfAbsent(inside, pointer);
            if (first != null && inside.indexOf('%') < 0) {
                problems.error(place, "duplicate name " + Quoted.of(inside) + " in the container, first in " + first);
            }
        }
    }

    /** As __dev_alloc_name() of the kernel has it. */
    private static void template(String name, String pointer, Problems problems) {
        int percent = name.indexOf('%');
        if (percent >= 0 && (!name.startsWith("%d", percent) || name.indexOf('%', percent + 1) >= 0)) {
            problems.error(
                    pointer,
                    "must have no % but that of one %d, where the kernel puts a number, not " + Quoted.of(name));
        }
    }

    /** As dev_valid_name() of the kernel has it: it looks at bytes, and takes the byte 0xa0 for a space. */
    private static void interfaceName(String name, String pointer, Problems problems) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        boolean valid = bytes.length > 0 && bytes.length < 16 && !name.equals(".") && !name.equals("..");
        for (int i = 0; valid && i < bytes.length; i++) {
            int c = bytes[i] & 0xff;
            valid = c != '/' && c != ':' && c != ' ' && c != 0xa0 && (c < '\t' || c > '\r');
        }
        if (!valid) {
            problems.error(pointer, "must be the name of a network interface, not " + Quoted.of(name));
        }
    }

    private static void devices(List<Device> devices, Problems problems) {
        Map<String, Integer> places = new HashMap<>();
        for (int i = 0; i < devices.size(); i++) {
            Device device = devices.get(i);
            String at = JsonPointer.child("/linux/devices", i) + "/path";
            SpecValidator.absolute(device.path(), at, problems);
            Integer first = places.putIfAbsent(device.path(), i);
            if (first != null) {
                duplicateDevice(device, devices.get(first), at, JsonPointer.child("/linux/devices", first), problems);
            }
        }
    }

    /** Engines repeat a device that was asked for twice; only two different ones in one place are a contradiction. */
    private static void duplicateDevice(Device device, Device first, String at, String other, Problems problems) {
        String message = "device " + Quoted.of(device.path()) + " stands twice, first in " + other;
        if (first.type() == device.type() && first.major() == device.major() && first.minor() == device.minor()) {
            problems.warning(at, message);
        } else {
            problems.error(at, message);
        }
    }

    private static void intelRdt(@Nullable IntelRdt rdt, Problems problems) {
        String at = "/linux/intelRdt";
        if (rdt == null || !problems.sound(at)) {
            return;
        }
        String closId = rdt.closId();
        if (closId != null
                && !closId.equals("/")
                && (closId.indexOf('/') >= 0 || closId.equals(".") || stepsUp(closId))) {
            problems.error(at + "/closID", "must be the name of a directory, not " + Quoted.of(closId));
        }
        String memBw = rdt.memBwSchema();
        if (memBw != null && (!memBw.startsWith("MB:") || memBw.indexOf('\n') >= 0)) {
            problems.error(at + "/memBwSchema", "must be one line that starts with MB:, not " + Quoted.of(memBw));
        }
        for (int i = 0; i < rdt.schemata().size(); i++) {
            if (rdt.schemata().get(i).indexOf('\n') >= 0) {
                problems.error(JsonPointer.child(at + "/schemata", i), "must be one line");
            }
        }
    }

    /** Whether a path has a component {@code ..}. */
    private static boolean stepsUp(String path) {
        return path.equals("..") || path.startsWith("../") || path.endsWith("/..") || path.contains("/../");
    }
}
