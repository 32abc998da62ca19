// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.Hello.Root;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who has the same root directory sees the same mounts. */
class OwnRootTest {
    @Test
    void the_mount_at_the_root_is_the_last_one_there() {
        assertThat(OwnRoot.mount(List.of(
                        "1 1 0:2 / / rw - rootfs rootfs rw",
                        "22 1 8:1 / / rw - ext4 /dev/root rw",
                        "23 22 0:5 / /proc rw - proc proc rw")))
                .isEqualTo(22);
        assertThat(OwnRoot.mount(List.of("23 22 0:5 / /proc rw - proc proc rw")))
                .isZero();
    }

    @Test
    void a_root_is_the_same_if_directory_and_mount_are() {
        Root root = new Root(1, 2, 3);
        assertThat(root.same(new Root(1, 2, 3))).isTrue();
        assertThat(root.same(new Root(1, 2, 4))).isFalse();
        assertThat(root.same(new Root(1, 9, 3))).isFalse();
        assertThat(root.same(new Root(9, 2, 3))).isFalse();
    }

    @Test
    void where_the_mount_is_not_known_nothing_is_the_same() {
        assertThat(new Root(1, 2, 0).same(new Root(1, 2, 0))).isFalse();
    }

    @Test
    void this_process_has_one() {
        Root own = OwnRoot.find();
        assertThat(own).isNotNull();
        assertThat(own.mount()).isPositive();
        assertThat(own.same(own)).isTrue();
    }
}
