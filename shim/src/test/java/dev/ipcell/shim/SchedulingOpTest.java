// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.SchedulingOp.JoinKeyring;
import dev.ipcell.shim.SchedulingOp.SetAffinity;
import dev.ipcell.shim.SchedulingOp.SetIoPriority;
import dev.ipcell.shim.SchedulingOp.SetMemoryPolicy;
import dev.ipcell.shim.SchedulingOp.SetPersonality;
import dev.ipcell.shim.SchedulingOp.SetScheduler;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Operations on what a process keeps across execve(2). */
@Tag("root")
class SchedulingOpTest {
    private static final int SCHED_BATCH = 3;
    private static final int SCHED_ATTR_SIZE = 48;
    private static final int BEST_EFFORT_LEVEL_6 = 2 << 13 | 6;
    private static final int ADDR_NO_RANDOMIZE = 0x0040000;
    private static final int MPOL_INTERLEAVE = 3;

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    private static byte[] attributes(int policy, int nice) {
        RawBytes attributes =
                new RawBytes().u32(SCHED_ATTR_SIZE).u32(policy).u32(0).u32(0).u32(nice);
        return attributes.raw(new byte[SCHED_ATTR_SIZE - 20]).done();
    }

    private static String output(String... command) throws Exception {
        Process process = new ProcessBuilder(command).start();
        return new String(process.getInputStream().readAllBytes(), UTF_8);
    }

    @Test
    @Shows({SetScheduler.class, SetIoPriority.class})
    void the_scheduler_and_the_priority_of_input_and_output_are_set() throws Exception {
        Child child = Child.start(
                executor, 0, new SetScheduler(attributes(SCHED_BATCH, 4)), new SetIoPriority(BEST_EFFORT_LEVEL_6));
        assertThat(output("chrt", "-p", Integer.toString(child.pid()))).contains("SCHED_BATCH");
        String[] afterName =
                Files.readString(child.proc("stat")).split("\\) ", 2)[1].split(" ", -1);
        assertThat(afterName[19 - 3]).as("nice").isEqualTo("4");
        assertThat(output("ionice", "-p", Integer.toString(child.pid()))).isEqualTo("best-effort: prio 6\n");
    }

    @Test
    @Fails({SetScheduler.class, SetIoPriority.class})
    void a_scheduler_or_a_priority_that_is_none_is_refused() throws Exception {
        assertThat(executor.failure(new SetScheduler(attributes(99, 0)))).isEqualTo("sched_setattr: EINVAL");
        assertThat(executor.failure(new SetScheduler(new byte[SCHED_ATTR_SIZE - 1])))
                .isEqualTo("sched_setattr: EINVAL");
        assertThat(executor.failure(new SetIoPriority(7 << 13))).isEqualTo("ioprio_set: EINVAL");
    }

    @Test
    @Shows(SetPersonality.class)
    void the_personality_is_set() throws Exception {
        Child child = Child.start(executor, 0, new SetPersonality(ADDR_NO_RANDOMIZE));
        assertThat(child.proc("personality")).hasContent("00040000");
    }

    @Test
    @Shows(SetMemoryPolicy.class)
    void the_memory_policy_is_set() throws Exception {
        Child child = Child.start(executor, 0, new SetMemoryPolicy(MPOL_INTERLEAVE, new byte[] {1}));
        assertThat(Files.readString(child.proc("numa_maps"))).contains(" interleave:0 ");
        Child none = Child.start(
                executor, 0, new SetMemoryPolicy(MPOL_INTERLEAVE, new byte[] {1}), new SetMemoryPolicy(0, new byte[0]));
        assertThat(Files.readString(none.proc("numa_maps"))).doesNotContain("interleave");
    }

    @Test
    @Fails(SetMemoryPolicy.class)
    void a_memory_policy_needs_a_mode_and_nodes_that_there_are() throws Exception {
        byte[] node1000 = new byte[126];
        node1000[125] = 1;
        assertThat(executor.failure(new SetMemoryPolicy(999, new byte[] {1}))).isEqualTo("set_mempolicy: EINVAL");
        assertThat(executor.failure(new SetMemoryPolicy(MPOL_INTERLEAVE, node1000)))
                .isEqualTo("set_mempolicy: EINVAL");
    }

    @Test
    @Shows(SetAffinity.class)
    void the_processors_are_those_of_the_mask() throws Exception {
        Child child = Child.start(executor, 0);
        executor.run(new SetAffinity(Child.SLOT, new byte[] {1}));
        assertThat(child.status("Cpus_allowed_list")).isEqualTo("0");
        executor.run(new SetAffinity(Slot.NONE, new byte[] {1}));
        assertThat(Files.readString(executor.proc("status"))).containsPattern("Cpus_allowed_list:\\s+0\n");
    }

    @Test
    @Fails(SetAffinity.class)
    void a_mask_has_processors_that_there_are() throws Exception {
        byte[] tooLong = new byte[5000];
        tooLong[4999] = 1;
        for (byte[] none : List.of(new byte[0], new byte[8], tooLong)) {
            assertThat(executor.failure(new SetAffinity(Slot.NONE, none))).isEqualTo("sched_setaffinity: EINVAL");
        }
        assertThat(executor.failure(new SetAffinity(new Slot(9, "nobody"), new byte[] {1})))
                .isEqualTo("sched_setaffinity: ESRCH");
    }

    @Test
    @Shows(JoinKeyring.class)
    void the_session_has_a_keyring_of_its_own() throws Exception {
        executor.run(new JoinKeyring("ipcell-test"));
        executor.run(Child.of(0, Child.exec("/bin/cat", "/proc/keys")), new ProcessOp.AwaitExec(Child.SLOT));
        executor.finish(new ProcessOp.Supervise(Child.SLOT, 0, Slot.NONE), new ProcessOp.Exit(0));
        executor.exitCode();
        assertThat(executor.stdout()).contains("keyring   ipcell-test");
    }

    @Test
    @Fails(JoinKeyring.class)
    void a_keyring_has_no_name_of_the_kernel_s_own() throws Exception {
        assertThat(executor.failure(new JoinKeyring(".kernel"))).isEqualTo("keyctl .kernel: EPERM");
    }
}
