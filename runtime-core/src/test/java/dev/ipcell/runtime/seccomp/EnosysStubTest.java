// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.seccomp;

import static dev.ipcell.runtime.seccomp.Profiles.ALLOW;
import static dev.ipcell.runtime.seccomp.Profiles.ENOSYS;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EnosysStubTest {
    private static final int X86_64 = 0xc000003e;
    private static final int X32 = 0x4000003e;
    private static final int X86 = 0x40000003;
    private static final int ARM = 0x40000028;
    private static final int S390X = 0x80000016;
    private static final int X32_BIT = 0x40000000;

    /** The stub, before a filter that allows everything. */
    private static BpfMachine machine(EnosysStub stub) {
        byte[] head = stub.encode();
        ByteBuffer whole =
                ByteBuffer.allocate(head.length + SeccompFilter.INSTRUCTION).order(ByteOrder.nativeOrder());
        whole.put(head).putShort((short) 6).putShort((short) 0).putInt(ALLOW);
        return new BpfMachine(whole.array());
    }

    @Test
    void each_architecture_has_its_own_newest_call() {
        EnosysStub stub = new EnosysStub();
        stub.knows(X86_64, 10);
        stub.knows(X86_64, 5);
        stub.knows(X86, 20);
        stub.knows(ARM, 30);
        stub.knows(S390X, 40);
        BpfMachine machine = machine(stub);
        assertThat(machine.run(X86_64, 10)).isEqualTo(ALLOW);
        assertThat(machine.run(X86_64, 11)).isEqualTo(ENOSYS);
        assertThat(machine.run(X86, 20)).isEqualTo(ALLOW);
        assertThat(machine.run(X86, 21)).isEqualTo(ENOSYS);
        assertThat(machine.run(ARM, 30)).isEqualTo(ALLOW);
        assertThat(machine.run(ARM, 31)).isEqualTo(ENOSYS);
        assertThat(machine.run(S390X, 40)).isEqualTo(ALLOW);
        assertThat(machine.run(S390X, 41)).isEqualTo(ENOSYS);
        assertThat(machine.run(0x1234, 5000)).isEqualTo(ALLOW);
    }

    @Test
    void an_oversized_call_of_s390_is_one_that_is_not_there() {
        EnosysStub stub = new EnosysStub();
        stub.knows(S390X, 40);
        assertThat(machine(stub).run(S390X, 0)).isEqualTo(ENOSYS);
    }

    @Test
    void x86_64_and_x32_share_an_architecture_but_not_their_newest_call() {
        EnosysStub stub = new EnosysStub();
        stub.knows(X86_64, 10);
        stub.knows(X32, X32_BIT | 20);
        BpfMachine machine = machine(stub);
        assertThat(machine.run(X86_64, 15)).isEqualTo(ENOSYS);
        assertThat(machine.run(X86_64, X32_BIT | 15)).isEqualTo(ALLOW);
        assertThat(machine.run(X86_64, X32_BIT | 21)).isEqualTo(ENOSYS);
    }

    @Test
    void where_only_one_of_the_two_is_known_the_other_is_left_to_the_filter() {
        EnosysStub native64 = new EnosysStub();
        native64.knows(X86_64, 10);
        assertThat(machine(native64).run(X86_64, X32_BIT | 5000)).isEqualTo(ALLOW);
        assertThat(machine(native64).run(X86_64, -1)).isEqualTo(ALLOW);
        EnosysStub other = new EnosysStub();
        other.knows(X32, X32_BIT | 20);
        assertThat(machine(other).run(X86_64, 5000)).isEqualTo(ALLOW);
        assertThat(machine(other).run(X86_64, X32_BIT | 21)).isEqualTo(ENOSYS);
    }

    @Test
    void no_known_call_means_no_stub() {
        EnosysStub stub = new EnosysStub();
        stub.knows(X86_64, -10001);
        assertThat(stub.encode()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ALLOW", "LOG", "TRACE"})
    void a_default_that_lets_calls_pass_or_be_traced_keeps_newer_ones(String action) throws SeccompRefusal {
        BpfMachine machine = Profiles.machine(action, "'syscalls':[{'names':['mkdir'],'action':'SCMP_ACT_KILL'}]");
        assertThat(machine.run(Profiles.library().nativeArch(), 5000)).isNotEqualTo(ENOSYS);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ERRNO", "KILL", "KILL_PROCESS", "TRAP"})
    void a_default_that_does_not_let_calls_pass_hides_newer_ones(String action) throws SeccompRefusal {
        BpfMachine machine = Profiles.machine(action, "'syscalls':[{'names':['mkdir'],'action':'SCMP_ACT_ALLOW'}]");
        assertThat(machine.run(Profiles.library().nativeArch(), 5000)).isEqualTo(ENOSYS);
    }

    @Test
    void a_default_of_enosys_needs_no_stub() throws SeccompRefusal {
        String rules = "'syscalls':[{'names':['mkdir'],'action':'SCMP_ACT_ALLOW'}]";
        int plain = Profiles.compile(Profiles.seccomp("ERRNO", "'defaultErrnoRet':38," + rules))
                .program()
                .length;
        int other = Profiles.compile(Profiles.seccomp("ERRNO", "'defaultErrnoRet':39," + rules))
                .program()
                .length;
        assertThat(plain).isLessThan(other);
    }
}
