// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.seccomp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.ipcell.shim.Batch;
import dev.ipcell.shim.ChildOp;
import dev.ipcell.shim.CredentialOp;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.PlanFailure;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.SpawnedExecutor;
import dev.ipcell.shim.SpawnedExecutor.Stdio;
import dev.ipcell.shim.linux.Errno;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Filters on real processes: the executor's child loads one and becomes a program, which tells what it meets. */
@Tag("root")
@Timeout(60)
class SeccompLoadTest {
    /** Makes system calls by the numbers in its arguments, and prints the errno of each. */
    private static final String PROBE = """
            #define _GNU_SOURCE
            #include <errno.h>
            #include <stdio.h>
            #include <stdlib.h>
            #include <unistd.h>
            int main(int argc, char **argv)
            {
                for (int i = 1; i < argc; i++) {
                    errno = 0;
                    syscall(atol(argv[i]), -1, 0, 0, 0, 0, 0);
                    printf("%d ", errno);
                    fflush(stdout);
                }
                return 0;
            }
            """;

    private static final int NO_NEW_PRIVS = 38;
    private static final int SIGSYS = 31;

    @TempDir
    private static Path directory;

    private final Slots slots = new Slots();
    private final Slot process = slots.open("process");
    private final Slot listener = slots.open("listener");
    private final Slot received = slots.open("received");

    @BeforeAll
    static void compile_the_probe() throws IOException, InterruptedException {
        Path source = Files.writeString(directory.resolve("probe.c"), PROBE);
        Process gcc = new ProcessBuilder("gcc", "-static", "-o", directory + "/probe", source.toString())
                .inheritIO()
                .start();
        assertThat(gcc.waitFor()).isZero();
    }

    private static int number(String name) {
        return Profiles.library().syscall(Profiles.library().nativeArch(), name);
    }

    private record Outcome(String stdout, int exitCode) {}

    private Program child(CredentialOp.SetSeccomp filter, String... syscalls) {
        Program child = new Program();
        child.add("no new privileges", new ProcessOp.Prctl(NO_NEW_PRIVS, 1, 0, 0, 0));
        child.add("filter", filter);
        String[] argv = new String[syscalls.length + 1];
        argv[0] = "probe";
        for (int i = 0; i < syscalls.length; i++) {
            argv[i + 1] = syscalls[i].matches("[0-9]+") ? syscalls[i] : Integer.toString(number(syscalls[i]));
        }
        child.add("exec", new ChildOp.Exec(List.of(argv), List.of(), List.of(directory + "/probe"), 0));
        return child;
    }

    private Outcome run(Program child) throws IOException, PlanFailedException {
        Program parent = new Program();
        parent.add("clone", new ProcessOp.Clone(process, 0, Slot.NONE, "ipcell:init", child));
        parent.add("exec", new ProcessOp.AwaitExec(process));
        Program last = new Program();
        last.add("supervise", new ProcessOp.Supervise(process, 0, Slot.NONE));
        last.add("exit", new ProcessOp.ExitAs(process));
        try (SpawnedExecutor spawned = SpawnedExecutor.start(
                Path.of(Objects.requireNonNull(System.getProperty("ipcell.executor"))),
                List.of(),
                Map.of(),
                Stdio.NULL,
                Stdio.PIPE,
                Stdio.NULL)) {
            Executor executor = new Executor(spawned.input(), spawned.output());
            executor.run(Batch.of(parent));
            executor.finish(last);
            return new Outcome(new String(spawned.stdout().readAllBytes(), UTF_8), spawned.waitFor());
        }
    }

    private static CredentialOp.SetSeccomp op(SeccompFilter filter, boolean atExec) {
        return new CredentialOp.SetSeccomp(filter.flags(), filter.program(), Slot.NONE, atExec);
    }

    private static SeccompFilter filter(String defaultAction, String members) throws SeccompRefusal {
        return Profiles.compile(Profiles.seccomp(defaultAction, members));
    }

