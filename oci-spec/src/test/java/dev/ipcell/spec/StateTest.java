// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Map;
import org.junit.jupiter.api.Test;

final class StateTest {
    private static final State STATE = new State(
            "1.3.0",
            "box",
            4422,
            ContainerStatus.RUNNING,
            "/bundles/box",
            "/bundles/box/rootfs",
            "2026-01-01T00:00:00.000000001Z",
            Map.of("key", "value"),
            "root");

    @Test
    void it_is_written_in_the_form_of_runc() {
        assertThat(JsonWriter.pretty(STATE.toJson())).isEqualTo("""
            {
                "ociVersion": "1.3.0",
                "id": "box",
                "pid": 4422,
                "status": "running",
                "bundle": "/bundles/box",
                "rootfs": "/bundles/box/rootfs",
                "created": "2026-01-01T00:00:00.000000001Z",
                "annotations": {
                    "key": "value"
                },
                "owner": "root"
            }\
            """);
    }

    @Test
    void hooks_get_what_the_specification_names() {
        assertThat(JsonWriter.compact(STATE.toSpecJson()))
                .isEqualTo("{\"ociVersion\":\"1.3.0\",\"id\":\"box\",\"pid\":4422,\"status\":\"running\","
                        + "\"bundle\":\"/bundles/box\",\"annotations\":{\"key\":\"value\"}}");
    }

    @Test
    void what_was_written_is_read_back() throws InvalidSpecException {
        assertThat(State.read(JsonWriter.pretty(STATE.toJson()).getBytes(UTF_8)))
                .isEqualTo(STATE);
    }

    @Test
    void missing_and_unknown_fields_are_no_problem() throws InvalidSpecException {
        State state = State.read("{\"id\":\"a\",\"later\":[1]}".getBytes(UTF_8));
        assertThat(state).isEqualTo(new State("", "a", 0, ContainerStatus.STOPPED, "", null, null, Map.of(), null));
    }

    @Test
    void a_wrong_type_is_a_problem() {
        assertThatExceptionOfType(InvalidSpecException.class)
                .isThrownBy(() -> State.read("{\"pid\":\"1\",\"status\":\"gone\"}".getBytes(UTF_8)))
                .withMessage(
                        "/pid: must be an integer, not a string [line 1, column 8]; /status: unknown status \"gone\""
                                + " (known: creating, created, running, paused, stopped) [line 1, column 21]");
    }
}
