// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.ContainerOp.AwaitStart;
import dev.ipcell.shim.ContainerOp.ListDir;
import dev.ipcell.shim.ContainerOp.OpenProcess;
import dev.ipcell.shim.ContainerOp.SendSocket;
import dev.ipcell.shim.ContainerOp.Start;
import dev.ipcell.shim.ContainerOp.WriteProc;
import dev.ipcell.shim.linux.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Operations on a container that is there already. */
class ContainerOpTest {
    private static final Slot OTHER = new Slot(4, "other");
    private static final Slot DESCRIPTORS = new Slot(5, "descriptors");
    private static final Slot FIFO = new Slot(6, "fifo");
    private static final Slot EMPTY = new Slot(7, "empty");

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    private static DescriptorOp.OpenFd open(Slot slot, Path path, int flags) {
        return new DescriptorOp.OpenFd(slot, Slot.CWD, path.toString(), flags, 0, 0);
    }

    private Path fifo() throws Exception {
        Hello.Caller caller = executor.hello().caller();
        executor.run(
                open(OTHER, directory, Linux.O_PATH),
                new PathOp.MakeNode(OTHER, "exec.fifo", Linux.S_IFIFO | 0600, 0, 0, caller.uid(), caller.gid()));
        return directory.resolve("exec.fifo");
    }

    /** A child that waits to be started, and then does this. */
    private void create(Path fifo, Op... then) throws Exception {
        List<Op> program = new ArrayList<>(List.of(
                open(DESCRIPTORS, Path.of("/proc/self/fd"), Linux.O_RDONLY | Linux.O_DIRECTORY),
                open(FIFO, fifo, Linux.O_PATH),
                new ChildOp.SyncPoint(Child.READY),
                new AwaitStart(DESCRIPTORS, FIFO)));
        program.addAll(List.of(then));
        executor.run(Child.of(0, program.toArray(Op[]::new)), Child.AWAITED);
    }

    private static Start start(Path fifo) {
        return new Start(Slot.CWD, fifo.toString(), Child.SLOT);
    }

    @Test
    @Shows({Start.class, AwaitStart.class})
    void a_child_waits_for_its_start_and_then_becomes_its_program() throws Exception {
        Path fifo = fifo();
        Path file = directory.resolve("started");
        create(fifo, Child.exec("/bin/sh", "-c", "echo yes >" + file + "; exit 3"));
        Thread.sleep(50);
        assertThat(file).doesNotExist();
        executor.run(start(fifo));
        assertThat(fifo).doesNotExist();
        executor.finish(new ProcessOp.Supervise(Child.SLOT, 0, Slot.NONE), new ProcessOp.ExitAs(Child.SLOT));
        assertThat(executor.exitCode()).isEqualTo(3);
        assertThat(file).hasContent("yes");
    }

    @Test
    void what_fails_after_the_start_is_told_to_who_started() throws Exception {
        Path fifo = fifo();
        create(fifo, Child.exec("/nonexistent"));
        assertThat(executor.failure(start(fifo))).isEqualTo("execve /nonexistent: ENOENT");
    }

    @Test
    @Fails(Start.class)
    void only_a_child_that_waits_can_be_started() throws Exception {
        Path fifo = fifo();
        assertThat(executor.failure(start(fifo))).isEqualTo("read no such process: ESRCH");
        Child.start(executor, 0);
        Path missing = directory.resolve("missing");
        assertThat(executor.failure(start(missing))).isEqualTo("openat2 " + missing + ": ENOENT");
        Processes.kill(Child.start(executor, 0).pid(), Linux.SIGKILL);
        assertThat(executor.failure(start(fifo)))
                .isEqualTo("read the container's process ended before its start: ESRCH");
    }

    @Test
    @Fails(AwaitStart.class)
    void a_child_waits_only_at_a_fifo() throws Exception {
        Op descriptors = open(DESCRIPTORS, Path.of("/proc/self/fd"), Linux.O_RDONLY | Linux.O_DIRECTORY);
        assertThat(Child.failure(executor, 0, descriptors, new AwaitStart(DESCRIPTORS, EMPTY)))
                .isEqualTo("child: slot an empty slot: EBADF");
        assertThat(Child.failure(
                        executor,
                        0,
                        descriptors,
                        open(FIFO, directory, Linux.O_PATH),
                        new AwaitStart(DESCRIPTORS, FIFO)))
                .isEqualTo("child: open exec.fifo: EISDIR");
    }

