// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.spec.Capability;
import dev.ipcell.spec.InvalidSpecException;
import dev.ipcell.spec.JsonArray;
import dev.ipcell.spec.JsonWriter;
import dev.ipcell.spec.SeccompArch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Fields with many values, which no line of {@link SpecCases} would hold. */
@Tag("root")
class SpecFieldTest extends BundleTest {
    /** What a shell needs to call mkdir(1). */
    private static final String FOR_A_SHELL =
            "access arch_prctl brk clone close dup dup2 execve exit exit_group fcntl fork fstat futex"
                    + " getcwd getegid geteuid getgid getpid getppid getrandom getuid ioctl lseek lstat mmap mprotect munmap newfstatat open"
                    + " openat poll prctl prlimit64 read readlink rseq rt_sigaction rt_sigprocmask rt_sigreturn set_robust_list set_tid_address"
                    + " stat umask uname vfork wait4 write writev";

    private static String json(List<String> words) {
        return JsonWriter.compact(JsonArray.ofStrings(words));
    }

    @Test
    void a_path_that_is_masked_twice_is_covered_once() throws Exception {
        bundle.merge(
                "{\"linux\": {\"maskedPaths\": [\"/proc/acpi\", \"/proc/kcore\", \"/proc/keys\", \"/proc/keys\"]}}");
        assertThat(inside("grep -c ' /proc/keys ' /proc/self/mountinfo")).isEqualTo("1\n");
    }

    private void capabilities(List<String> names) throws InvalidSpecException {
        String set = json(names);
        bundle.replace(Cell.busybox().toString(), Cell.property("ipcell.rootfs.debian"))
                .merge("{\"process\": {\"user\": {\"uid\": 1000}, \"capabilities\": {\"bounding\": " + set
                        + ", \"effective\": " + set + ", \"permitted\": " + set + ", \"inheritable\": " + set
                        + ", \"ambient\": " + set + "}}}");
    }

