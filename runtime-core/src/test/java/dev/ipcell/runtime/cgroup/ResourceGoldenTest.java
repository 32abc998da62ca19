// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.Fragment;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.Resources;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every field of the resources on every kind of machine, against {@code resources.golden}.
 *
 * <p>A case there is a name behind {@code ==}, the resources, for an update {@code now NAME=TEXT} for each file that is read before (or
 * {@code now} alone), and for each machine what is written: the origin, the file, and the text, with a question mark if it may fail. A
 * refusal begins with {@code !}, a warning with {@code ~}. What hands controllers down is left out.
 */
class ResourceGoldenTest {
    record Case(String name, String json, @Nullable Map<String, String> now, Map<String, List<String>> expected) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Case> cases() throws IOException {
        List<Case> cases = new ArrayList<>();
        for (String block : golden().split("(?m)^== ", -1)) {
            if (!block.startsWith("#")) {
                cases.add(parse(block));
            }
        }
        return cases;
    }

    private static String golden() throws IOException {
        try (InputStream in =
                Objects.requireNonNull(ResourceGoldenTest.class.getResourceAsStream("resources.golden"))) {
            return new String(in.readAllBytes(), UTF_8);
        }
    }

    private static Case parse(String block) {
        List<String> lines = block.lines().filter(line -> !line.isBlank()).toList();
        Map<String, String> now = null;
        Map<String, List<String>> expected = new HashMap<>();
        List<String> into = new ArrayList<>();
        for (String line : lines.subList(2, lines.size())) {
            if (line.startsWith("now")) {
                now = now == null ? new HashMap<>() : now;
                int equals = line.indexOf('=');
                if (equals > 0) {
                    now.put(line.substring(4, equals), line.substring(equals + 1) + "\n");
                }
            } else if (line.startsWith("  ")) {
                into.add(line.strip());
            } else {
                into = new ArrayList<>();
                expected.put(line.strip(), into);
            }
        }
        return new Case(lines.get(0), lines.get(1), now, expected);
    }

    @ParameterizedTest(name = "version 1: {0}")
    @MethodSource("cases")
    void version_1(Case asked) {
        assertThat(result(asked, Layouts.VERSION1)).isEqualTo(asked.expected().get("v1"));
    }

    @ParameterizedTest(name = "hybrid: {0}")
    @MethodSource("cases")
    void hybrid(Case asked) {
        assertThat(result(asked, Layouts.HYBRID)).isEqualTo(asked.expected().get("hybrid"));
    }

    @ParameterizedTest(name = "version 2: {0}")
    @MethodSource("cases")
    void version_2(Case asked) {
        assertThat(result(asked, Layouts.VERSION2)).isEqualTo(asked.expected().get("v2"));
    }

    @Test
    void every_field_of_the_resources_is_in_some_case() throws IOException {
        String golden = golden();
        for (Class<?> type : List.of(
                dev.ipcell.spec.Memory.class,
                dev.ipcell.spec.Cpu.class,
                dev.ipcell.spec.Pids.class,
                dev.ipcell.spec.BlockIo.class,
                dev.ipcell.spec.HugepageLimit.class,
                dev.ipcell.spec.Network.class,
                dev.ipcell.spec.Rdma.class)) {
            for (var component : type.getRecordComponents()) {
                if (!component.getName().equals("unknown")) {
                    assertThat(golden).containsIgnoringCase("\"" + component.getName() + "\":");
                }
            }
        }
    }

    private static List<String> result(Case asked, Controllers controllers) {
        Fragment<Resources> resources = Layouts.resources(asked.json());
        ResourceOrigin origin = Layouts.origin(resources);
        Map<String, String> now = asked.now();
        ResourcePlan plan = now == null
                ? ResourcePlan.forNew(resources.value(), origin, controllers)
                : ResourcePlan.forUpdate(resources.value(), origin, controllers, now);
        List<String> lines = new ArrayList<>();
        for (Problem problem : plan.problems()) {
            lines.add("! " + problem.pointer() + ": " + problem.message());
        }
        for (Problem problem : plan.warnings()) {
            lines.add("~ " + problem.pointer() + ": " + problem.message());
        }
        if (plan.problems().isEmpty()) {
            Program program = new Program();
            plan.add(program, Layouts.DIRECTORIES);
            for (Step step : program.steps()) {
                FileOp.WriteFile write = (FileOp.WriteFile) step.op();
                if (!write.path().endsWith("cgroup.subtree_control")) {
                    assertThat(step.origin()).startsWith("--resources /");
                    lines.add(step.origin().substring(12) + ": "
                            + write.path()
                                    .replace("/cg/", "")
                                    .replace("engine/", "")
                                    .replace("c/", "") + " = "
                            + new String(write.data(), UTF_8) + (step.optional() ? " ?" : ""));
                }
            }
        }
        return lines;
    }
}
