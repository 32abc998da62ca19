// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.seccomp;

import static dev.ipcell.runtime.seccomp.Profiles.ALLOW;
import static dev.ipcell.runtime.seccomp.Profiles.EPERM;
import static dev.ipcell.runtime.seccomp.Profiles.KILL_THREAD;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.linux.Libseccomp;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a filter says of a call, for each action, comparison and architecture. */
class FilterMeaningTest {
    private static final long BIG = 0xffff_ffff_0000_0000L;

    private final Libseccomp library = Profiles.library();
    private final int here = library.nativeArch();

    private int run(BpfMachine machine, String name, long... arguments) {
        return machine.run(here, library.syscall(here, name), arguments);
    }

    @ParameterizedTest
    @CsvSource({
        "KILL,00000000",
        "KILL_THREAD,00000000",
        "KILL_PROCESS,80000000",
        "TRAP,00030000",
        "ERRNO,00050001",
        "TRACE,7ff00001",
        "LOG,7ffc0000",
        "NOTIFY,7fc00000"
    })
    void each_action_of_a_rule(String action, String result) throws SeccompRefusal {
        BpfMachine machine = Profiles.machine(
                "ALLOW", "'listenerPath':'/a','syscalls':[{'names':['mkdir'],'action':'SCMP_ACT_" + action + "'}]");
        assertThat(run(machine, "mkdir")).isEqualTo(Integer.parseUnsignedInt(result, 16));
        assertThat(run(machine, "rmdir")).isEqualTo(ALLOW);
    }

    @ParameterizedTest
    @CsvSource({
        "KILL,00000000",
        "KILL_THREAD,00000000",
        "KILL_PROCESS,80000000",
        "TRAP,00030000",
        "ERRNO,00050001",
        "TRACE,7ff00001",
        "LOG,7ffc0000"
    })
    void each_action_by_default(String action, String result) throws SeccompRefusal {
        BpfMachine machine = Profiles.machine(action, "'syscalls':[{'names':['rmdir'],'action':'SCMP_ACT_ALLOW'}]");
        assertThat(run(machine, "mkdir")).isEqualTo(Integer.parseUnsignedInt(result, 16));
        assertThat(run(machine, "rmdir")).isEqualTo(ALLOW);
    }

    @Test
    void numbers_go_with_errno_and_trace() throws SeccompRefusal {
        BpfMachine machine = Profiles.machine(
                "ERRNO",
                "'defaultErrnoRet':99,'syscalls':[{'names':['a','mkdir'],'action':'SCMP_ACT_ERRNO','errnoRet':0},"
                        + "{'names':['rmdir'],'action':'SCMP_ACT_TRACE','errnoRet':65535}]");
        assertThat(run(machine, "read")).isEqualTo(0x50000 | 99);
        assertThat(run(machine, "mkdir")).isEqualTo(0x50000);
        assertThat(run(machine, "rmdir")).isEqualTo(0x7ff0ffff);
    }

    @ParameterizedTest
    @CsvSource({
        "NE,true,false,true", // what holds for an argument that is less, equal, greater
        "LT,true,false,false",
        "LE,true,true,false",
        "EQ,false,true,false",
        "GE,false,true,true",
        "GT,false,false,true"
    })
    void each_comparison_is_of_all_64_bits_and_unsigned(String op, boolean less, boolean equal, boolean greater)
            throws SeccompRefusal {
        long value = 0x8000_0001_0000_0005L;
        BpfMachine machine =
                conditional("{'index':1,'value':" + Long.toUnsignedString(value) + ",'op':'SCMP_CMP_" + op + "'}");
        for (long smaller : new long[] {0, value - 1, value - (1L << 32), 0x8000_0000_ffff_ffffL}) {
            assertThat(run(machine, "dup3", 0, smaller) == EPERM).as(op).isEqualTo(less);
        }
        assertThat(run(machine, "dup3", 0, value) == EPERM).as(op).isEqualTo(equal);
        for (long bigger : new long[] {-1, value + 1, value + (1L << 32), 0x8000_0002_0000_0000L}) {
            assertThat(run(machine, "dup3", 0, bigger) == EPERM).as(op).isEqualTo(greater);
        }
    }

