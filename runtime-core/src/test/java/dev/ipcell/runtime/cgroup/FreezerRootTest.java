// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ipcell.shim.CgroupOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.linux.Errno;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Freezing real processes, by the version 1 freezer and in the unified hierarchy. */
@Tag("root")
@Timeout(120)
class FreezerRootTest {
    @TempDir
    private Path directory;

    private static Freezer freezer(RealCgroup cgroup) {
        return Objects.requireNonNull(Freezer.of(cgroup.layout(), cgroup.directories()));
    }

    private static void pause(RealCgroup cgroup) throws IOException, PlanFailedException {
        Program program = new Program();
        freezer(cgroup).pause(program, "pause");
        cgroup.run(program);
    }

    private static void resume(RealCgroup cgroup) throws IOException, PlanFailedException {
        Program program = new Program();
        freezer(cgroup).resume(program, "resume");
        cgroup.run(program);
    }

    private static boolean paused(RealCgroup cgroup) throws IOException, PlanFailedException {
        CgroupFile file = freezer(cgroup).file();
        return Freezer.isPaused(
                Objects.requireNonNull(cgroup.texts(List.of(file)).get(file.name())));
    }

    /** What a process has used of the processor, in ticks of the kernel. */
    private static String ticks(Process process) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return fields[11] + " " + fields[12];
    }

    @ParameterizedTest
    @ValueSource(strings = {"freezer", "unified"})
    void a_paused_container_stands_still_until_it_is_resumed(String hierarchy) throws Exception {
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine(hierarchy))) {
            Process busy = cgroup.start("echo ready; while :; do :; done");
            assertThat(busy.inputReader().readLine()).isEqualTo("ready");
            assertThat(paused(cgroup)).isFalse();
            pause(cgroup);
            assertThat(paused(cgroup)).isTrue();
            String frozen = ticks(busy);
            Thread.sleep(200);
            assertThat(ticks(busy)).isEqualTo(frozen);
            resume(cgroup);
            assertThat(paused(cgroup)).isFalse();
            while (ticks(busy).equals(frozen)) {
                Thread.sleep(5);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"freezer", "unified"})
    void processes_that_fork_all_the_time_are_paused_too(String hierarchy) throws Exception {
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine(hierarchy))) {
            Process forking = cgroup.start("echo ready; while :; do (:); done");
            assertThat(forking.inputReader().readLine()).isEqualTo("ready");
            for (int i = 0; i < 20; i++) {
                pause(cgroup);
                assertThat(paused(cgroup)).isTrue();
                resume(cgroup);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"freezer", "unified"})
    void when_a_later_step_fails_the_container_is_thawed_and_can_die(String hierarchy) throws Exception {
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine(hierarchy))) {
            Process process = cgroup.start("echo ready; read x");
            assertThat(process.inputReader().readLine()).isEqualTo("ready");
            pause(cgroup);
            Program failing = new Program();
            failing.add("a test", new CgroupOp.AwaitFile(Slot.CWD, "/no/such/file", "x", "", 0));
            assertThatThrownBy(() -> cgroup.run(failing))
                    .isInstanceOfSatisfying(
                            PlanFailedException.class,
                            failed -> assertThat(failed.failure().leftBehind()).isEmpty());
            assertThat(cgroup.directory()).doesNotExist();
        }
    }

    @Test
    void waiting_for_a_line_that_does_not_come_ends() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "state FREEZING\nFROZEN 2\nFROZE\n");
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine("freezer"))) {
            Program program = new Program();
            program.add("a test", new CgroupOp.AwaitFile(Slot.CWD, file.toString(), "FROZEN", "", 100));
            assertThatThrownBy(() -> cgroup.run(program)).isInstanceOfSatisfying(PlanFailedException.class, failed -> {
                assertThat(failed.failure().errno()).isEqualTo(Errno.ETIMEDOUT);
                assertThat(failed.failure().detail()).isEqualTo(file.toString());
            });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"FROZEN", "a\nFROZEN\nb\n", "\n\nFROZEN", "FROZEN\n"})
    void a_line_is_found_wherever_it_stands(String text) throws Exception {
        Path file = Files.writeString(directory.resolve("file"), text);
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine("freezer"))) {
            Program program = new Program();
            program.add("a test", new CgroupOp.AwaitFile(Slot.CWD, file.toString(), "FROZEN", "", 0));
            cgroup.run(program);
        }
    }

    @Test
    void the_text_is_written_again_while_the_line_is_not_there() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "THAWED");
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine("freezer"))) {
            Program program = new Program();
            program.add("a test", new CgroupOp.AwaitFile(Slot.CWD, file.toString(), "FROZEN", "FROZEN", 5000));
            cgroup.run(program);
            assertThat(file).hasContent("FROZEN");
        }
    }
}
