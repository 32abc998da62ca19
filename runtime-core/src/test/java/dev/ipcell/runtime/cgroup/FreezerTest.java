// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.Program;
import dev.ipcell.shim.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class FreezerTest {
    private static Freezer freezer(Controllers controllers) {
        return Objects.requireNonNull(Freezer.of(controllers.layout(), Layouts.DIRECTORIES));
    }

    private static List<String> described(Program program) {
        List<String> lines = new ArrayList<>();
        for (Step step : program.steps()) {
            lines.add(step.op().describe());
            step.undo().forEach(undo -> lines.add("undo: " + undo.describe()));
        }
        return lines;
    }

    @Test
    void version_1_is_frozen_by_writing_until_it_is() {
        Program program = new Program();
        freezer(Layouts.HYBRID).pause(program, "pause");
        freezer(Layouts.HYBRID).resume(program, "resume");
        assertThat(described(program))
                .containsExactly(
                        "write \"FROZEN\" to /cg/freezer/c/freezer.state (wronly)",
                        "undo: write \"THAWED\" to /cg/freezer/c/freezer.state (wronly)",
                        "await \"FROZEN\" in /cg/freezer/c/freezer.state, writing \"FROZEN\" again",
                        "write \"THAWED\" to /cg/freezer/c/freezer.state (wronly)");
    }

    @Test
    void version_2_is_frozen_once_its_events_say_so() {
        Program program = new Program();
        freezer(Layouts.VERSION2).pause(program, "pause");
        freezer(Layouts.VERSION2).resume(program, "resume");
        assertThat(described(program))
                .containsExactly(
                        "write \"1\" to /cg/engine/c/cgroup.freeze (wronly)",
                        "undo: write \"0\" to /cg/engine/c/cgroup.freeze (wronly)",
                        "await \"frozen 1\" in /cg/engine/c/cgroup.events",
                        "write \"0\" to /cg/engine/c/cgroup.freeze (wronly)");
    }

    @Test
    void a_hybrid_machine_without_the_version_1_freezer_has_the_other() {
        assertThat(freezer(Layouts.controllers("", "memory", "unified")).file().name())
                .isEqualTo("cgroup.freeze");
        assertThat(freezer(Layouts.VERSION1).file().name()).isEqualTo("freezer.self_freezing");
        assertThat(Freezer.of(Layouts.controllers("", "memory").layout(), Layouts.DIRECTORIES))
                .isNull();
    }

    @Test
    void one_is_paused() {
        assertThat(Freezer.isPaused("1\n")).isTrue();
        assertThat(Freezer.isPaused("0\n")).isFalse();
        assertThat(Freezer.isPaused("")).isFalse();
    }
}
