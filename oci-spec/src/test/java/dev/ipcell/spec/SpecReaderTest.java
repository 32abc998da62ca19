// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class SpecReaderTest {
    @Test
    void the_smallest_configuration_is_read() throws InvalidSpecException {
        SpecDocument document = Documents.read("{\"ociVersion\":\"1.0.2-dev\",\"root\":{\"path\":\"rootfs\"}}");
        Spec spec = document.spec();
        assertThat(spec.root().path()).isEqualTo("rootfs");
        assertThat(spec.process()).isNull();
        assertThat(spec.linux()).isNull();
        assertThat(spec.mounts()).isEmpty();
        assertThat(document.warnings()).isEmpty();
    }

    @Test
    void a_process_without_user_runs_as_root() throws InvalidSpecException {
        Spec spec = Documents.read(Documents.with("\"process\":{\"cwd\":\"/\",\"args\":[\"sh\"]}"))
                .spec();
        User user = Objects.requireNonNull(spec.process()).user();
        assertThat(user.uid()).isZero();
        assertThat(user.gid()).isZero();
        assertThat(user.umask()).isNull();
    }

    @Test
    void an_empty_optional_string_counts_as_absent() throws InvalidSpecException {
        Spec spec = Documents.read(Documents.with("\"hostname\":\"\",\"linux\":{\"cgroupsPath\":\"\","
                        + "\"rootfsPropagation\":\"\",\"namespaces\":[{\"type\":\"ipc\",\"path\":\"\"}]}"))
                .spec();
        assertThat(spec.hostname()).isNull();
        Linux linux = Objects.requireNonNull(spec.linux());
        assertThat(linux.cgroupsPath()).isNull();
        assertThat(linux.rootfsPropagation()).isNull();
        assertThat(Objects.requireNonNull(linux.namespace(NamespaceType.IPC)).path())
                .isNull();
        assertThat(linux.namespace(NamespaceType.PID)).isNull();
    }

    @Test
    void no_seccomp_flags_are_something_else_than_an_empty_array_of_them() throws InvalidSpecException {
        assertThat(seccompFlags("")).isNull();
        assertThat(seccompFlags(",\"flags\":null")).isNull();
        assertThat(seccompFlags(",\"flags\":[]")).isEmpty();
        assertThat(seccompFlags(",\"flags\":[\"SECCOMP_FILTER_FLAG_LOG\"]")).containsExactly(SeccompFlag.LOG);
    }

    private static @Nullable List<SeccompFlag> seccompFlags(String member) throws InvalidSpecException {
        String seccomp = "\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ALLOW\"" + member + "}}";
        Linux linux = Documents.read(Documents.with(seccomp)).spec().linux();
        return Objects.requireNonNull(Objects.requireNonNull(linux).seccomp()).flags();
    }

    @Test
    void a_device_rule_has_the_defaults_of_the_specification() throws InvalidSpecException {
        Spec spec = Documents.read(
                        Documents.with(
                                "\"linux\":{\"resources\":{\"devices\":["
                                        + "{\"allow\":false},{\"allow\":true,\"type\":\"c\",\"major\":1,\"minor\":-1,\"access\":\"r\"}]}}"))
                .spec();
        List<DeviceRule> rules = Objects.requireNonNull(
                        Objects.requireNonNull(spec.linux()).resources())
                .devices();
        assertThat(rules)
                .containsExactly(
                        new DeviceRule(false, DeviceRuleType.ALL, null, null, "rwm", Map.of()),
                        new DeviceRule(true, DeviceRuleType.CHARACTER, 1L, null, "r", Map.of()));
    }

    @Test
    void a_fifo_needs_no_device_number() throws InvalidSpecException {
        Spec spec = Documents.read(Documents.with("\"linux\":{\"devices\":[{\"type\":\"p\",\"path\":\"/p\"}]}"))
                .spec();
        assertThat(Objects.requireNonNull(spec.linux()).devices().getFirst().major())
                .isZero();
    }

    @Test
    void what_is_odd_but_allowed_is_a_warning() throws InvalidSpecException {
        assertThat(Documents.warnings("{\"ociVersion\":\"1.4.0\",\"root\":{\"path\":\"r\"}}"))
                .containsExactly(
                        "/ociVersion: version \"1.4.0\" of runtime-spec is newer than 1.3 [line 1, column 15]");
        assertThat(Documents.warnings(Documents.with("\"process\":{\"cwd\":\"/\",\"args\":[\"sh\"],"
                        + "\"capabilities\":{\"bounding\":[\"CAP_KILL\",\"CAP_FLY\"]}}")))
                .containsExactly("/process/capabilities/bounding/1: unknown capability \"CAP_FLY\" is left out"
                        + " [line 2, column 75]");
        assertThat(Documents.warnings(Documents.with("\"mounts\":[{\"destination\":\"data\"}]")))
                .containsExactly(
                        "/mounts/0/destination: relative destination \"data\" is deprecated and is taken to start"
                                + " at / [line 2, column 26]");
        assertThat(Documents.warnings(Documents.with("\"linux\":{\"devices\":["
                        + "{\"type\":\"c\",\"path\":\"/d\",\"major\":1,\"minor\":3},"
                        + "{\"type\":\"c\",\"path\":\"/d\",\"major\":1,\"minor\":3}]}")))
                .hasSize(1);
    }

    @Test
    void a_problem_found_later_gets_the_place_in_the_document() throws InvalidSpecException {
        SpecDocument document = Documents.read(Documents.with(
                "\"mounts\":[{\"destination\":\"/a\"},\n" + "{\"destination\":\"/b\",\n \"options\":[\"ro\"]}]"));
        assertThat(document.positions().problem("/mounts/1/options/0", "x").render())
                .isEqualTo("/mounts/1/options/0: x [line 4, column 13]");
        assertThat(document.positions().problem("/mounts/1/type", "x").render())
                .isEqualTo("/mounts/1/type: x [line 3, column 1]");
        assertThat(document.positions().problem("/mounts/9/type", "x").line()).isEqualTo(2);
    }

    @Test
    void a_process_that_stands_alone_is_read() throws InvalidSpecException {
        Fragment<Process> process = SpecReader.readProcess("{\"cwd\":\"/\",\"args\":[\"sh\"],\"x\":1}".getBytes(UTF_8));
        assertThat(process.value().args()).containsExactly("sh");
        assertThat(process.value().unknown()).containsOnlyKeys("x");
        assertThatExceptionOfType(InvalidSpecException.class)
                .isThrownBy(() -> SpecReader.readProcess("{\"cwd\":\"x\",\"args\":[]}".getBytes(UTF_8)))
                .withMessage("/cwd: must be an absolute path, not \"x\" [line 1, column 8];"
                        + " /args: must name the program to run [line 1, column 19]");
    }

    @Test
    void resources_that_stand_alone_are_read() throws InvalidSpecException {
        Fragment<Resources> resources =
                SpecReader.readResources("{\"pids\":{\"limit\":0},\"memory\":null}".getBytes(UTF_8));
        assertThat(Objects.requireNonNull(resources.value().pids()).limit()).isZero();
        assertThat(resources.value().memory()).isNull();
        assertThatExceptionOfType(InvalidSpecException.class)
                .isThrownBy(() -> SpecReader.readResources("{\"memory\":{\"swap\":-5}}".getBytes(UTF_8)))
                .withMessage("/memory/swap: must be -1 (no limit) or more, not -5 [line 1, column 19]");
    }

    @Test
    void damaged_documents_are_read_or_refused_but_nothing_else() {
        byte[] original = Documents.everyField();
        Random random = new Random(20260101);
        int refused = 0;
        for (int round = 0; round < 3000; round++) {
            byte[] damaged = original.clone();
            if (round % 3 == 0) {
                damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length));
            }
            for (int i = random.nextInt(4); i > 0 && damaged.length > 0; i--) {
                damaged[random.nextInt(damaged.length)] =
                        (byte) "{}[]\",:0-9.e\\tn\0 \u00ff".charAt(random.nextInt(18));
            }
            try {
                SpecReader.read(damaged);
            } catch (InvalidSpecException e) {
                refused++;
                assertThat(e.problems())
                        .isNotEmpty()
                        .allSatisfy(
                                p -> assertThat(p.render()).doesNotContain("\n").isNotBlank());
            }
        }
        assertThat(refused).isGreaterThan(1500);
    }
}
