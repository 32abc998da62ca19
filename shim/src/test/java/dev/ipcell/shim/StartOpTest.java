// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.ContainerOp.AwaitStart;
import dev.ipcell.shim.ContainerOp.OpenProcess;
import dev.ipcell.shim.ContainerOp.RunHook;
import dev.ipcell.shim.ContainerOp.Start;
import dev.ipcell.shim.linux.Processes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A start by another executor than the one that made the child, which is gone by then, as from one command to the next. */
class StartOpTest {
    private static final int SCHED_IDLE = 5;
    private static final int SCHED_ATTR_SIZE = 48;
    private static final byte[] FIRST_PROCESSOR = {1};
    private static final Slot DIRECTORY = new Slot(4, "directory");
    private static final Slot DESCRIPTORS = new Slot(5, "descriptors");
    private static final Slot FIFO = new Slot(6, "fifo");
    private static final Slot PROCESS = new Slot(8, "process");

    @RegisterExtension
    final ExecutorUnderTest creator = new ExecutorUnderTest();

    @RegisterExtension
    final ExecutorUnderTest starter = new ExecutorUnderTest();

    @TempDir
    Path directory;

    private static DescriptorOp.OpenFd open(Slot slot, Path path, int flags) {
        return new DescriptorOp.OpenFd(slot, Slot.CWD, path.toString(), flags, 0, 0);
    }

    private Path fifo() {
        return directory.resolve("exec.fifo");
    }

    private void makeFifo() throws IOException {
        Hello.Caller caller = creator.hello().caller();
        creator.run(
                open(DIRECTORY, directory, Linux.O_PATH),
                new PathOp.MakeNode(DIRECTORY, "exec.fifo", Linux.S_IFIFO | 0600, 0, 0, caller.uid(), caller.gid()));
    }

    /** A child that does this before it waits for its start; its executor leaves it. */
    private ChildFacts create(List<Op> before, Op... then) throws Exception {
        makeFifo();
        List<Op> program = new ArrayList<>(before);
        program.add(open(DESCRIPTORS, Path.of("/proc/self/fd"), Linux.O_RDONLY | Linux.O_DIRECTORY));
        program.add(open(FIFO, fifo(), Linux.O_PATH));
        program.add(new ChildOp.SyncPoint(Child.READY));
        program.add(new AwaitStart(DESCRIPTORS, FIFO));
        program.addAll(List.of(then));
        return leave(creator.run(Child.of(0, program.toArray(Op[]::new)), Child.AWAITED));
    }

    private ChildFacts leave(ExecutorUnderTest.Outcome outcome) throws Exception {
        String pid = Integer.toString(creator.pid());
        ChildFacts child = ChildFacts.decode(outcome.bytes(0));
        creator.finish(new ProcessOp.Commit(), new ProcessOp.Exit(0));
        while (new Child(child.pid()).status("PPid").equals(pid)) {
            Thread.sleep(2);
        }
        return child;
    }

    private Op[] start(ChildFacts child) {
        return new Op[] {
            new OpenProcess(PROCESS, child.pid(), child.startTime()), new Start(Slot.CWD, fifo().toString(), PROCESS)
        };
    }

    private interface Blow {
        void fall() throws IOException;
    }