    @Test
    @Shows(OpenProcess.class)
    void a_process_is_opened_by_number_and_start_time() throws Exception {
        Process sleeps = new ProcessBuilder("sleep", "60").start();
        try {
            int pid = (int) sleeps.pid();
            ProcessFacts facts = ProcessFacts.decode(
                    executor.run(new OpenProcess(OTHER, pid, 0)).bytes(0));
            assertThat(facts.hasEnded()).isFalse();
            executor.run(
                    new OpenProcess(OTHER, pid, facts.startTime()), new ProcessOp.Kill(OTHER, Linux.SIGTERM, 5000));
            assertThat(sleeps.waitFor()).isEqualTo(143);
        } finally {
            sleeps.destroyForcibly();
        }
    }

    /** So it is in the guardian's eyes if the executor was killed while it made the process. */
    @Test
    void a_process_whose_descriptor_is_none_has_nothing_to_be_killed() throws Exception {
        Process sleeps = new ProcessBuilder("sleep", "60").start();
        try {
            executor.run(new OpenProcess(OTHER, (int) sleeps.pid(), 0));
            int descriptor = descriptorOf("anon_inode:[pidfd]");
            executor.run(new DescriptorOp.CloseRange(descriptor, descriptor, 0));
            executor.run(new ProcessOp.Kill(OTHER, Linux.SIGTERM, 0));
            assertThat(sleeps.isAlive()).isTrue();
        } finally {
            sleeps.destroyForcibly();
        }
    }

    private int descriptorOf(String kind) throws IOException {
        try (Stream<Path> descriptors = Files.list(executor.proc("fd"))) {
            for (Path descriptor : (Iterable<Path>) descriptors::iterator) {
                if (Files.readSymbolicLink(descriptor).toString().equals(kind)) {
                    return Integer.parseInt(descriptor.getFileName().toString());
                }
            }
        }
        throw new AssertionError("no " + kind);
    }

    @Test
    void the_start_time_is_that_which_the_clone_told() throws Exception {
        ChildFacts child =
                ChildFacts.decode(executor.run(Child.waiting(0), Child.AWAITED).bytes(0));
        assertThat(child.startTime()).isPositive();
        executor.run(new OpenProcess(OTHER, child.pid(), child.startTime()));
    }

    @Test
    @Fails(OpenProcess.class)
    void a_number_that_has_passed_to_another_process_is_no_process() throws Exception {
        assertThat(executor.failure(new OpenProcess(OTHER, executor.pid(), 1)))
                .isEqualTo("pidfd_open the number is another process's now: ESRCH");
        Process ended = new ProcessBuilder("true").start();
        ended.waitFor();
        for (int none : new int[] {(int) ended.pid(), 0, -1, Integer.MIN_VALUE}) {
            assertThat(executor.failure(new OpenProcess(OTHER, none, 0))).isEqualTo("pidfd_open: ESRCH");
        }
        assertThat(executor.failure(new DescriptorOp.FdPath(OTHER))).isEqualTo("slot an empty slot: EBADF");
    }

