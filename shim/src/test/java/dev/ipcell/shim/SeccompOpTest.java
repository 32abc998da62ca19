// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.CredentialOp.SetCaps;
import dev.ipcell.shim.CredentialOp.SetSeccomp;
import dev.ipcell.shim.linux.Errno;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** System call filters, loaded now or by EXEC. */
@Tag("root")
class SeccompOpTest {
    private static final int NEW_LISTENER = 8;
    private static final int RET_ALLOW = 0x7fff_0000;
    private static final int RET_ERRNO = 0x0005_0000;
    private static final boolean AMD64 = "amd64".equals(System.getProperty("os.arch"));
    private static final int MKDIRAT = AMD64 ? 258 : 34;
    private static final int MKDIR = AMD64 ? 83 : MKDIRAT;
    private static final Slot SLOT = new Slot(0, "slot");
    private static final Op NO_NEW_PRIVILEGES = new ProcessOp.Prctl(Linux.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    private static final Op AWAIT_EXEC = new ProcessOp.AwaitExec(Child.SLOT);

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    /** As filter.h has it: load the call's number; if it is one of the two: an error, else: go on. */
    private static byte[] noDirectories() {
        RawBytes program = new RawBytes().u16(0x20).u16(0).u32(0);
        program.u16(0x15).u16(0x0001).u32(MKDIR).u16(0x15).u16(0x0100).u32(MKDIRAT);
        return program.u16(0x06)
                .u16(0)
                .u32(RET_ERRNO | Errno.ENOSPC)
                .raw(allow())
                .done();
    }

    private static byte[] allow() {
        return new RawBytes().u16(0x06).u16(0).u32(RET_ALLOW).done();
    }

    private static SetSeccomp now(byte[] program) {
        return new SetSeccomp(0, program, Slot.NONE, false);
    }

    private static SetSeccomp atExec(byte[] program) {
        return new SetSeccomp(0, program, Slot.NONE, true);
    }

    @Test
    @Shows(SetSeccomp.class)
    void a_filter_decides_about_what_comes_after_it() throws Exception {
        Path made = directory.resolve("made");
        Op makes = new PathOp.MakeDir(Slot.CWD, made.toString(), 0700, 0);
        assertThat(Child.failure(executor, 0, NO_NEW_PRIVILEGES, now(noDirectories()), makes))
                .isEqualTo("child: mkdir " + made + ": ENOSPC");
        Child child = Child.start(executor, 0, NO_NEW_PRIVILEGES, makes, now(noDirectories()));
        assertThat(child.status("Seccomp")).isEqualTo("2");
        assertThat(made).exists();
    }

    @Test
    void a_filter_can_be_left_to_exec() throws Exception {
        Path made = directory.resolve("made");
        executor.run(
                Child.of(
                        0,
                        NO_NEW_PRIVILEGES,
                        atExec(noDirectories()),
                        new PathOp.MakeDir(Slot.CWD, made.toString(), 0700, 0),
                        Child.exec("/bin/mkdir", made + "/below")),
                AWAIT_EXEC);
        executor.finish(new ProcessOp.Supervise(Child.SLOT, 0, Slot.NONE), new ProcessOp.ExitAs(Child.SLOT));
        assertThat(executor.exitCode()).isEqualTo(1);
        assertThat(executor.stderr()).contains("No space left on device");
        assertThat(made).isEmptyDirectory();
    }

    @Test
    void a_program_that_is_not_there_is_told_although_a_filter_waits() throws Exception {
        assertThat(executor.failure(
                        Child.of(0, NO_NEW_PRIVILEGES, atExec(allow()), Child.exec("/nonexistent")), AWAIT_EXEC))
                .isEqualTo("child: execve /nonexistent: ENOENT");
        assertThat(executor.failure(
                        Child.of(0, new SetCaps(0, 0, 0), atExec(allow()), Child.exec("/bin/true")), AWAIT_EXEC))
                .isEqualTo("child: seccomp SECCOMP_SET_MODE_FILTER: EACCES");
    }

    @Test
    void the_listener_of_a_filter_comes_into_its_slot() throws Exception {
        var outcome = executor.run(
                Child.waiting(0, new SetSeccomp(NEW_LISTENER, allow(), SLOT, false), new ChildOp.SendFd(SLOT, SLOT)),
                Child.AWAITED,
                new DescriptorOp.FdPath(SLOT));
        assertThat(outcome.text(2)).isEqualTo("anon_inode:seccomp notify");
    }

    @Test
    @Fails(SetSeccomp.class)
    void a_filter_that_the_kernel_or_the_rules_refuse_is_not_loaded() throws Exception {
        for (int size : new int[] {0, 9, 8 * 4097}) {
            assertThat(Child.failure(executor, 0, now(new byte[size])))
                    .isEqualTo("child: seccomp a program of that size: EINVAL");
        }
        assertThat(Child.failure(executor, 0, now(new byte[8])))
                .isEqualTo("child: seccomp SECCOMP_SET_MODE_FILTER: EINVAL");
        assertThat(Child.failure(executor, 0, new SetCaps(0, 0, 0), now(allow())))
                .isEqualTo("child: seccomp SECCOMP_SET_MODE_FILTER: EACCES");
    }

    @Test
    void a_listener_needs_a_slot_and_cannot_wait() throws Exception {
        String listener = "child: seccomp what to do with the listener: EINVAL";
        assertThat(Child.failure(executor, 0, new SetSeccomp(NEW_LISTENER, allow(), Slot.NONE, false)))
                .isEqualTo(listener);
        assertThat(Child.failure(executor, 0, new SetSeccomp(0, allow(), SLOT, false)))
                .isEqualTo(listener);
        assertThat(Child.failure(executor, 0, new SetSeccomp(NEW_LISTENER, allow(), SLOT, true)))
                .isEqualTo(listener);
        assertThat(Child.failure(executor, 0, atExec(allow()), atExec(allow())))
                .isEqualTo("child: seccomp another filter waits for exec: EBUSY");
    }

    @Test
    void the_executor_itself_takes_no_filter() throws Exception {
        assertThat(executor.failure(now(allow()))).isEqualTo("decode an operation on the wrong side: EPROTO");
    }
}
