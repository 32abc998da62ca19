// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;

final class DefaultSpecTest {
    @Test
    void the_default_configuration_is_valid_without_warnings() throws InvalidSpecException {
        SpecDocument document = Documents.read(DefaultSpec.json());
        assertThat(document.warnings()).isEmpty();
        Process process = Objects.requireNonNull(document.spec().process());
        assertThat(process.args()).containsExactly("sh");
        assertThat(process.terminal()).isTrue();
        assertThat(process.noNewPrivileges()).isTrue();
        assertThat(Objects.requireNonNull(process.capabilities()).bounding())
                .containsExactly(Capability.AUDIT_WRITE, Capability.KILL, Capability.NET_BIND_SERVICE);
        assertThat(document.spec().hostname()).isEqualTo("ipcell");
        assertThat(document.spec().mounts())
                .extracting(Mount::destination)
                .containsExactly("/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys", "/sys/fs/cgroup");
    }

    private static String like(String file) throws Exception {
        JsonObject runcs;
        try (var in = Objects.requireNonNull(DefaultSpecTest.class.getResourceAsStream(file))) {
            runcs = Json.parseObject(in.readAllBytes());
        }
        return JsonWriter.pretty(runcs)
                .replace("\"ociVersion\": \"1.0.2-dev\"", "\"ociVersion\": \"1.3.0\"")
                .replace("\"hostname\": \"runc\"", "\"hostname\": \"ipcell\"");
    }

    private static String namespace(String type) {
        return "            {\n                \"type\": \"" + type + "\"\n            }";
    }

    @Test
    void the_default_configuration_differs_from_runc_s_only_as_documented() throws Exception {
        String runcs = like("runc-1.1.5-spec.json");
        JsonObject ours = Json.parseObject(DefaultSpec.jsonForVersion1().getBytes(UTF_8));
        assertThat(JsonWriter.pretty(ours)).isEqualTo(runcs);
        assertThat(DefaultSpec.jsonForVersion1()).isEqualTo(runcs + "\n");
        String withCgroup = runcs.replace(namespace("mount"), namespace("mount") + ",\n" + namespace("cgroup"));
        assertThat(DefaultSpec.json()).isEqualTo(withCgroup + "\n");
    }

    @Test
    void the_one_for_who_is_not_root_differs_from_runc_s_in_nothing_more() throws Exception {
        String runcs = like("runc-1.1.5-spec-rootless.json") + "\n";
        assertThat(RootlessSpec.json(DefaultSpec.jsonForVersion1(), 0, 0)).isEqualTo(runcs);
        String withCgroup = runcs.replace(namespace("mount"), namespace("mount") + ",\n" + namespace("cgroup"));
        assertThat(RootlessSpec.json(DefaultSpec.json(), 0, 0)).isEqualTo(withCgroup);
        String json = RootlessSpec.json(DefaultSpec.json(), 1000, -2);
        Linux linux = Objects.requireNonNull(Documents.read(json).spec().linux());
        assertThat(linux.uidMappings()).extracting(IdMapping::hostId).containsExactly(1000L);
        assertThat(linux.gidMappings()).extracting(IdMapping::hostId).containsExactly(0xffff_fffeL);
    }
}