    /** Each capability is in another selection of the six containers, by the bits of its number and one. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    @Covers({
        "/process/capabilities/bounding=*",
        "/process/capabilities/effective=*",
        "/process/capabilities/permitted=*",
        "/process/capabilities/inheritable=*",
        "/process/capabilities/ambient=*"
    })
    void capabilities_are_those_of_their_names(int bit) throws Exception {
        List<String> asked = new ArrayList<>();
        List<String> names = new ArrayList<>();
        for (Capability capability : Capability.values()) {
            if ((((capability.number() + 1) >> bit) & 1) == 1 && MachineFacts.holds("cap " + capability.number())) {
                asked.add(capability.wire());
                names.add(capability.wire().substring(4).toLowerCase(Locale.ROOT));
            }
        }
        capabilities(asked);
        String[] lines = inside("setpriv -dd | grep -i 'capabilit'").strip().split("\n", -1);
        assertThat(lines)
                .hasSize(5)
                .allSatisfy(line -> assertThat(List.of(
                                line.substring(line.indexOf(':') + 1).strip().split(",", -1)))
                        .containsExactlyInAnyOrderElementsOf(names));
    }

    @ParameterizedTest
    @CsvSource({
        "ERRNO, 'mkdir: can''t create directory ''/dev/shm/x'': File descriptor in bad state', 1",
        "TRACE, 'mkdir: can''t create directory ''/dev/shm/x'': Function not implemented', 1",
        "KILL, Bad system call, 159",
        "KILL_THREAD, Bad system call, 159",
        "KILL_PROCESS, Bad system call, 159",
        "TRAP, Bad system call, 159",
        "LOG, '', 0"
    })
    @Covers({
        "/linux/seccomp/defaultAction=SCMP_ACT_ERRNO",
        "/linux/seccomp/defaultAction=SCMP_ACT_TRACE",
        "/linux/seccomp/defaultAction=SCMP_ACT_KILL",
        "/linux/seccomp/defaultAction=SCMP_ACT_KILL_THREAD",
        "/linux/seccomp/defaultAction=SCMP_ACT_KILL_PROCESS",
        "/linux/seccomp/defaultAction=SCMP_ACT_TRAP",
        "/linux/seccomp/defaultAction=SCMP_ACT_LOG",
        "/linux/seccomp/defaultErrnoRet",
        "/linux/seccomp/syscalls/*/action=SCMP_ACT_ALLOW"
    })
    void calls_that_are_not_listed_meet_the_default(String action, String message, int status) throws Exception {
        String number = action.equals("ERRNO") ? "\"defaultErrnoRet\": 77, " : "";
        bundle.linux("\"seccomp\": {\"defaultAction\": \"SCMP_ACT_" + action + "\", " + number
                + "\"syscalls\": [{\"names\": " + json(List.of(FOR_A_SHELL.split(" ", -1)))
                + ", \"action\": \"SCMP_ACT_ALLOW\"}]}");
        Cell.Result result = bundle.script("mkdir /dev/shm/x; echo $?").run();
        assertThat(result.err().strip()).isEqualTo(message);
        assertThat(result.out()).isEqualTo(status + "\n");
    }

    @Test
    @Covers("/linux/seccomp/defaultAction=SCMP_ACT_NOTIFY")
    void an_agent_cannot_be_asked_about_everything() throws Exception {
        bundle.linux("\"seccomp\": {\"defaultAction\": \"SCMP_ACT_NOTIFY\", \"listenerPath\": \"/no/socket\"}");
        Cell.Result result = bundle.script("true").run();
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err())
                .startsWith("ipcell: config.json /linux/seccomp/defaultAction: ")
                .hasLineCount(1);
    }

    @ParameterizedTest
    @EnumSource(SeccompArch.class)
    @Covers("/linux/seccomp/architectures=*")
    void an_architecture_is_filtered_or_refused_by_its_name(SeccompArch arch) throws Exception {
        bundle.linux("\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": [\"" + arch.wire()
                + "\"], \"syscalls\": [{\"names\": [\"mkdir\", \"mkdirat\"], \"action\": \"SCMP_ACT_ERRNO\"}]}");
        Cell.Result result = bundle.script("mkdir /dev/shm/x || grep ^Seccomp: /proc/self/status")
                .run();
        if (result.exit() == 0) {
            assertThat(result.out()).isEqualTo("Seccomp:\t2\n");
        } else {
            assertThat(Arrays.asList("X86_64", "X86", "X32", "AARCH64", "ARM")).doesNotContain(arch.name());
            assertThat(result.err())
                    .startsWith("ipcell: config.json /linux/seccomp/architectures/0: ")
                    .contains(arch.wire())
                    .hasLineCount(1);
        }
    }

    @ParameterizedTest
    @CsvSource({"final", "initial"})
    @Covers({"/process/execCPUAffinity/initial", "/process/execCPUAffinity/final"})
    void a_process_of_exec_runs_on_its_processors(String which) throws Exception {
        bundle.process("\"execCPUAffinity\": {\"" + which + "\": \"0\"}").script("exec sleep 100");
        assertThat(bundle.detached().err()).isEmpty();
        String mine = bundle.call("exec", "grep", "Cpus_allowed_list", "/proc/self/status")
                .out();
        assertThat(mine).isEqualTo("Cpus_allowed_list:\t0\n");
        String others = bundle.call("exec", "grep", "Cpus_allowed_list", "/proc/1/status")
                .out();
        assertThat(others).isNotEqualTo(mine);
    }

    @Test
    void a_process_runs_on_every_processor_though_its_caller_does_not() throws Exception {
        String all = allowed(Files.readString(Path.of("/proc/self/status")));
        bundle.script("grep Cpus_allowed_list /proc/self/status; exec sleep 100")
                .write();
        String root = bundle.root().toString();
        Path directory = bundle.directory();
        Cell.Result run = onOne("--root", root, "run", "--detach", "--bundle", directory.toString(), bundle.id());
        assertThat(run.err()).isEmpty();
        assertThat(allowed(bundle.call("exec", "cat", "/proc/1/status").out())).isEqualTo(all);
        Cell.Result exec = onOne("--root", root, "exec", bundle.id(), "cat", "/proc/self/status");
        assertThat(allowed(exec.out())).as("%s", exec).isEqualTo(all);
    }

    private Cell.Result onOne(String... call) throws Exception {
        List<String> words =
                new ArrayList<>(List.of("taskset", "-c", "0", Cell.executable().toString()));
        words.addAll(List.of(call));
        return Cell.run(bundle.directory(), words);
    }

    private static String allowed(String status) {
        return status.replaceAll("(?s).*\nCpus_allowed_list:\t([^\n]*)\n.*", "$1");
    }
}
