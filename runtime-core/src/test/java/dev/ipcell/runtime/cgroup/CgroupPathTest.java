// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Where cgroups are made. */
class CgroupPathTest {
    private static final Hierarchy UNIFIED = new Hierarchy("/sys/fs/cgroup", "/user.slice/session", List.of());
    private static final Hierarchy OLD = new Hierarchy("/sys/fs/cgroup/pids", "/user.slice/session", List.of("pids"));

    @Test
    void an_absolute_path_is_taken_from_the_mount_point() {
        CgroupPath path = new CgroupPath("/a//b", "id");
        assertThat(path.in(UNIFIED, true)).isEqualTo(new CgroupPath.Place("/", List.of("a", "b")));
        assertThat(path.in(OLD, false)).isEqualTo(new CgroupPath.Place("/", List.of("a", "b")));
    }

    @Test
    void any_other_is_taken_from_the_callers_own() {
        assertThat(new CgroupPath("a/b", "id").in(OLD, false))
                .isEqualTo(new CgroupPath.Place("/user.slice/session", List.of("a", "b")));
        assertThat(new CgroupPath(null, "id").in(OLD, false))
                .isEqualTo(new CgroupPath.Place("/user.slice/session", List.of("id")));
    }

    /** The caller's own has a process in it, the caller, and so cannot give controllers to cgroups below it. */
    @Test
    void or_from_the_one_above_where_version_2_is_all_there_is() {
        assertThat(new CgroupPath("a/b", "id").in(UNIFIED, true))
                .isEqualTo(new CgroupPath.Place("/user.slice", List.of("a", "b")));
        assertThat(new CgroupPath(null, "id").in(UNIFIED, true))
                .isEqualTo(new CgroupPath.Place("/user.slice", List.of("id")));
    }
}