    @Test
    void masked_equal_compares_the_bits_of_value_with_value_two() throws SeccompRefusal {
        long mask = BIG | 0xf0;
        BpfMachine machine = conditional("{'index':0,'value':" + Long.toUnsignedString(mask) + ",'valueTwo':"
                + (0x5_0000_0000L | 0x30) + ",'op':'SCMP_CMP_MASKED_EQ'}");
        assertThat(run(machine, "dup3", 0x5_0000_0030L)).isEqualTo(EPERM);
        assertThat(run(machine, "dup3", 0x5_0000_0f3fL)).isEqualTo(EPERM);
        assertThat(run(machine, "dup3", 0x5_0000_0020L)).isEqualTo(ALLOW);
        assertThat(run(machine, "dup3", 0x30L)).isEqualTo(ALLOW);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5})
    void each_argument_can_be_compared(int index) throws SeccompRefusal {
        BpfMachine machine = conditional("{'index':" + index + ",'value':7,'op':'SCMP_CMP_EQ'}");
        for (int i = 0; i < 6; i++) {
            long[] arguments = new long[6];
            arguments[i] = 7;
            assertThat(run(machine, "dup3", arguments)).isEqualTo(i == index ? EPERM : ALLOW);
        }
    }

    @Test
    void conditions_on_several_arguments_must_all_hold() throws SeccompRefusal {
        BpfMachine machine =
                conditional("{'index':0,'value':1,'op':'SCMP_CMP_EQ'},{'index':2,'value':3,'op':'SCMP_CMP_EQ'}");
        assertThat(run(machine, "dup3", 1, 0, 3)).isEqualTo(EPERM);
        assertThat(run(machine, "dup3", 1, 0, 0)).isEqualTo(ALLOW);
        assertThat(run(machine, "dup3", 0, 0, 3)).isEqualTo(ALLOW);
    }

    @Test
    void where_two_conditions_are_on_one_argument_each_suffices() throws SeccompRefusal {
        BpfMachine machine = conditional("{'index':0,'value':1,'op':'SCMP_CMP_EQ'},"
                + "{'index':0,'value':2,'op':'SCMP_CMP_EQ'},{'index':1,'value':3,'op':'SCMP_CMP_EQ'}");
        assertThat(run(machine, "dup3", 1, 0)).isEqualTo(EPERM);
        assertThat(run(machine, "dup3", 2, 0)).isEqualTo(EPERM);
        assertThat(run(machine, "dup3", 0, 3)).isEqualTo(EPERM);
        assertThat(run(machine, "dup3", 0, 0)).isEqualTo(ALLOW);
    }

    private static BpfMachine conditional(String args) throws SeccompRefusal {
        return Profiles.machine(
                "ALLOW", "'syscalls':[{'names':['dup3'],'action':'SCMP_ACT_ERRNO','args':[" + args + "]}]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X86",
                "X86_64",
                "X32",
                "ARM",
                "AARCH64",
                "MIPSEL",
                "MIPSEL64",
                "MIPSEL64N32",
                "PPC64LE",
                "RISCV64"
            })
    void a_filter_holds_for_the_native_architecture_and_those_of_the_profile(String arch) throws SeccompRefusal {
        BpfMachine machine = Profiles.machine(
                "ALLOW",
                "'architectures':['SCMP_ARCH_" + arch
                        + "'],'syscalls':[{'names':['mkdirat'],'action':'SCMP_ACT_ERRNO'}]");
        int token = library.arch(arch.toLowerCase(Locale.ROOT));
        int audited = arch.equals("X32") ? library.arch("x86_64") : token;
        assertThat(machine.run(audited, library.syscall(token, "mkdirat"))).isEqualTo(EPERM);
        assertThat(machine.run(audited, library.syscall(token, "read"))).isEqualTo(ALLOW);
        assertThat(run(machine, "mkdirat")).isEqualTo(EPERM);
        assertThat(run(machine, "read")).isEqualTo(ALLOW);
    }

    @Test
    void another_architecture_is_killed() throws SeccompRefusal {
        BpfMachine machine = Profiles.machine("ALLOW", "'syscalls':[{'names':['mkdir'],'action':'SCMP_ACT_ERRNO'}]");
        int other = library.arch(here == library.arch("x86_64") ? "x86" : "arm");
        assertThat(machine.run(other, library.syscall(other, "read"))).isEqualTo(KILL_THREAD);
    }

    @Test
    void a_rule_that_repeats_the_default_changes_nothing() throws SeccompRefusal {
        BpfMachine machine = Profiles.machine(
                "ERRNO",
                "'syscalls':[{'names':['mkdir'],'action':'SCMP_ACT_ERRNO','errnoRet':1},"
                        + "{'names':['rmdir'],'action':'SCMP_ACT_ALLOW'}]");
        assertThat(run(machine, "mkdir")).isEqualTo(EPERM);
        assertThat(run(machine, "rmdir")).isEqualTo(ALLOW);
    }

    @Test
    void unknown_names_are_passed_over() throws SeccompRefusal {
        BpfMachine machine = Profiles.machine(
                "ALLOW", "'syscalls':[{'names':['of_the_future','','mkdir'],'action':'SCMP_ACT_ERRNO'}]");
        assertThat(run(machine, "mkdir")).isEqualTo(EPERM);
        assertThat(run(machine, "read")).isEqualTo(ALLOW);
    }

    @Test
    void a_profile_without_rules_is_its_default() throws SeccompRefusal {
        assertThat(run(Profiles.machine("ERRNO", "'syscalls':[]"), "read")).isEqualTo(EPERM);
        assertThat(run(Profiles.machine("ALLOW", "'architectures':[]"), "read")).isEqualTo(ALLOW);
    }

    @Test
    void many_entries_that_add_nothing_do_no_harm() throws SeccompRefusal {
        StringBuilder names = new StringBuilder("'of_the_future'");
        for (int i = 0; i < 100; i++) {
            names.append(",'of_the_future").append(i).append('\'');
        }
        BpfMachine machine =
                Profiles.machine("ERRNO", "'syscalls':[{'names':[" + names + "],'action':'SCMP_ACT_ALLOW'}]");
        assertThat(run(machine, "read")).isEqualTo(EPERM);
    }
}
