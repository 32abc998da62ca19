// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.ChildOp.Chdir;
import dev.ipcell.shim.ChildOp.Exec;
import dev.ipcell.shim.ContainerOp.CheckExec;
import dev.ipcell.shim.ProcessOp.AwaitExec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** What a program ends with: a working directory, and what it becomes. */
class ExecOpTest {
    private static final Op AWAIT_EXEC = new AwaitExec(Child.SLOT);
    private static final Op SUPERVISE = new ProcessOp.Supervise(Child.SLOT, 0, Slot.NONE);
    private static final Op EXIT = new ProcessOp.ExitAs(Child.SLOT);

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    private static Exec exec(String... candidates) {
        return new Exec(List.of("name", "-c", "echo $0 $ONLY"), List.of("ONLY=this"), List.of(candidates), 0);
    }

    private Path file(String name, String mode, String content) throws IOException {
        Path file = Files.writeString(directory.resolve(name), content);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
    }

    /** How it fails; which exit code follows from the errno, 127 or 126, is the planner's business. */
    private String execFailure(String... candidates) throws IOException {
        return executor.failure(Child.of(0, exec(candidates)), AWAIT_EXEC);
    }

    private String output(Op... last) throws Exception {
        executor.finish(last);
        executor.exitCode();
        return executor.stdout();
    }

    @Test
    @Shows({Exec.class, AwaitExec.class})
    void the_first_candidate_that_is_there_is_executed_with_arguments_and_environment() throws Exception {
        String notExecutable = file("text", "rw-r--r--", "").toString();
        String belowAFile = notExecutable + "/below";
        executor.run(
                Child.of(0, exec("/nonexistent/sh", notExecutable, belowAFile, notExecutable, "/bin/sh")), AWAIT_EXEC);
        assertThat(output(SUPERVISE, EXIT)).isEqualTo("name this\n");
    }

    @Test
    @Fails(Exec.class)
    void a_program_that_is_nowhere_is_enoent_and_one_that_must_not_be_run_is_eacces() throws Exception {
        String text = file("text", "rw-r--r--", "").toString();
        assertThat(execFailure("/nonexistent")).isEqualTo("child: execve /nonexistent: ENOENT");
        assertThat(execFailure("/nonexistent", text + "/x")).isEqualTo("child: execve " + text + "/x: ENOTDIR");
        assertThat(execFailure("/nonexistent", text, "/missing")).isEqualTo("child: execve " + text + ": EACCES");
        assertThat(execFailure(directory.toString())).isEqualTo("child: execve " + directory + ": EACCES");
    }

    @Test
    void what_cannot_be_run_ends_the_search() throws Exception {
        String noProgram = file("no-program", "rwxr-xr-x", "\0\0\0").toString();
        assertThat(execFailure(noProgram, "/bin/sh")).isEqualTo("child: execve " + noProgram + ": ENOEXEC");
        String noInterpreter = file("script", "rwxr-xr-x", "#!/nonexistent\n").toString();
        assertThat(execFailure(noInterpreter)).isEqualTo("child: execve " + noInterpreter + ": ENOENT");
    }

    @Test
    void an_exec_needs_something_to_execute_and_has_an_end() throws Exception {
        List<String> none = List.of();
        List<String> sh = List.of("/bin/sh");
        List<String> many = Collections.nCopies(16384, "x");
        assertThat(executor.failure(new Exec(sh, none, none, 0))).isEqualTo("execve nothing to execute: EINVAL");
        assertThat(executor.failure(new Exec(none, none, sh, 0))).isEqualTo("execve nothing to execute: EINVAL");
        assertThat(executor.failure(new Exec(many, none, sh, 0))).isEqualTo("execve too many strings: E2BIG");
        assertThat(executor.failure(new Exec(sh, many, sh, 0))).isEqualTo("execve too many strings: E2BIG");
        assertThat(executor.failure(new Exec(sh, none, many, 0))).isEqualTo("execve too many strings: E2BIG");
    }

    @Test
    @Fails(AwaitExec.class)
    void a_child_that_ends_without_exec_is_told() throws Exception {
        assertThat(executor.failure(Child.of(0), AWAIT_EXEC)).isEqualTo("wait ended with status 1: ECHILD");
        assertThat(executor.failure(Child.waiting(0), AWAIT_EXEC)).isEqualTo("sync the wrong point: EPROTO");
    }

