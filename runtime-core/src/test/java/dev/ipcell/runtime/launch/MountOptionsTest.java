// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MountOptionsTest {
    private static MountOptions parse(String... options) {
        return MountOptions.parse(List.of(options));
    }

    @Test
    void norelatime_asks_for_no_other_kind_of_access_times() {
        assertThat(parse("norelatime").set()).isZero();
        assertThat(parse("relatime", "norelatime").set()).isZero();
        assertThat(parse("rbind", "rnorelatime").recursiveSet()).isZero();
        assertThat(parse("rbind", "rnorelatime").recursiveClear()).isEqualTo(Kernel.MOUNT_ATTR_ATIME);
    }

    @Test
    void norelatime_leaves_the_kind_that_was_asked_for() {
        assertThat(parse("noatime", "norelatime").set()).isEqualTo(Kernel.MOUNT_ATTR_NOATIME);
        assertThat(parse("strictatime", "norelatime").set()).isEqualTo(Kernel.MOUNT_ATTR_STRICTATIME);
        assertThat(parse("bind", "noatime", "norelatime").set()).isEqualTo(Kernel.MOUNT_ATTR_NOATIME);
        assertThat(parse("rbind", "rnoatime", "rnorelatime").recursiveSet()).isEqualTo(Kernel.MOUNT_ATTR_NOATIME);
    }
}
