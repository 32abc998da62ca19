// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.ChildOp.SetSid;
import dev.ipcell.shim.ProcessOp.Supervise;
import dev.ipcell.shim.TerminalOp.OpenPty;
import dev.ipcell.shim.TerminalOp.UseStreams;
import dev.ipcell.shim.TerminalOp.UseTerminal;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Operations on pseudo-terminals, and a supervised process that has one. */
@Tag("root")
class TerminalOpTest {
    private static final Slot MASTER = new Slot(0, "master");
    private static final Slot SLAVE = new Slot(1, "slave");
    private static final Slot EMPTY = new Slot(7, "empty");
    private static final String PTMX = "/dev/pts/ptmx";
    private static final Op OPEN = new OpenPty(MASTER, SLAVE, PTMX, 12, 34, 0);

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    private static Op[] shellOnTerminal(String script) {
        return new Op[] {
            OPEN,
            Child.of(0, new SetSid(), new UseTerminal(SLAVE), Child.exec("/bin/sh", "-c", script)),
            new DescriptorOp.CloseFd(SLAVE),
            new ProcessOp.AwaitExec(Child.SLOT)
        };
    }

    private void supervise() throws Exception {
        executor.finish(new Supervise(Child.SLOT, Supervise.FORWARD_SIGNALS, MASTER), new ProcessOp.ExitAs(Child.SLOT));
    }

    @Test
    @Shows(OpenPty.class)
    void open_pty_opens_both_ends_of_a_new_terminal() throws Exception {
        var outcome = executor.run(OPEN, new DescriptorOp.FdPath(MASTER), new DescriptorOp.FdPath(SLAVE));
        assertThat(outcome.text(1)).isEqualTo(PTMX);
        assertThat(outcome.text(2)).matches("/dev/pts/\\d+");
        executor.run(new DescriptorOp.Verify(SLAVE, Linux.S_IFCHR, 136, Linux.ANY, 0));
    }

    @Test
    void open_pty_switches_off_the_output_modes_that_are_named() throws Exception {
        int onlcr = 4;
        Op[] ops = shellOnTerminal("echo line");
        ops[0] = new OpenPty(MASTER, SLAVE, PTMX, 12, 34, onlcr);
        executor.run(ops);
        supervise();
        assertThat(executor.exitCode()).isZero();
        assertThat(executor.stdout()).isEqualTo("line\n");
    }

    @Test
    @Fails(OpenPty.class)
    void open_pty_opens_nothing_that_is_no_terminal_and_follows_no_link() throws Exception {
        assertThat(executor.failure(new OpenPty(MASTER, SLAVE, "/dev/null", 0, 0, 0)))
                .isEqualTo("ioctl(TIOCSPTLCK) /dev/null: ENOTTY");
        Path link = Files.createSymbolicLink(directory.resolve("ptmx"), Path.of(PTMX));
        assertThat(executor.failure(new OpenPty(MASTER, SLAVE, link.toString(), 0, 0, 0)))
                .isEqualTo("openat2 " + link + ": ELOOP");
        Files.delete(link);
        assertThat(executor.failure(new DescriptorOp.FdPath(MASTER))).isEqualTo("slot an empty slot: EBADF");
    }

    @Test
    @Shows(UseTerminal.class)
    void use_terminal_makes_it_the_controlling_one_and_the_standard_streams() throws Exception {
        executor.run(
                shellOnTerminal("tty; stty size; test -t 0 -a -t 1 -a -t 2 && echo all; echo c >/dev/tty; exit 5"));
        supervise();
        assertThat(executor.exitCode()).isEqualTo(5);
        assertThat(executor.stdout()).matches("/dev/pts/\\d+\r\n12 34\r\nall\r\nc\r\n");
    }

    @Test
    @Fails(UseTerminal.class)
    void use_terminal_needs_a_terminal_and_a_session_to_lead() throws Exception {
        assertThat(executor.failure(new UseTerminal(EMPTY))).isEqualTo("slot an empty slot: EBADF");
        assertThat(Child.failure(executor, 0, OPEN, new UseTerminal(SLAVE)))
                .isEqualTo("child: ioctl(TIOCSCTTY): EPERM");
        Op opens = new DescriptorOp.OpenFd(SLAVE, Slot.CWD, "/dev/null", Linux.O_RDWR, 0, 0);
        assertThat(Child.failure(executor, 0, opens, new SetSid(), new UseTerminal(SLAVE)))
                .isEqualTo("child: ioctl(TIOCSCTTY): ENOTTY");
    }

    @Test
    @Shows(UseStreams.class)
    void use_streams_makes_three_files_the_standard_streams() throws Exception {
        Path out = directory.resolve("out");
        Path err = directory.resolve("err");
        Slot in = new Slot(30, "in");
        Slot outSlot = new Slot(31, "out");
        Slot errSlot = new Slot(32, "err");
        Path input = Files.writeString(directory.resolve("in"), "given\n");
        int create = Linux.O_WRONLY | Linux.O_CREAT;
        executor.run(
                new DescriptorOp.OpenFd(in, Slot.CWD, input.toString(), Linux.O_RDONLY, 0, 0),
                new DescriptorOp.OpenFd(outSlot, Slot.CWD, out.toString(), create, 0600, 0),
                new DescriptorOp.OpenFd(errSlot, Slot.CWD, err.toString(), create, 0600, 0),
                Child.of(0, new UseStreams(in, outSlot, errSlot), Child.exec("/bin/sh", "-c", "cat; echo e >&2")),
                new ProcessOp.AwaitExec(Child.SLOT));
        executor.finish(
                new Supervise(Child.SLOT, Supervise.FORWARD_SIGNALS, Slot.NONE), new ProcessOp.ExitAs(Child.SLOT));
        assertThat(executor.exitCode()).isZero();
        assertThat(executor.stdout()).isEmpty();
        assertThat(out).hasContent("given\n");
        assertThat(err).hasContent("e\n");
    }

    @Test
    @Fails(UseStreams.class)
    void use_streams_needs_three_open_files() throws Exception {
        assertThat(executor.failure(new UseStreams(EMPTY, EMPTY, EMPTY))).isEqualTo("slot an empty slot: EBADF");
    }

    @Test
    void a_supervised_terminal_takes_input_up_to_its_end() throws Exception {
        executor.run(shellOnTerminal("stty -echo; echo ready; while read line; do echo \"got $line\"; done; exit 6"));
        supervise();
        while (!executor.stdout().contains("ready")) {
            Thread.sleep(5);
        }
        try (var stdin = executor.stdin()) {
            stdin.write("one\ntwo".getBytes(UTF_8));
        }
        assertThat(executor.exitCode()).isEqualTo(6);
        assertThat(executor.stdout()).startsWith("ready\r\ngot one\r\n");
    }

    @Test
    void everything_that_was_written_to_a_terminal_comes_out() throws Exception {
        executor.run(shellOnTerminal("i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done"));
        supervise();
        assertThat(executor.exitCode()).isZero();
        assertThat(executor.stdout().lines()).hasSize(20_000).last().isEqualTo("line 19999");
    }
}
