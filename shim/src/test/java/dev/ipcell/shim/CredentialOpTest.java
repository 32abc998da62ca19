// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.CredentialOp.LimitBounding;
import dev.ipcell.shim.CredentialOp.SetAmbient;
import dev.ipcell.shim.CredentialOp.SetCaps;
import dev.ipcell.shim.CredentialOp.SetGroups;
import dev.ipcell.shim.CredentialOp.SetIds;
import dev.ipcell.shim.CredentialOp.SetRlimit;
import dev.ipcell.shim.CredentialOp.Umask;
import dev.ipcell.shim.ProcessOp.Prctl;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Operations on credentials, limits and attributes; the kernel says in {@code /proc} what has become of them. */
@Tag("root")
class CredentialOpTest {
    private static final long KEPT = 1L << Linux.CAP_KILL | 1L << Linux.CAP_SETGID;
    private static final Op NO_CAPABILITIES = new SetCaps(0, 0, 0);

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @Test
    @Shows({SetIds.class, SetGroups.class})
    void all_ids_are_set() throws Exception {
        Child child = Child.start(executor, 0, SetGroups.of(List.of(5, 0x7fff_fff0)), new SetIds(1001, 1002));
        assertThat(child.status("Uid")).isEqualTo("1001\t1001\t1001\t1001");
        assertThat(child.status("Gid")).isEqualTo("1002\t1002\t1002\t1002");
        assertThat(child.status("Groups")).isEqualTo("5 2147483632");
    }

    @Test
    @Fails({SetIds.class, SetGroups.class})
    void ids_need_their_capabilities() throws Exception {
        assertThat(Child.failure(executor, 0, NO_CAPABILITIES, new SetIds(1, 1)))
                .isEqualTo("child: setresgid: EPERM");
        assertThat(Child.failure(executor, 0, new SetCaps(KEPT, KEPT, 0), new SetIds(1, 1)))
                .isEqualTo("child: setresuid: EPERM");
        assertThat(Child.failure(executor, 0, NO_CAPABILITIES, SetGroups.of(List.of())))
                .isEqualTo("child: setgroups: EPERM");
    }

    @Test
    void groups_are_whole_numbers_and_not_too_many() throws Exception {
        assertThat(executor.failure(Step.of("a fraction", new SetGroups(new byte[5]))))
                .isEqualTo("setgroups: EINVAL");
        assertThat(executor.failure(Step.of("many", new SetGroups(new byte[4 * 65537]))))
                .isEqualTo("setgroups: EINVAL");
    }

    @Test
    @Shows({LimitBounding.class, SetCaps.class, SetAmbient.class})
    void each_capability_set_gets_exactly_what_was_said() throws Exception {
        long kill = 1L << Linux.CAP_KILL;
        Child child =
                Child.start(executor, 0, new LimitBounding(KEPT), new SetCaps(kill, KEPT, KEPT), new SetAmbient(kill));
        assertThat(child.status("CapBnd")).isEqualTo("%016x".formatted(KEPT));
        assertThat(child.status("CapEff")).isEqualTo("%016x".formatted(kill));
        assertThat(child.status("CapPrm")).isEqualTo("%016x".formatted(KEPT));
        assertThat(child.status("CapInh")).isEqualTo("%016x".formatted(KEPT));
        assertThat(child.status("CapAmb")).isEqualTo("%016x".formatted(kill));
    }

    @Test
    void the_ambient_set_is_emptied_of_what_was_not_said() throws Exception {
        Child child = Child.start(
                executor, 0, new SetCaps(KEPT, KEPT, KEPT), new SetAmbient(KEPT), new SetAmbient(1L << Linux.CAP_KILL));
        assertThat(child.status("CapAmb")).isEqualTo("%016x".formatted(1L << Linux.CAP_KILL));
    }

    @Test
    @Fails({LimitBounding.class, SetCaps.class, SetAmbient.class})
    void no_capability_comes_back() throws Exception {
        assertThat(Child.failure(executor, 0, NO_CAPABILITIES, new SetCaps(KEPT, KEPT, 0)))
                .isEqualTo("child: capset: EPERM");
        assertThat(Child.failure(executor, 0, NO_CAPABILITIES, new LimitBounding(~1L)))
                .isEqualTo("child: prctl(PR_CAPBSET_DROP) capability 0: EPERM");
        assertThat(Child.failure(executor, 0, new SetAmbient(1L << Linux.CAP_KILL)))
                .isEqualTo("child: prctl(PR_CAP_AMBIENT) capability 5: EPERM");
        assertThat(Child.failure(executor, 0, new SetAmbient(1L << 63)))
                .isEqualTo("child: prctl(PR_CAP_AMBIENT) capability 63: EINVAL");
    }

    @Test
    @Shows(SetRlimit.class)
    void a_limit_is_of_the_child_or_of_the_executor_itself() throws Exception {
        Child child = Child.start(executor, 0);
        executor.run(
                new SetRlimit(Child.SLOT, Linux.RLIMIT_NOFILE, 17, 18),
                new SetRlimit(Slot.NONE, Linux.RLIMIT_NOFILE, 64, 128));
        assertThat(Files.readString(child.proc("limits"))).containsPattern("Max open files +17 +18 +files");
        assertThat(Files.readString(executor.proc("limits"))).containsPattern("Max open files +64 +128 +files");
    }

    @Test
    @Fails(SetRlimit.class)
    void a_limit_that_makes_no_sense_is_refused_with_its_number() throws Exception {
        assertThat(executor.failure(new SetRlimit(Slot.NONE, Linux.RLIMIT_NOFILE, 2, 1)))
                .isEqualTo("prlimit resource 7: EINVAL");
        assertThat(executor.failure(new SetRlimit(Slot.NONE, -1, 1, 1)))
                .isEqualTo("prlimit resource 4294967295: EINVAL");
        assertThat(executor.failure(new SetRlimit(new Slot(9, "nobody"), Linux.RLIMIT_NOFILE, 1, 1)))
                .isEqualTo("prlimit: ESRCH");
    }

    @Test
    @Shows(Prctl.class)
    void prctl_changes_the_process_that_runs_it() throws Exception {
        Child child = Child.start(executor, 0, new Prctl(Linux.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
        assertThat(child.status("NoNewPrivs")).isEqualTo("1");
        assertThat(Files.readString(executor.proc("status"))).containsPattern("NoNewPrivs:\\s+0");
    }

    @Test
    @Fails(Prctl.class)
    void prctl_fails_with_its_option() throws Exception {
        assertThat(executor.failure(new Prctl(999_999, 0, 0, 0, 0))).isEqualTo("prctl option 999999: EINVAL");
        assertThat(executor.failure(new Prctl(Linux.PR_SET_NO_NEW_PRIVS, 2, 0, 0, 0)))
                .isEqualTo("prctl option 38: EINVAL");
    }

    @Test
    @Shows(Umask.class)
    void umask_takes_the_permission_bits_and_no_others() throws Exception {
        assertThat(Child.start(executor, 0, new Umask(0127)).status("Umask")).isEqualTo("0127");
        assertThat(Child.start(executor, 0, new Umask(-1)).status("Umask")).isEqualTo("0777");
    }
}
