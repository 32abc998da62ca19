// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ipcell.shim.linux.Fd;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** The executor in a sealed copy of itself: what a container could get hold of is not what the host runs next time. */
class SealTest {
    private static final Path NEXT_TIME = Path.of("/proc/self/exe");

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    /** As CVE-2019-5736 does it: get hold of the running file, wait until it is no longer running, and write. */
    private void overwriteAfterItsEnd(Fd held) throws Exception {
        executor.end();
        try (FileChannel file = FileChannel.open(held.procPath(), StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap("#!/bin/evil".getBytes(UTF_8)));
        }
    }

    private Path startCopy() throws IOException {
        Path copy = directory.resolve("ipcell");
        Files.copy(ExecutorUnderTest.SANITIZED, copy, StandardCopyOption.COPY_ATTRIBUTES);
        executor.start(copy, Map.of());
        return copy;
    }

    @Test
    void without_a_seal_the_executor_s_file_could_be_overwritten() throws Exception {
        Path copy = startCopy();
        executor.run(new FileOp.Stat(Slot.CWD, NEXT_TIME.toString(), 0));
        try (Fd held = Fd.open(executor.proc("exe"), Fd.O_PATH)) {
            overwriteAfterItsEnd(held);
        }
        assertThat(Files.readAllBytes(copy)).startsWith("#!/bin/evil".getBytes(UTF_8));
    }

    @Test
    @Shows(ProcessOp.Seal.class)
    void a_sealed_executor_s_file_cannot_be_overwritten_nor_cut() throws Exception {
        Path copy = startCopy();
        executor.seal();
        executor.run(new FileOp.Stat(Slot.CWD, NEXT_TIME.toString(), 0));
        assertThat(Files.readSymbolicLink(executor.proc("exe")).toString()).startsWith("/memfd:ipcell");
        byte[] before = Files.readAllBytes(executor.proc("exe"));
        assertThat(before).isEqualTo(Files.readAllBytes(copy));
        try (Fd held = Fd.open(executor.proc("exe"), Fd.O_PATH)) {
            assertThatThrownBy(() -> overwriteAfterItsEnd(held))
                    .isInstanceOf(IOException.class)
                    .hasMessage("Operation not permitted");
            try (FileChannel file = FileChannel.open(held.procPath(), StandardOpenOption.WRITE)) {
                assertThatThrownBy(() -> file.truncate(0)).hasMessage("Operation not permitted");
            }
            assertThat(Files.readAllBytes(held.procPath())).isEqualTo(before);
        }
        assertThat(Files.readAllBytes(copy)).isEqualTo(before);
    }

    @Test
    void a_child_of_a_sealed_executor_runs_from_the_sealed_copy() throws Exception {
        executor.seal();
        executor.run(Child.waiting(0), Child.AWAITED);
        for (ProcessHandle child :
                ProcessHandle.of(executor.pid()).orElseThrow().children().toList()) {
            assertThat(child.info().command().orElse("/memfd:ipcell")).startsWith("/memfd:ipcell");
        }
    }

