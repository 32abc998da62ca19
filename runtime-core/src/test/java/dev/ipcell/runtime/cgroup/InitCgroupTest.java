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

    @ParameterizedTest
    @CsvSource({
        "/, /sys/fs/cgroup, 0::/new, /sys/fs/cgroup/new",
        "/, /sys/fs/cgroup, 0::/new/below, /sys/fs/cgroup/new/below",
        "/, /sys/fs/cgroup/unified, 0::/new, /sys/fs/cgroup/unified/new",
        "/, /sys/fs/cgroup, 0::/, /sys/fs/cgroup",
        "/host, /sys/fs/cgroup, 0::/host/new, /sys/fs/cgroup/new",
        "/, /sys/fs/cgroup, 0::/../new, /gone",
        "/, /sys/fs/cgroup, 0::/..new, /sys/fs/cgroup/..new",
        "/, /sys/fs/cgroup, 3:cpu:/new, /gone",
        "/, /sys/fs/cgroup, '', /gone"
    })
    void where_it_is_is_found_by_the_mount_when_the_containers_own_is_gone(
            String root, String mountPoint, String membership, String found) {
        String mountinfo = "30 24 0:26 " + root + " " + mountPoint + " rw,nosuid shared:4 - cgroup2 cgroup2 rw\n";
        assertThat(InitCgroup.elsewhere("/gone", mountinfo, "2:pids:/c/no\n" + membership + "\n"))
                .isEqualTo(found);
        assertThat(InitCgroup.elsewhere("/gone", "", membership)).isEqualTo("/gone");
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
