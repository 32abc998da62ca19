// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Which of several mounts of a hierarchy is the machine's. */
class CgroupLayoutTest {
    private static final String MEMBERSHIP = "2:pids:/user\n0::/user\n";

    private static String cgroup2(String root, String point, String options) {
        return "30 24 0:26 " + root + " " + point + " " + options + ",nosuid shared:4 - cgroup2 cgroup2 rw\n";
    }

    private static String pids(String point, String options) {
        return "31 24 0:27 / " + point + " " + options + " shared:5 - cgroup cgroup rw,pids\n";
    }

    private static List<String> points(String... lines) {
        return CgroupLayout.parse(String.join("", lines), MEMBERSHIP).hierarchies().stream()
                .map(Hierarchy::mountPoint)
                .toList();
    }

    @Test
    void a_containers_mounts_in_the_callers_namespace_are_not_the_machines() {
        assertThat(points(
                        cgroup2("/", "/sys/fs/cgroup/unified", "rw"),
                        pids("/sys/fs/cgroup/pids", "rw"),
                        cgroup2("/c", "/bundle/rootfs/sys/fs/cgroup/unified", "ro"),
                        pids("/bundle/rootfs/sys/fs/cgroup/pids", "ro"),
                        cgroup2("/d", "/other/rootfs/sys/fs/cgroup/unified", "rw"),
                        pids("/other/rootfs/sys/fs/cgroup/pids", "rw")))
                .containsExactly("/sys/fs/cgroup/pids", "/sys/fs/cgroup/unified");
    }

    @Test
    void the_usual_place_is_taken_wherever_it_stands_in_the_list() {
        assertThat(points(cgroup2("/c", "/bundle/rootfs/cg", "rw"), cgroup2("/", "/sys/fs/cgroup", "rw")))
                .containsExactly("/sys/fs/cgroup");
    }

    @Test
    void one_that_can_be_written_to_comes_before_the_usual_place() {
        assertThat(points(cgroup2("/", "/sys/fs/cgroup", "ro"), cgroup2("/", "/run/cgroup", "rw")))
                .containsExactly("/run/cgroup");
    }

    @Test
    void of_two_at_one_place_the_upper_is_seen() {
        String covered = cgroup2("/", "/sys/fs/cgroup", "rw");
        CgroupLayout layout = CgroupLayout.parse(covered + cgroup2("/user", "/sys/fs/cgroup", "ro"), MEMBERSHIP);
        assertThat(layout.hierarchies()).containsExactly(new Hierarchy("/sys/fs/cgroup", "/", List.of()));
    }

    @Test
    void the_only_one_is_taken_as_it_is() {
        assertThat(points(cgroup2("/", "/elsewhere", "ro"))).containsExactly("/elsewhere");
    }
}