    private PlanFailure failure(Program child) {
        PlanFailedException failed = catchThrowableOfType(PlanFailedException.class, () -> run(child));
        return failed.failure();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void an_allow_list_of_an_engine_lets_a_program_run(boolean atExec) throws Exception {
        SeccompFilter filter = Profiles.compile(Profiles.allowList());
        Outcome outcome = run(child(op(filter, atExec), "close", "mount", "5000", "clone3"));
        assertThat(outcome.stdout().split(" "))
                .containsExactly(
                        Integer.toString(Errno.EBADF),
                        Integer.toString(Errno.EPERM),
                        Integer.toString(Errno.ENOSYS),
                        Integer.toString(Errno.ENOSYS));
        assertThat(outcome.exitCode()).isZero();
    }

    @Test
    void an_errno_is_what_the_program_sees() throws Exception {
        SeccompFilter filter =
                filter("ALLOW", "'syscalls':[{'names':['close'],'action':'SCMP_ACT_ERRNO','errnoRet':100}]");
        assertThat(run(child(op(filter, false), "close", "dup")).stdout()).isEqualTo("100 9 ");
    }

    @ParameterizedTest
    @CsvSource({"KILL", "KILL_THREAD", "KILL_PROCESS", "TRAP"})
    void a_kill_is_seen_from_outside(String action) throws Exception {
        SeccompFilter filter = filter("ALLOW", "'syscalls':[{'names':['dup'],'action':'SCMP_ACT_" + action + "'}]");
        Outcome outcome = run(child(op(filter, false), "close", "dup"));
        assertThat(outcome.stdout()).isEqualTo("9 ");
        assertThat(outcome.exitCode()).isEqualTo(128 + SIGSYS);
    }

    @Test
    void a_filter_that_waits_for_exec_need_not_allow_what_the_executor_calls() throws Exception {
        String needed = "'syscalls':[{'names':['execve','brk','arch_prctl','set_tid_address','set_robust_list','rseq',"
                + "'prlimit64','readlink','readlinkat','getrandom','mprotect','fstat','newfstatat','write','exit_group',"
                + "'uname','close','mmap','munmap','futex'],'action':'SCMP_ACT_ALLOW'}]";
        SeccompFilter filter = filter("KILL_PROCESS", needed);
        assertThat(run(child(op(filter, true), "close")).stdout()).isEqualTo("9 ");
        PlanFailure early = failure(child(op(filter, false), "close"));
        assertThat(early.detail()).isEqualTo("killed by signal " + SIGSYS);
    }

    @Test
    void a_program_that_is_not_there_is_told_of_though_the_filter_would_keep_us_from_it() throws Exception {
        SeccompFilter filter = filter("ERRNO", "'syscalls':[{'names':['execve'],'action':'SCMP_ACT_ALLOW'}]");
        Program child = new Program();
        child.add("no new privileges", new ProcessOp.Prctl(NO_NEW_PRIVS, 1, 0, 0, 0));
        child.add("filter", op(filter, true));
        child.add("exec", new ChildOp.Exec(List.of("missing"), List.of(), List.of("/nowhere/missing"), 0));
        PlanFailure failure = failure(child);
        assertThat(failure.call()).isEqualTo("execve");
        assertThat(failure.errno()).isEqualTo(Errno.ENOENT);
    }

    @Test
    void the_listener_reaches_the_parent() throws Exception {
        SeccompFilter filter =
                filter("ALLOW", "'listenerPath':'/a','syscalls':[{'names':['getcwd'],'action':'SCMP_ACT_NOTIFY'}]");
        Program child = new Program();
        child.add("filter", new CredentialOp.SetSeccomp(filter.flags(), filter.program(), listener, false));
        child.add("listener", new ChildOp.SendFd(listener, received));
        child.add("listener", new ChildOp.SyncPoint(1));
        child.add(
                "exec",
                new ChildOp.Exec(
                        List.of("probe", Integer.toString(number("close"))),
                        List.of(),
                        List.of(directory + "/probe"),
                        0));
        Program parent = new Program();
        parent.add("clone", new ProcessOp.Clone(process, 0, Slot.NONE, "ipcell:init", child));
        parent.add("listener", new ProcessOp.AwaitChild(process, 1));
        var link = parent.add("listener", new DescriptorOp.FdPath(received));
        parent.add("exec", new ProcessOp.AwaitExec(process));
        try (SpawnedExecutor spawned = SpawnedExecutor.start(
                Path.of(Objects.requireNonNull(System.getProperty("ipcell.executor"))),
                List.of(),
                Map.of(),
                Stdio.NULL,
                Stdio.NULL,
                Stdio.NULL)) {
            Executor executor = new Executor(spawned.input(), spawned.output());
            assertThat(new String(executor.run(Batch.of(parent)).value(link), UTF_8))
                    .isEqualTo("anon_inode:seccomp notify");
            Program last = new Program();
            last.add("exit", new ProcessOp.Supervise(process, 0, Slot.NONE));
            executor.finish(last);
            assertThat(spawned.waitFor()).isZero();
        }
    }

    @Test
    void what_is_no_program_is_refused_before_the_kernel_sees_it() {
        for (byte[] program : List.of(new byte[0], new byte[7], new byte[8 * 4097])) {
            PlanFailure failure = failure(child(new CredentialOp.SetSeccomp(0, program, Slot.NONE, false), "close"));
            assertThat(failure.errno()).isEqualTo(Errno.EINVAL);
            assertThat(failure.detail()).isEqualTo("a program of that size");
        }
    }

    @Test
    void what_the_kernel_refuses_is_told() {
        byte[] nonsense = new byte[8];
        for (boolean atExec : new boolean[] {false, true}) {
            PlanFailure failure = failure(child(new CredentialOp.SetSeccomp(0, nonsense, Slot.NONE, atExec), "close"));
            assertThat(failure.call()).isEqualTo("seccomp");
            assertThat(failure.errno()).isEqualTo(Errno.EINVAL);
            assertThat(failure.detail()).isEqualTo("SECCOMP_SET_MODE_FILTER");
        }
    }

    @Test
    void a_listener_and_a_slot_for_it_belong_together() throws SeccompRefusal {
        byte[] program = filter("ALLOW", "'syscalls':[]").program();
        List<CredentialOp.SetSeccomp> wrong = List.of(
                new CredentialOp.SetSeccomp(0, program, listener, false),
                new CredentialOp.SetSeccomp(SeccompFilter.FLAG_NEW_LISTENER, program, Slot.NONE, false),
                new CredentialOp.SetSeccomp(SeccompFilter.FLAG_NEW_LISTENER, program, listener, true));
        for (CredentialOp.SetSeccomp op : wrong) {
            assertThat(failure(child(op, "close")).detail()).isEqualTo("what to do with the listener");
        }
    }

    @Test
    void only_one_filter_waits_for_exec() throws SeccompRefusal {
        SeccompFilter filter = filter("ALLOW", "'syscalls':[]");
        Program child = new Program();
        child.add("filter", op(filter, true));
        child.add("another", op(filter, true));
        assertThat(failure(child).errno()).isEqualTo(Errno.EBUSY);
    }
}