    @Test
    void a_sealed_executor_goes_on_as_the_same_process_with_the_same_descriptors_and_umask() throws Exception {
        int before = descriptors();
        executor.seal();
        executor.run(new FileOp.Stat(Slot.CWD, "/", 0));
        assertThat(executor.proc("comm")).hasContent("ipcell");
        assertThat(descriptors()).isEqualTo(before);
        List<String> shell = List.of("/bin/sh", "-c", "umask; echo $$");
        executor.finish(new ChildOp.Exec(shell, List.of(), shell.subList(0, 1), 0));
        executor.exitCode();
        String umask = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("Umask:"))
                .map(line -> line.substring(6).strip())
                .findFirst()
                .orElseThrow();
        assertThat(executor.stdout()).isEqualTo(umask + "\n" + executor.pid() + "\n");
    }

    @Test
    void what_was_opened_before_is_at_hand_after_and_still_closed_by_exec() throws Exception {
        Slot slot = new Slot(5, "directory");
        Files.createFile(directory.resolve("file"));
        int before = descriptors();
        executor.run(new DescriptorOp.OpenFd(slot, Slot.CWD, directory.toString(), Linux.O_DIRECTORY, 0, 0));
        executor.seal();
        executor.run(new FileOp.Stat(slot, "file", 0));
        assertThat(descriptors()).isEqualTo(before + 1);
        List<String> shell = List.of("/bin/sh", "-c", "echo /proc/self/fd/*");
        executor.finish(new ChildOp.Exec(shell, List.of(), shell.subList(0, 1), 0));
        executor.exitCode();
        assertThat(executor.stdout()).isEqualTo("/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3\n");
    }

    @Test
    void another_s_process_that_was_opened_before_is_at_hand_after() throws Exception {
        Slot slot = new Slot(7, "process");
        Process other = new ProcessBuilder("/bin/sleep", "100").start();
        try {
            executor.run(new ContainerOp.OpenProcess(slot, (int) other.pid(), 0));
            executor.seal();
            executor.run(new ProcessOp.Kill(slot, 9, 5000));
            assertThat(other.waitFor()).isEqualTo(128 + 9);
        } finally {
            other.destroyForcibly();
        }
    }

    @Test
    void nothing_of_the_file_stays_mapped_in_the_executor_its_guardian_and_its_child() throws Exception {
        Path copy = startCopy();
        assertThat(Files.readString(executor.proc("maps"))).contains(copy.toString());
        executor.seal();
        executor.run(Child.waiting(0), Child.AWAITED, new ProcessOp.Guard());
        assertThat(Files.readString(executor.proc("maps"))).doesNotContain(copy.toString());
        List<ProcessHandle> children =
                ProcessHandle.of(executor.pid()).orElseThrow().children().toList();
        assertThat(children).hasSize(2);
        for (ProcessHandle child : children) {
            Path proc = Path.of("/proc", Long.toString(child.pid()));
            assertThat(Files.readString(proc.resolve("maps")))
                    .doesNotContain(copy.toString())
                    .contains("/memfd:ipcell");
            assertThat(Files.readSymbolicLink(proc.resolve("exe")).toString()).startsWith("/memfd:ipcell");
        }
    }

    @Test
    void it_keeps_its_arguments_and_environment() throws Exception {
        Path copy = directory.resolve("ipcell");
        Files.copy(ExecutorUnderTest.SANITIZED, copy, StandardCopyOption.COPY_ATTRIBUTES);
        executor.start(copy, Map.of("IPCELL_SOMETHING", "here"));
        byte[] arguments = Files.readAllBytes(executor.proc("cmdline"));
        byte[] environment = Files.readAllBytes(executor.proc("environ"));
        executor.seal();
        executor.run(new FileOp.Stat(Slot.CWD, "/", 0));
        assertThat(Files.readAllBytes(executor.proc("cmdline"))).isEqualTo(arguments);
        String after = new String(Files.readAllBytes(executor.proc("environ")), UTF_8);
        assertThat(after).startsWith(new String(environment, UTF_8)).contains("IPCELL_SOMETHING=here");
    }

    @Test
    void what_was_to_be_undone_still_is() throws Exception {
        Path made = directory.resolve("made");
        executor.run(UndoTest.makes(made));
        executor.seal();
        executor.run(new FileOp.Stat(Slot.CWD, made.toString(), 0));
        executor.run(new ProcessOp.Unwind());
        assertThat(made).doesNotExist();
    }

    @Test
    void it_can_look_first_and_be_sealed_while_its_planner_thinks() throws Exception {
        executor.sealAfterNext();
        executor.run(new FileOp.Stat(Slot.CWD, "/", 0));
        executor.run(new FileOp.Stat(Slot.CWD, "/", 0));
        assertThat(Files.readSymbolicLink(executor.proc("exe")).toString()).startsWith("/memfd:ipcell");
    }

    @Test
    void one_whose_look_fails_is_not_sealed_and_still_listens() throws Exception {
        executor.sealAfterNext();
        assertThat(executor.failure(new FileOp.Stat(Slot.CWD, "/missing", 0))).endsWith("ENOENT");
        executor.run(new FileOp.Stat(Slot.CWD, "/", 0));
        assertThat(Files.readSymbolicLink(executor.proc("exe")).toString()).doesNotContain("memfd");
    }

    @Test
    void its_planner_may_end_the_call_right_after_the_look() throws Exception {
        executor.sealAfterNext();
        executor.run(new FileOp.Stat(Slot.CWD, "/", 0));
        executor.finish(new ProcessOp.Exit(4));
        assertThat(executor.exitCode()).isEqualTo(4);
    }

    @Test
    void it_may_do_so_though_the_executor_could_not_be_sealed() throws Exception {
        executor.run(new CredentialOp.SetCaps(0, 0, 0));
        executor.sealAfterNext();
        executor.run(new FileOp.Stat(Slot.CWD, "/", 0));
        executor.finish(new ProcessOp.Exit(4));
        assertThat(executor.exitCode()).isEqualTo(4);
    }

    private int descriptors() throws IOException {
        try (var files = Files.list(executor.proc("fd"))) {
            return (int) files.count();
        }
    }

    @Test
    @Fails(ProcessOp.Seal.class)
    void without_a_descriptor_to_be_had_it_is_not_sealed_and_says_so() throws Exception {
        executor.run(new CredentialOp.SetRlimit(Slot.NONE, Linux.RLIMIT_NOFILE, 3, 3));
        assertThat(executor.failure(new ProcessOp.Seal())).isEqualTo("open /proc/self/exe: EMFILE");
        assertThat(Files.readSymbolicLink(executor.proc("exe")).toString()).doesNotContain("memfd");
    }

    @Test
    @Fails(ProcessOp.Seal.class)
    void without_the_capability_it_is_not_sealed_and_says_so() throws Exception {
        executor.run(new CredentialOp.SetCaps(0, 0, 0));
        assertThat(executor.failure(new ProcessOp.Seal())).isEqualTo("prctl(PR_SET_MM) the sealed copy: EPERM");
    }

    private Step making(Path made) {
        return Step.of("a directory", new PathOp.MakeDir(Slot.CWD, made.toString(), 0700, 0));
    }

    @Test
    void what_would_follow_is_passed_over_if_it_is_not_sealed() throws Exception {
        Path made = directory.resolve("made");
        executor.run(new CredentialOp.SetCaps(0, 0, 0));
        executor.seal();
        assertThat(executor.failure(making(made))).startsWith("prctl(PR_SET_MM)");
        executor.run(new FileOp.Stat(Slot.CWD, "/", 0));
        assertThat(made).doesNotExist();
        executor.run(making(made));
        assertThat(made).isDirectory();
    }

    @Test
    void so_it_is_if_it_was_to_be_sealed_behind_a_look() throws Exception {
        Path made = directory.resolve("made");
        executor.run(new CredentialOp.SetCaps(0, 0, 0));
        executor.sealAfterNext();
        executor.run(new FileOp.Stat(Slot.CWD, "/", 0));
        assertThat(executor.failure(making(made))).startsWith("prctl(PR_SET_MM)");
        executor.run(new FileOp.Stat(Slot.CWD, "/", 0));
        assertThat(made).doesNotExist();
    }

    @Test
    void so_is_a_last_batch_that_goes_along() throws Exception {
        Path made = directory.resolve("made");
        executor.run(new CredentialOp.SetCaps(0, 0, 0));
        executor.seal();
        List<Op> launch = List.of(making(made).op());
        assertThatThrownBy(() -> executor.runAndFinish(launch, List.of(new ProcessOp.Exit(4))))
                .isInstanceOfSatisfying(
                        PlanFailedException.class,
                        e -> assertThat(ExecutorUnderTest.words(e.failure())).startsWith("prctl(PR_SET_MM)"));
        executor.finish(new ProcessOp.Exit(7));
        assertThat(executor.exitCode()).isEqualTo(7);
        assertThat(made).doesNotExist();
    }
}