    /** Lets the blow fall while START waits, which has by then taken the FIFO's name away. */
    private Thread onceWaiting(Blow blow) {
        return Thread.ofPlatform().start(() -> {
            try {
                while (Files.exists(fifo())) {
                    Thread.sleep(2);
                }
                Thread.sleep(30);
                blow.fall();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** A child that never comes to wait for its start. */
    private ChildFacts createLate() throws Exception {
        makeFifo();
        ProcessOp.Clone sleeps = Child.of(0, new ChildOp.SyncPoint(Child.READY), Child.exec("/bin/sleep", "60"));
        return leave(creator.run(sleeps, Child.AWAITED, new ProcessOp.AwaitExec(Child.SLOT)));
    }

    @Test
    void what_one_has_made_another_starts() throws Exception {
        Path file = directory.resolve("started");
        ChildFacts child = create(List.of(), Child.exec("/bin/sh", "-c", "echo $$ >" + file));
        assertThat(file).doesNotExist();
        starter.run(start(child));
        assertThat(creator.exitCode()).isZero();
        assertThat(file).hasContent(Integer.toString(child.pid()));
    }

    @Test
    void a_program_that_is_not_there_is_told_to_who_starts() throws Exception {
        ChildFacts child = create(List.of(), Child.exec("/nonexistent"));
        assertThat(starter.failure(start(child))).isEqualTo("execve /nonexistent: ENOENT");
        assertThat(creator.exitCode()).isZero();
        assertThat(creator.stderr()).isEmpty();
    }

    @Test
    void what_a_hook_says_is_told_to_who_starts_in_full() throws Exception {
        byte[] state = "{}".getBytes(UTF_8);
        String says = "head -c 399 /dev/zero | tr '\\0' x; exit 7";
        ChildFacts child = create(
                List.of(),
                new RunHook(
                        Slot.NONE,
                        "/bin/sh",
                        List.of("hook", "-c", says),
                        List.of("PATH=/usr/bin:/bin"),
                        state,
                        state,
                        5000),
                Child.exec("/bin/true"));
        assertThat(starter.failure(start(child)))
                .isEqualTo("hook /bin/sh: exit status 7: " + "x".repeat(399) + ": ECANCELED");
        creator.exitCode();
    }

    @Test
    void a_child_that_ends_while_its_start_is_awaited_is_no_process() throws Exception {
        ChildFacts child = createLate();
        Thread blow = onceWaiting(() -> Processes.kill(child.pid(), Linux.SIGKILL));
        assertThat(starter.failure(start(child)))
                .isEqualTo("read the container's process ended before its start: ESRCH");
        blow.join();
        creator.exitCode();
    }

    @Test
    void a_signal_ends_the_waiting_for_a_start() throws Exception {
        ChildFacts child = createLate();
        starter.pid();
        Thread blow = onceWaiting(() -> starter.signal(Linux.SIGTERM));
        starter.failure(start(child));
        blow.join();
        assertThat(starter.lastFailure().kind()).isEqualTo(PlanFailure.Kind.SIGNAL);
        Processes.kill(child.pid(), Linux.SIGKILL);
        creator.exitCode();
    }

    @Test
    void a_planner_that_goes_ends_the_waiting_for_a_start() throws Exception {
        ChildFacts child = createLate();
        starter.run(start(child)[0]);
        Thread blow = onceWaiting(starter::disconnect);
        WireWriter wire = new WireWriter(new ArrayList<>());
        wire.u32(0).u32(0).u32(0).u32(0).steps(List.of(Step.of("start", start(child)[1])));
        starter.socket().write(wire.frame(RawBytes.BATCH));
        assertThat(starter.exitCode()).isEqualTo(1);
        blow.join();
        Processes.kill(child.pid(), Linux.SIGKILL);
        creator.exitCode();
    }

    /** Both are on one processor, and the child gives way to anybody: it writes when nobody is there to read any more. */
    @Test
    void who_starts_and_is_gone_at_once_has_started_all_the_same() throws Exception {
        Path file = directory.resolve("started");
        byte[] idle = new RawBytes()
                .u32(SCHED_ATTR_SIZE)
                .u32(SCHED_IDLE)
                .raw(new byte[SCHED_ATTR_SIZE - 8])
                .done();
        ChildFacts child = create(
                List.of(new SchedulingOp.SetAffinity(Slot.NONE, FIRST_PROCESSOR), new SchedulingOp.SetScheduler(idle)),
                Child.exec("/bin/sh", "-c", "echo yes >" + file));
        awaitSleep(child);
        Process gone = new ProcessBuilder("python3", "-c", """
                import os, sys
                os.sched_setaffinity(0, {0})
                os.close(os.open(sys.argv[1], os.O_RDONLY | os.O_NONBLOCK))
                """, fifo().toString()).start();
        assertThat(gone.waitFor()).isZero();
        assertThat(creator.exitCode()).isZero();
        assertThat(file).hasContent("yes");
    }

    /** Until it stands still in open(2). */
    private static void awaitSleep(ChildFacts child) throws Exception {
        while (!new Child(child.pid()).status("State").startsWith("S")) {
            Thread.sleep(2);
        }
    }
}
