// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.scope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code slice:prefix:name}. */
class UnitNameTest {

    @ParameterizedTest
    @CsvSource({
        "machine.slice:libpod:abc, machine.slice, libpod-abc.scope, /machine.slice/libpod-abc.scope",
        "a-b-c.slice:p:n, a-b-c.slice, p-n.scope, /a.slice/a-b.slice/a-b-c.slice/p-n.scope",
        ":docker:id, system.slice, docker-id.scope, /system.slice/docker-id.scope",
        "-:p:n, -.slice, p-n.scope, /p-n.scope",
        "-.slice:p:n, -.slice, p-n.scope, /p-n.scope",
        "a.slice::n, a.slice, -n.scope, /a.slice/-n.scope",
    })
    void a_path_is_a_slice_and_a_scope(String path, String slice, String scope, String cgroup) {
        UnitName name = UnitName.of(path, "id", false);
        assertThat(name).isEqualTo(new UnitName(slice, scope));
        assertThat(name.cgroup()).isEqualTo(cgroup);
    }

    @Test
    void without_one_the_container_gives_the_name() {
        assertThat(UnitName.of(null, "box", false)).isEqualTo(new UnitName("system.slice", "ipcell-box.scope"));
        assertThat(UnitName.of("", "box", true)).isEqualTo(new UnitName("user.slice", "ipcell-box.scope"));
    }

    @ParameterizedTest
    @CsvSource({
        "/a/b, must be slice:prefix:name",
        "a.slice:n, must be slice:prefix:name",
        "a.slice:p:n:x, must be slice:prefix:name",
        "a.slice:p:, must have a name",
        "a.slice:p:n.slice, a container cannot live in a slice",
        "a:p:n, is no slice",
        "a/b.slice:p:n, is no slice",
        ".slice:p:n, is no slice",
        "a--b.slice:p:n, is no slice",
        "-a.slice:p:n, is no slice",
        "a.slice:p:a b, is no name for a unit",
        "a.slice:p:a/b, is no name for a unit",
    })
    void what_is_none_is_refused(String path, String why) {
        assertThatThrownBy(() -> UnitName.of(path, "id", false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }

    @Test
    void a_name_that_is_too_long_is_refused() {
        assertThatThrownBy(() -> UnitName.of("a.slice:p:" + "n".repeat(248), "id", false))
                .hasMessageContaining("is no name for a unit");
        assertThat(UnitName.of("a.slice:p:" + "n".repeat(247), "id", false).scope())
                .hasSize(255);
    }
}
