// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.ContainerOp.OpenProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What the kernel says of a process, when the process makes that hard to read. */
class ProcessFactsOpTest {
    private static final Slot OTHER = new Slot(4, "other");

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    private ProcessFacts facts(ChildFacts child) throws Exception {
        return ProcessFacts.decode(executor.run(new OpenProcess(OTHER, child.pid(), child.startTime()))
                .bytes(0));
    }

    @Test
    void a_process_that_nobody_has_waited_for_has_ended() throws Exception {
        ChildFacts child = ChildFacts.decode(executor.run(Child.shell("exit 0")).bytes(0));
        while (!new Child(child.pid()).status("State").startsWith("Z")) {
            Thread.sleep(2);
        }
        assertThat(facts(child).hasEnded()).isTrue();
    }

    @Test
    void a_name_cannot_stand_for_a_state_or_a_start_time() throws Exception {
        Op ready = new ChildOp.SyncPoint(Child.READY);
        Op waits = new ChildOp.AwaitParent(Child.READY);
        ProcessOp.Clone clone =
                new ProcessOp.Clone(Child.SLOT, 0, Slot.NONE, "a) Z 1 2 3 (b) ", Child.program(ready, waits));
        ChildFacts child = ChildFacts.decode(executor.run(clone, Child.AWAITED).bytes(0));
        assertThat(new Child(child.pid()).proc("comm")).hasContent("a) Z 1 2 3 (b) ");
        // It may not have come to its waiting yet.
        assertThat(facts(child))
                .isIn(new ProcessFacts('S', child.startTime()), new ProcessFacts('R', child.startTime()));
        assertThat(executor.failure(new OpenProcess(OTHER, child.pid(), child.startTime() + 1)))
                .isEqualTo("pidfd_open the number is another process's now: ESRCH");
    }
}
