// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.runtime.Covers;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.SpawnedExecutor;
import dev.ipcell.shim.SpawnedExecutor.Stdio;
import dev.ipcell.spec.IntelRdt;
import dev.ipcell.spec.JsonString;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.SourceMap;
import dev.ipcell.spec.SpecReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Classes of service, in a directory that looks like resctrl; few processors have the real one. */
class RdtPlanTest {
    private static final Slot PROCESS = new Slot(0, "process");

    @TempDir
    Path resctrl;

    private SpawnedExecutor spawned;
    private Executor executor;

    @BeforeEach
    void start() throws IOException {
        Path binary = Path.of(Objects.requireNonNull(System.getProperty("ipcell.executor.sanitized")));
        spawned = SpawnedExecutor.start(binary, List.of(), Map.of(), Stdio.NULL, Stdio.INHERIT, Stdio.INHERIT);
        executor = new Executor(spawned.input(), spawned.output());
    }

    @AfterEach
    void end() throws IOException {
        Program program = new Program();
        program.add("a test", new ProcessOp.Unwind());
        program.add("a test", new ProcessOp.Exit(0));
        executor.finish(program);
        assertThat(spawned.waitFor()).isZero();
        spawned.close();
    }

    private Path group(String name, String schemata) throws IOException {
        Path group = Files.createDirectories(resctrl.resolve(name));
        Files.writeString(group.resolve("schemata"), schemata);
        Files.createFile(group.resolve("tasks"));
        return group;
    }

    private RdtPlan plan(String rdt, String mountinfo) throws Exception {
        String config = "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"r\"},\"linux\":{\"intelRdt\":" + rdt + "}}";
        IntelRdt read = Objects.requireNonNull(SpecReader.read(config.getBytes(StandardCharsets.UTF_8))
                        .spec()
                        .linux())
                .intelRdt();
        return Objects.requireNonNull(RdtPlan.of(read, "one", mountinfo));
    }

    private RdtPlan plan(String rdt) throws Exception {
        return plan(rdt, "42 23 0:39 / " + resctrl + " rw,relatime - resctrl resctrl rw\n");
    }

    private List<String> problems(RdtPlan plan) throws IOException, PlanFailedException {
        Program program = new Program();
        plan.lookUp(program);
        return plan.problems(executor.run(Batch.of(program)), new SourceMap(JsonString.of(""))).stream()
                .map(Problem::render)
                .toList();
    }

    @Test
    @Covers({"/linux/intelRdt/closID", "/linux/intelRdt/l3CacheSchema", "/linux/intelRdt/memBwSchema"})
    void a_process_gets_into_a_class_that_is_there() throws Exception {
        Path gold = group("gold", "    L3:0=0f;1=ff\n    MB:0=100;1= 50\n");
        RdtPlan plan = plan("{\"closID\": \"gold\", \"l3CacheSchema\": \"L3:1=ff\", \"memBwSchema\": \"MB:1=50\"}");
        assertThat(problems(plan)).isEmpty();
        Program program = new Program();
        plan.make(program);
        int pid = (int) ProcessHandle.current().pid();
        program.add("a process", new ContainerOp.OpenProcess(PROCESS, pid, 0));
        RdtPlan.enter(program, plan.group(), PROCESS);
        executor.run(Batch.of(program));
        assertThat(gold.resolve("schemata")).content().startsWith("L3:1=ff\nMB:1=50\n");
        assertThat(gold.resolve("tasks")).hasContent(Integer.toString(pid));
        assertThat(plan.group().isOwn()).as("goes with the container").isFalse();
    }

