// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whose a version 2 cgroup is, and where in it a further process goes. */
class InitCgroupTest {
    @ParameterizedTest
    @CsvSource({
        "/sys/fs/cgroup/c, 0::/c/init, /init",
        "/sys/fs/cgroup/c, 0::/c/init/deeper, /init/deeper",
        "/sys/fs/cgroup/c, 0::/c, ''",
        "/sys/fs/cgroup/c, 0::/other/init, ''",
        "/sys/fs/cgroup/c, 0::/, ''",
        "/sys/fs/cgroup/c/c, 0::/c/c/c, /c",
        "/sys/fs/cgroup/c, 0::/c/c/x, /c/x",
        "/sys/fs/cgroup/engine/c, 0::/engine/c/c/init, /c/init",
        "/sys/fs/cgroup/host/c, 0::/c/init, /init",
        "/sys/fs/cgroup/c, 3:cpu:/c/init, ''"
    })
    void the_first_process_shows_where_it_may_be(String directory, String membership, String below) {
        assertThat(InitCgroup.below(directory, "2:pids:/c/no\n" + membership + "\n"))
                .isEqualTo(below);
    }

    @Test
    void the_kernel_tells_what_is_handed_over_or_else_the_specification() {
        assertThat(CgroupOwner.of(7, "cgroup.procs\nmemory.oom.group\n").files())
                .isEqualTo(List.of("cgroup.procs", "memory.oom.group"));
        assertThat(CgroupOwner.of(7, "").files())
                .isEqualTo(List.of("cgroup.procs", "cgroup.subtree_control", "cgroup.threads"));
        assertThat(CgroupOwner.of(7, "../x\ncgroup.procs\n").files()).isEqualTo(List.of("cgroup.procs"));
    }
}
