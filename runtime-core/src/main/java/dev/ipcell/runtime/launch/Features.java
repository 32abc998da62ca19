// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.spec.Capability;
import dev.ipcell.spec.JsonArray;
import dev.ipcell.spec.JsonObject;
import dev.ipcell.spec.MemoryPolicyFlag;
import dev.ipcell.spec.MemoryPolicyMode;
import dev.ipcell.spec.NamespaceType;
import dev.ipcell.spec.SeccompAction;
import dev.ipcell.spec.SeccompArch;
import dev.ipcell.spec.SeccompFlag;
import dev.ipcell.spec.SeccompOperator;
import dev.ipcell.spec.WireName;
import java.util.ArrayList;
import java.util.List;

/** What this runtime can do, whatever the machine can (runtime-spec, features.md and features-linux.md). */
public final class Features {
    private static final List<String> HOOKS =
            List.of("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop");

    private Features() {}

    /**
     * The document.
     *
     * @param buildId of the executor, which is told as the commit
     */
    public static JsonObject document(String buildId) {
        return JsonObject.builder()
                .put("ociVersionMin", "1.0.0")
                .put("ociVersionMax", "1.3.0")
                .put("hooks", HOOKS)
                .put("mountOptions", MountOptions.known())
                .put("linux", linux())
                .put(
                        "annotations",
                        JsonObject.builder()
                                .put("dev.ipcell.commit", buildId)
                                .put("dev.ipcell.checkpoint.enabled", "false")
                                .put("dev.ipcell.ipc.mqueue", "mounted-inside")
                                .build())
                .put("potentiallyUnsafeConfigAnnotations", List.of("org.systemd.property."))
                .build();
    }

    private static JsonObject linux() {
        return JsonObject.builder()
                .put("namespaces", names(NamespaceType.values()))
                .put("capabilities", names(Capability.values()))
                .put(
                        "cgroup",
                        JsonObject.builder()
                                .put("v1", true)
                                .put("v2", true)
                                .put("systemd", true)
                                .put("systemdUser", true)
                                .put("rdma", true)
                                .build())
                .put(
                        "seccomp",
                        JsonObject.builder()
                                .put("enabled", true)
                                .put("actions", names(SeccompAction.values()))
                                .put("operators", names(SeccompOperator.values()))
                                .put("archs", names(SeccompArch.values()))
                                .put("knownFlags", names(SeccompFlag.values()))
                                .put("supportedFlags", names(SeccompFlag.values()))
                                .build())
                .put("apparmor", enabled(true))
                .put("selinux", enabled(true))
                .put(
                        "intelRdt",
                        JsonObject.builder()
                                .put("enabled", true)
                                .put("schemata", true)
                                .put("monitoring", true)
                                .build())
                .put(
                        "memoryPolicy",
                        JsonObject.builder()
                                .put("modes", names(MemoryPolicyMode.values()))
                                .put("flags", names(MemoryPolicyFlag.values()))
                                .build())
                .put(
                        "mountExtensions",
                        JsonObject.builder().put("idmap", enabled(true)).build())
                .put("netDevices", enabled(true))
                .build();
    }

    private static JsonObject enabled(boolean enabled) {
        return JsonObject.builder().put("enabled", enabled).build();
    }

    private static JsonArray names(WireName[] values) {
        List<String> names = new ArrayList<>(values.length);
        for (WireName value : values) {
            names.add(value.wire());
        }
        return JsonArray.ofStrings(names);
    }
}
