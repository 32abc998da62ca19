// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.seccomp;

import static dev.ipcell.runtime.seccomp.Profiles.ALLOW;
import static dev.ipcell.runtime.seccomp.Profiles.ENOSYS;
import static dev.ipcell.runtime.seccomp.Profiles.EPERM;
import static dev.ipcell.runtime.seccomp.Profiles.KILL_THREAD;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.linux.Libseccomp;
import dev.ipcell.spec.Seccomp;
import dev.ipcell.spec.Syscall;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A profile of the kind that engines ship, call by call on each architecture: allowed, not permitted, or newer than the profile. */
class AllowListTest {
    private static final int X32_BIT = 0x40000000;

    private final Libseccomp library = Profiles.library();

    /** The numbers that the profile has rules for on an architecture, and those rules. */
    private Map<Integer, Syscall> rules(Seccomp profile, int token) {
        Map<Integer, Syscall> rules = new HashMap<>();
        for (Syscall rule : profile.syscalls()) {
            for (String name : rule.names()) {
                int number = library.syscall(token, name);
                if (number >= 0) {
                    rules.put(number, rule);
                }
            }
        }
        return rules;
    }

    /** Calls of sockets and System V IPC that 32-bit x86 also has behind one number; libseccomp gives no number for those. */
    private static boolean multiplexed(String arch, int number) {
        boolean sockets = number == 337 || number == 345 || (number >= 359 && number <= 373);
        return arch.equalsIgnoreCase("x86") && (sockets || (number >= 393 && number <= 402));
    }

    private static Seccomp forArchitectures(Seccomp profile, String... names) {
        String list = "'SCMP_ARCH_" + String.join("','SCMP_ARCH_", names) + "'";
        Seccomp other = Profiles.seccomp("ERRNO", "'architectures':[" + list + "]");
        return new Seccomp(
                profile.defaultAction(),
                profile.defaultErrnoRet(),
                other.architectures(),
                profile.flags(),
                null,
                null,
                profile.syscalls(),
                Map.of());
    }

    @ParameterizedTest
    @ValueSource(strings = {"X86_64", "X86", "X32", "AARCH64", "ARM", "RISCV64", "MIPSEL64"})
    void every_number_of_the_table_has_the_right_answer(String arch) throws SeccompRefusal {
        Seccomp profile = forArchitectures(Profiles.allowList(), "X86_64", arch);
        BpfMachine machine = new BpfMachine(Profiles.compile(profile).program());
        int token = library.arch(arch.toLowerCase(Locale.ROOT));
        int audited = arch.equals("X32") ? library.arch("x86_64") : token;
        Map<Integer, Syscall> rules = rules(profile, token);
        int first = arch.equals("X32") ? X32_BIT : 0;
        int last = rules.keySet().stream()
                .filter(number -> !arch.equals("ARM") || number < 0xf0000)
                .max(Integer::compare)
                .orElseThrow();
        assertThat(rules).hasSizeGreaterThan(200);
        for (int number = first; number <= last + 100; number++) {
            Syscall rule = rules.get(number);
            if (!multiplexed(arch, number) && (rule == null || rule.args().isEmpty())) {
                boolean allowed = rule != null && rule.errnoRet() == null;
                boolean hidden = number > last || (rule != null && !allowed);
                int expected = allowed ? ALLOW : hidden ? ENOSYS : EPERM;
                assertThat(machine.run(audited, number)).as(arch + " " + number).isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "personality,0,true",
        "personality,8,true",
        "personality,4294967295,true",
        "personality,1,false",
        "socket,2,true",
        "socket,40,false",
        "clone,17,true",
        "clone,131072,false", // CLONE_NEWNS
        "clone,268435473,false" // CLONE_NEWUSER and SIGCHLD
    })
    void arguments_decide_where_the_profile_says_so(String name, long argument, boolean allowed) throws SeccompRefusal {
        int here = library.nativeArch();
        BpfMachine machine =
                new BpfMachine(Profiles.compile(Profiles.allowList()).program());
        assertThat(machine.run(here, library.syscall(here, name), argument)).isEqualTo(allowed ? ALLOW : EPERM);
    }

    @Test
    void the_private_calls_of_arm_do_not_count_as_the_newest() throws SeccompRefusal {
        Seccomp profile = forArchitectures(Profiles.allowList(), "ARM");
        BpfMachine machine = new BpfMachine(Profiles.compile(profile).program());
        int arm = library.arch("arm");
        assertThat(machine.run(arm, 600)).isEqualTo(ENOSYS);
        assertThat(machine.run(arm, library.syscall(arm, "cacheflush"))).isEqualTo(ALLOW);
        assertThat(machine.run(arm, 0xf0000)).isEqualTo(EPERM);
        assertThat(machine.run(arm, 0xeffff)).isEqualTo(ENOSYS);
    }

    @Test
    void calls_of_x32_are_killed_unless_the_profile_has_that_architecture() throws SeccompRefusal {
        int x86 = library.arch("x86_64");
        BpfMachine without = new BpfMachine(Profiles.compile(forArchitectures(Profiles.allowList(), "X86_64"))
                .program());
        assertThat(without.run(x86, X32_BIT)).isEqualTo(KILL_THREAD);
        assertThat(without.run(x86, X32_BIT + 2000)).isEqualTo(KILL_THREAD);
        assertThat(without.run(x86, 2000)).isEqualTo(ENOSYS);
    }

    @Test
    void a_long_list_is_searched_by_halves() throws SeccompRefusal {
        Seccomp profile = Profiles.allowList();
        BpfMachine machine = new BpfMachine(Profiles.compile(profile).program());
        int longest = 0;
        for (int number : rules(profile, library.nativeArch()).keySet()) {
            machine.run(library.nativeArch(), number);
            longest = Math.max(longest, machine.steps());
        }
        assertThat(longest).isLessThan(60);
    }

    @Test
    void a_short_list_is_right_too() throws SeccompRefusal {
        Seccomp whole = Profiles.allowList();
        Syscall first = whole.syscalls().getFirst();
        List<Syscall> few =
                List.of(new Syscall(first.names().subList(0, 30), first.action(), null, List.of(), Map.of()));
        Seccomp small = new Seccomp(whole.defaultAction(), 38L, whole.architectures(), null, null, null, few, Map.of());
        BpfMachine machine = new BpfMachine(Profiles.compile(small).program());
        for (String arch : List.of("x86_64", "x86", "x32")) {
            int token = library.arch(arch);
            int audited = arch.equals("x32") ? library.arch("x86_64") : token;
            Map<Integer, Syscall> rules = rules(small, token);
            int first32 = arch.equals("x32") ? X32_BIT : 0;
            for (int number = first32; number < first32 + 500; number++) {
                if (!multiplexed(arch, number)) {
                    assertThat(machine.run(audited, number))
                            .as(arch + " " + number)
                            .isEqualTo(rules.containsKey(number) ? ALLOW : ENOSYS);
                }
            }
        }
    }
}