    @Test
    void a_child_that_has_become_another_program_reaches_no_point() throws Exception {
        assertThat(executor.failure(Child.shell("sleep 5"), Child.AWAITED))
                .isEqualTo("sync its program is replaced already: EPROTO");
    }

    @Test
    void the_program_has_no_signal_blocked_or_ignored_and_only_the_standard_streams() throws Exception {
        executor.run(
                Child.of(0, Child.exec("/bin/sh", "-c", "grep -E 'Sig(Blk|Ign)' /proc/self/status; ls -x /proc/$$/fd")),
                AWAIT_EXEC);
        assertThat(output(SUPERVISE, EXIT).lines())
                .containsExactly("SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000", "0  1  2");
    }

    @Test
    void the_executor_itself_becomes_a_program_with_its_own_environment_and_umask() throws Exception {
        executor.start(ExecutorUnderTest.SANITIZED, Map.of("OWN", "old"));
        List<String> argv = List.of("sh", "-c", "echo $OWN $NEW $$; umask; grep SigBlk /proc/self/status");
        int pid = executor.pid();
        List<String> lines = output(new Exec(
                        argv, List.of("NEW=new", "PATH=/usr/bin:/bin"), List.of("/bin/sh"), Exec.OWN_ENVIRONMENT))
                .lines()
                .toList();
        assertThat(lines.get(0)).isEqualTo("old new " + pid);
        assertThat(Integer.parseInt(lines.get(1), 8)).isEqualTo(umask());
        assertThat(lines.get(2)).isEqualTo("SigBlk:\t0000000000000000");
    }

    private static int umask() throws IOException {
        return Integer.parseInt(
                Files.readAllLines(Path.of("/proc/self/status")).stream()
                        .filter(line -> line.startsWith("Umask:"))
                        .findFirst()
                        .orElseThrow()
                        .substring(6)
                        .strip(),
                8);
    }

    @Test
    void the_executor_itself_ends_with_127_or_126_if_there_is_nobody_to_tell() throws Exception {
        String noInterpreter = file("script", "rwxr-xr-x", "#!/nonexistent\n").toString();
        executor.finish(exec(noInterpreter));
        assertThat(executor.exitCode()).isEqualTo(127);
        assertThat(executor.stderr())
                .isEqualTo("ipcell: exec: \"" + noInterpreter + "\": No such file or directory (ENOENT)\n");
    }

    @Test
    void the_executor_itself_ends_with_126_for_what_is_no_program() throws Exception {
        executor.finish(exec(file("no-program", "rwxr-xr-x", "\0\0\0").toString()));
        assertThat(executor.exitCode()).isEqualTo(126);
    }

    @Test
    void the_executor_itself_stays_if_no_candidate_is_there() throws Exception {
        String text = file("text", "rw-r--r--", "").toString();
        assertThat(executor.failure(exec("/nonexistent"))).isEqualTo("execve /nonexistent: ENOENT");
        assertThat(executor.failure(exec("/nonexistent", text, "/missing"))).isEqualTo("execve " + text + ": EACCES");
        assertThat(output(exec("/nonexistent", "/bin/sh"))).isEqualTo("name this\n");
    }

    @Test
    @Shows(CheckExec.class)
    void check_exec_passes_if_one_candidate_can_be_executed() throws Exception {
        executor.run(new CheckExec("sh", List.of("/nonexistent", directory.toString(), "/bin/sh")));
    }

    @Test
    @Fails(CheckExec.class)
    void check_exec_fails_as_exec_would() throws Exception {
        String text = file("text", "rw-r--r--", "").toString();
        assertThat(executor.failure(new CheckExec("x", List.of("/nonexistent"))))
                .isEqualTo("execve /nonexistent: ENOENT");
        assertThat(executor.failure(new CheckExec("x", List.of("/nonexistent", text))))
                .isEqualTo("execve " + text + ": EACCES");
        assertThat(executor.failure(new CheckExec("x", List.of(directory.toString()))))
                .isEqualTo("execve " + directory + ": EACCES");
        assertThat(executor.failure(new CheckExec("x", List.of()))).isEqualTo("execve nothing to execute: EINVAL");
    }