    @Test
    @Covers({"/linux/intelRdt/schemata", "/linux/intelRdt/enableMonitoring"})
    void lines_of_a_schema_are_written_and_the_process_is_watched_by_itself() throws Exception {
        Path gold = group("gold", "L3:0=0f\n");
        Path monitoring = Files.createDirectories(gold.resolve("mon_groups")).resolve("one");
        RdtPlan plan =
                plan("{\"closID\": \"gold\", \"schemata\": [\"L3:0=f\", \"L2:0=1\"], \"enableMonitoring\": true}");
        assertThat(problems(plan)).isEmpty();
        Program program = new Program();
        plan.make(program);
        executor.run(Batch.of(program));
        assertThat(gold.resolve("schemata")).hasContent("L3:0=f\nL2:0=1\n");
        assertThat(monitoring).isDirectory();
        Files.createFile(monitoring.resolve("tasks"));
        Program enter = new Program();
        int pid = (int) ProcessHandle.current().pid();
        enter.add("a process", new ContainerOp.OpenProcess(PROCESS, pid, 0));
        RdtPlan.enter(enter, plan.group(), PROCESS);
        executor.run(Batch.of(enter));
        assertThat(monitoring.resolve("tasks")).hasContent(Integer.toString(pid));
        Files.delete(monitoring.resolve("tasks"));
    }

    @Test
    void a_class_that_is_there_is_not_changed_behind_the_backs_of_those_in_it() throws Exception {
        group("gold", "L3:0=0f\nMB:0=100\n");
        assertThat(problems(
                        plan("{\"closID\": \"gold\", \"l3CacheSchema\": \"L3:0=ff\", \"memBwSchema\": \"MB:0=50\"}")))
                .containsExactly(
                        "/linux/intelRdt/l3CacheSchema: is not what " + resctrl + "/gold/schemata of that class has",
                        "/linux/intelRdt/memBwSchema: is not what " + resctrl + "/gold/schemata of that class has");
    }

    @Test
    void a_class_of_its_own_goes_with_the_container() throws Exception {
        RdtPlan plan = plan("{}");
        assertThat(problems(plan)).isEmpty();
        Program program = new Program();
        plan.make(program);
        executor.run(Batch.of(program));
        assertThat(resctrl.resolve("one")).isDirectory();
        Program back = new Program();
        back.add("a test", new ProcessOp.Unwind());
        executor.run(Batch.of(back));
        assertThat(resctrl.resolve("one")).doesNotExist();
        assertThat(plan.group().isOwn()).isTrue();
    }

    @Test
    void the_default_class_is_the_root() throws Exception {
        group("", "L3:0=f\n");
        RdtPlan plan = plan("{\"closID\": \"/\"}");
        assertThat(problems(plan)).isEmpty();
        assertThat(plan.group().directory()).isEqualTo(resctrl.toString());
        assertThat(plan.group().isOwn()).isFalse();
    }

    @Test
    void a_class_that_is_not_there_needs_a_schema() throws Exception {
        assertThat(problems(plan("{\"closID\": \"gold\"}")))
                .containsExactly("/linux/intelRdt/closID: there is no class of service " + resctrl
                        + "/gold, and no schema to make it from");
        assertThat(problems(plan("{\"closID\": \"gold\", \"schemata\": [\"L2:0=1\"]}")))
                .isEmpty();
    }

    @Test
    void without_resctrl_it_is_refused() throws Exception {
        assertThat(problems(plan("{}", "42 23 0:39 / /resctrl rw - tmpfs resctrl rw\n")))
                .containsExactly(
                        "/linux/intelRdt: needs resctrl, which is not mounted; mount -t resctrl resctrl /sys/fs/resctrl");
    }

    @ParameterizedTest
    @CsvSource({
        "L3:0=f,       true",
        "L3:0=F;1=00f, true",
        "L3: 0 = f,    true",
        "L3:0=7,       false",
        "L3:2=f,       false",
        "L2:0=f,       false",
        "nonsense,     false",
    })
    void a_schema_is_met_by_what_the_file_says_of_its_domains(String schema, boolean met) {
        assertThat(RdtSchema.isMet(schema, "    MB:0=100\n    L3:0=00f;1=f\n")).isEqualTo(met);
    }
}