    @Test
    @Shows(ListDir.class)
    void the_names_in_a_directory_are_listed() throws Exception {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            names.add("a-rather-long-name-of-a-file-" + i);
            Files.createFile(directory.resolve(names.get(i)));
        }
        String listed =
                executor.run(new ListDir(Slot.CWD, directory.toString(), 0)).text(0);
        assertThat(listed.replace('\0', '\n').lines()).containsExactlyInAnyOrderElementsOf(names);
    }

    @Test
    void an_empty_directory_has_no_names() throws Exception {
        assertThat(executor.run(new ListDir(Slot.CWD, directory.toString(), 0)).bytes(0))
                .isEmpty();
    }

    @Test
    void the_directories_below_one_are_listed_at_any_depth() throws Exception {
        Files.createDirectories(directory.resolve("a/b/.c"));
        Files.createDirectories(directory.resolve("d"));
        Files.createFile(directory.resolve("a/file"));
        Files.createSymbolicLink(directory.resolve("d/link"), directory.resolve("a"));
        ListDir list = new ListDir(Slot.CWD, directory.toString(), ListDir.DIRECTORIES_BELOW);
        assertThat(executor.run(list).text(0).split("\0", -1)).containsExactlyInAnyOrder("a", "d", "a/b", "a/b/.c", "");
    }

    @Test
    void more_directories_than_fit_in_the_list_are_too_many() throws Exception {
        Path deep = directory;
        for (int i = 0; i < 15; i++) {
            deep = Files.createDirectory(deep.resolve("long-".repeat(50)));
        }
        for (int i = 0; i < 300; i++) {
            Files.createDirectory(deep.resolve("x" + i));
        }
        ListDir list = new ListDir(Slot.CWD, directory.toString(), ListDir.DIRECTORIES_BELOW);
        assertThat(executor.failure(list)).isEqualTo("getdents64 " + directory + ": EFBIG");
    }

    @Test
    @Fails(ListDir.class)
    void only_directories_are_listed() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        assertThat(executor.failure(new ListDir(Slot.CWD, file.toString(), 0)))
                .isEqualTo("openat2 " + file + ": ENOTDIR");
    }

    @Tag("root")
    @Test
    @Shows(WriteProc.class)
    void a_file_of_the_process_is_written() throws Exception {
        executor.run(
                Child.waiting(0),
                Child.AWAITED,
                new WriteProc(Child.SLOT, "oom_score_adj", "500".getBytes(UTF_8)),
                new WriteProc(Slot.NONE, "oom_score_adj", "400".getBytes(UTF_8)));
        ProcessHandle child = ProcessHandle.of(executor.pid())
                .orElseThrow()
                .children()
                .findFirst()
                .orElseThrow();
        assertThat(Path.of("/proc/" + child.pid(), "oom_score_adj")).hasContent("500");
        assertThat(executor.proc("oom_score_adj")).hasContent("400");
    }

    @Test
    @Fails(WriteProc.class)
    void a_file_of_the_process_that_cannot_be_written_is_named() throws Exception {
        assertThat(executor.failure(new WriteProc(Slot.NONE, "missing", new byte[1])))
                .isEqualTo("open /proc/self/missing: ENOENT");
        assertThat(executor.failure(new WriteProc(Slot.NONE, "oom_score_adj", "x".getBytes(UTF_8))))
                .isEqualTo("write /proc/self/oom_score_adj: EINVAL");
        assertThat(executor.failure(new WriteProc(EMPTY, "oom_score_adj", new byte[1])))
                .isEqualTo("write oom_score_adj: ESRCH");
    }

    @Test
    @Shows(SendSocket.class)
    void a_descriptor_goes_to_who_listens_at_a_socket() throws Exception {
        // Longer than an address has room for.
        Path deep = Files.createDirectories(directory.resolve("d".repeat(120)));
        Path socket = deep.resolve("socket");
        Process listener = new ProcessBuilder("python3", "-c", """
                import os, socket
                s = socket.socket(socket.AF_UNIX)
                s.bind("socket")
                s.listen()
                c, _ = s.accept()
                said, fds, _, _ = socket.recv_fds(c, 100, 1)
                print(said.decode(), os.readlink(f"/proc/self/fd/{fds[0]}"))
                """)
                .directory(deep.toFile())
                .start();
        while (!Files.exists(socket) && listener.isAlive()) {
            Thread.sleep(5);
        }
        Thread.sleep(50); // bind(2) and then listen(2)
        executor.run(
                open(OTHER, Path.of("/dev/null"), Linux.O_RDWR),
                new SendSocket(OTHER, Slot.CWD, socket.toString(), "/dev/pts/ptmx"));
        assertThat(new String(listener.getInputStream().readAllBytes(), UTF_8)).isEqualTo("/dev/pts/ptmx /dev/null\n");
    }

    @Test
    @Fails(SendSocket.class)
    void a_socket_where_nobody_listens_is_a_failure() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        executor.run(open(OTHER, file, Linux.O_RDONLY));
        assertThat(executor.failure(new SendSocket(OTHER, Slot.CWD, file.toString(), "x")))
                .isEqualTo("connect " + file + ": ECONNREFUSED");
        assertThat(executor.failure(new SendSocket(OTHER, Slot.CWD, file + "-missing", "x")))
                .isEqualTo("openat2 " + file + "-missing: ENOENT");
        assertThat(executor.failure(new SendSocket(EMPTY, Slot.CWD, file.toString(), "x")))
                .isEqualTo("slot an empty slot: EBADF");
    }
}