    @Test
    @Tag("root")
    @Shows(Chdir.class)
    void chdir_changes_the_working_directory() throws Exception {
        Child child = Child.start(executor, 0, new Chdir(directory.toString(), 0));
        assertThat(Files.readSymbolicLink(child.proc("cwd"))).isEqualTo(directory.toRealPath());
    }

    @Test
    @Fails(Chdir.class)
    void chdir_tells_where_it_cannot_go() throws Exception {
        String missing = directory.resolve("missing").toString();
        String file = Files.createFile(directory.resolve("file")).toString();
        assertThat(executor.failure(new Chdir(missing, 0))).isEqualTo("chdir " + missing + ": ENOENT");
        assertThat(executor.failure(new Chdir(file, 0))).isEqualTo("chdir " + file + ": ENOTDIR");
    }

    @Test
    @Tag("root")
    void chdir_goes_with_other_privileges_where_it_was_denied() throws Exception {
        Path closed = Files.createDirectory(directory.resolve("closed"));
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
        Op asAnother = new CredentialOp.SetIds(65534, 65534);
        Op first = new Chdir(closed.toString(), Chdir.MAY_BE_DENIED);
        Op later = new Chdir(closed.toString(), Chdir.IF_DENIED);
        assertThat(Child.failure(executor, 0, asAnother, first, later))
                .isEqualTo("child: chdir " + closed + ": EACCES");
        assertThat(Child.failure(executor, 0, new Chdir("/missing", Chdir.MAY_BE_DENIED)))
                .isEqualTo("child: chdir /missing: ENOENT");
        Child entered = Child.start(executor, 0, first, asAnother, later);
        assertThat(Files.readSymbolicLink(entered.proc("cwd"))).isEqualTo(closed);
    }

    @Test
    @Tag("root")
    void chdir_asks_nothing_more_where_it_was_not_denied() throws Exception {
        String gone = directory.resolve("gone").toString();
        Child entered = Child.start(
                executor,
                0,
                new PathOp.MakeDir(Slot.CWD, gone, 0700, 0),
                new Chdir(gone, Chdir.MAY_BE_DENIED),
                new PathOp.RemoveDir(Slot.CWD, gone, 0),
                new Chdir(gone, Chdir.IF_DENIED));
        assertThat(Files.readSymbolicLink(entered.proc("cwd")).toString()).isEqualTo(gone + " (deleted)");
    }

    @Test
    @Tag("root")
    void chdir_to_a_leaked_descriptor_outside_the_root_is_found_out() throws Exception {
        Slot host = new Slot(0, "host");
        Slot root = new Slot(1, "root");
        Slot proc = new Slot(2, "proc");
        executor.run(new DescriptorOp.OpenFd(host, Slot.CWD, "/", Linux.O_RDONLY | Linux.O_DIRECTORY, 0, 0));
        String leak = "/proc/self/fd/" + descriptorOf(Path.of("/"));
        String failure = Child.failure(
                executor,
                Linux.CLONE_NEWNS,
                new MountOp.MountSetattr(Slot.CWD, "/", Linux.AT_RECURSIVE, 0, 0, Linux.MS_PRIVATE),
                new MountOp.FsMount(root, "tmpfs", "", List.of(), 0, 0),
                new MountOp.OpenTree(proc, Slot.CWD, "/proc", Linux.OPEN_TREE_CLONE, 0),
                new MountOp.MoveMount(root, Slot.CWD, directory.toString()),
                new PathOp.MakeDir(root, "proc", 0755, 0),
                new MountOp.MoveMount(proc, root, "proc"),
                new MountOp.PivotRoot(root),
                new Chdir("/proc/self", 0),
                new Chdir(leak, 0));
        assertThat(failure).isEqualTo("child: getcwd " + leak + ": ENOENT");
    }

    private String descriptorOf(Path target) throws IOException {
        try (var links = Files.newDirectoryStream(executor.proc("fd"))) {
            for (Path link : links) {
                if (Files.readSymbolicLink(link).equals(target)) {
                    return String.valueOf(link.getFileName());
                }
            }
        }
        throw new AssertionError("nothing leads to " + target);
    }
}
