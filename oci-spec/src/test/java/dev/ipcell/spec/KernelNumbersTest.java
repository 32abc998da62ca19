// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The constants stand in the order of the kernel's headers, since their numbers come from it. */
final class KernelNumbersTest {
    @Test
    void capabilities_have_the_numbers_of_the_kernel() {
        assertThat(Capability.CHOWN.number()).isZero();
        assertThat(Capability.IPC_OWNER.number()).isEqualTo(15);
        assertThat(Capability.SYS_ADMIN.number()).isEqualTo(21);
        assertThat(Capability.AUDIT_WRITE.number()).isEqualTo(29);
        assertThat(Capability.AUDIT_READ.number()).isEqualTo(37);
        assertThat(Capability.CHECKPOINT_RESTORE.number()).isEqualTo(40);
        assertThat(Capability.values()).hasSize(41);
    }

    @Test
    void resource_limits_have_the_generic_numbers_of_the_kernel() {
        assertThat(RlimitType.CPU.number()).isZero();
        assertThat(RlimitType.NOFILE.number()).isEqualTo(7);
        assertThat(RlimitType.MSGQUEUE.number()).isEqualTo(12);
        assertThat(RlimitType.RTTIME.number()).isEqualTo(15);
        assertThat(RlimitType.values()).hasSize(16);
    }
}
