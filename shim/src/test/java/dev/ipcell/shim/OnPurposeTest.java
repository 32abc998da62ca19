// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.linux.Errno;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Failures made on purpose; some operations have no others. */
class OnPurposeTest {
    private static final String EXPECTED = "fault made on purpose: EIO";

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    private Fault failing(int after) throws Exception {
        return new Fault(executor.nextId() + after, Fault.Action.FAIL, Errno.EIO);
    }

    @Test
    @Fails({
        DescriptorOp.CloseFd.class,
        ProcessOp.Guard.class,
        ProcessOp.Commit.class,
        ProcessOp.Unwind.class,
        ProcessOp.Exit.class,
        CredentialOp.Umask.class,
        SchedulingOp.SetPersonality.class
    })
    void an_operation_that_cannot_fail_by_itself_is_failed() throws Exception {
        List<Op> ops = List.of(
                new DescriptorOp.CloseFd(new Slot(0, "slot")),
                new ProcessOp.Guard(),
                new ProcessOp.Commit(),
                new ProcessOp.Unwind(),
                new ProcessOp.Exit(0),
                new CredentialOp.Umask(0),
                new SchedulingOp.SetPersonality(0));
        for (Op op : ops) {
            assertThat(executor.failure(List.of(Step.of("test", op)), failing(0)))
                    .isEqualTo(EXPECTED);
        }
    }

    @Test
    @Fails(ChildOp.SyncPoint.class)
    void an_operation_of_the_child_is_failed() throws Exception {
        List<Step> steps = List.of(Step.of("test", Child.waiting(0)), Step.of("test", Child.AWAITED));
        assertThat(executor.failure(steps, failing(1))).isEqualTo("child: " + EXPECTED);
    }

    @Test
    void only_the_operation_with_the_number_fails() throws Exception {
        Step passes = Step.of("test", new CredentialOp.Umask(0));
        Step fails = Step.of("test", new CredentialOp.Umask(0));
        assertThat(executor.failure(List.of(passes, fails, passes), failing(1))).isEqualTo(EXPECTED);
        assertThat(executor.lastFailure().step()).isSameAs(fails);
    }
}
