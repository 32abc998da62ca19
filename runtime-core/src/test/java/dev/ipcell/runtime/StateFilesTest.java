// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** State directories that were left half-written, are of another program, or cannot be read, beside that of a whole container. */
@Tag("root")
class StateFilesTest {
    @TempDir
    Path temporary;

    private TestBundle bundle;

    @BeforeEach
    void create_a_container() throws IOException, InterruptedException {
        bundle = new TestBundle(temporary).script("exec sleep 1000");
        assertThat(bundle.create().err()).isEmpty();
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        bundle.call("delete", "--force");
        Leftovers.assertNone(bundle);
    }

    @Test
    void three_thousand_containers_are_listed_as_one_is() throws IOException, InterruptedException {
        String state = Files.readString(bundle.root().resolve(bundle.id() + "/state.json"));
        int more = 3000;
        for (int i = 0; i < more; i++) {
            Path directory = Files.createDirectory(bundle.root().resolve("more" + i));
            Files.writeString(
                    directory.resolve("state.json"), state.replace('"' + bundle.id() + '"', "\"more" + i + '"'));
        }
        Cell.Result list = bundle.list("--format=json");
        assertThat(list.err()).isEmpty();
        // The others have no exec.fifo.
        assertThat(list.out().split("\"created\"", -1)).hasSize(1 + 1 + more + 1);
        assertThat(list.out().split("\"status\": *\"running\"", -1)).hasSize(more + 1);
        assertThat(bundle.list("--quiet").out().lines()).hasSize(more + 1).contains(bundle.id(), "more2999");
    }

    private Path other(String state) throws IOException {
        Path directory = Files.createDirectory(bundle.root().resolve("another"));
        return Files.writeString(directory.resolve("state.json"), state);
    }

    private Cell.Result another(String... words) throws IOException, InterruptedException {
        String[] call = new String[words.length + 3];
        call[0] = "--root";
        call[1] = bundle.root().toString();
        System.arraycopy(words, 0, call, 2, words.length);
        call[call.length - 1] = "another";
        return Cell.call(call);
    }

    private void listShowsTheOther(String why) throws IOException, InterruptedException {
        Cell.Result list = bundle.list("--quiet");
        assertThat(list.out()).isEqualTo(bundle.id() + "\n");
        assertThat(list.err())
                .startsWith("ipcell: warning: the state of container \"another\" ")
                .contains(why)
                .hasLineCount(1);
        assertThat(list.exit()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{\"ociVersion\": \"1.3.0\", \"id\": \"ano",
                "[]",
                "{}",
                // as another runtime would have written it
                "{\"ociVersion\": \"1.3.0\", \"id\": \"another\", \"status\": \"running\", \"pid\": 1, \"bundle\": \"/\"}",
                "{\"ociVersion\": \"1.3.0\", \"id\": \"another\", \"status\": \"running\", \"pid\": 1, \"bundle\": \"/\","
                        + " \"ipcell\": {\"startTime\": \"x\"}}"
            })
    void a_state_that_makes_no_sense_is_told_and_does_not_hide_others(String state)
            throws IOException, InterruptedException {
        Path file = other(state);
        listShowsTheOther("is damaged: ");
        for (String command : new String[] {"state", "start", "pause", "resume", "delete", "kill", "ps"}) {
            Cell.Result result = another(command);
            assertThat(result.exit()).as(command).isEqualTo(1);
            assertThat(result.err())
                    .as(command)
                    .startsWith("ipcell: the state of container \"another\" is damaged: ")
                    .endsWith("; delete --force removes it\n")
                    .hasLineCount(1);
        }
        assertThat(another("delete", "--force").err()).isEmpty();
        assertThat(file.getParent()).doesNotExist();
    }

    @Test
    void a_directory_without_a_state_is_no_container() throws IOException, InterruptedException {
        Path directory = Files.createDirectory(bundle.root().resolve("another"));
        assertThat(bundle.list("--quiet").out()).isEqualTo(bundle.id() + "\n");
        assertThat(another("state").err()).isEqualTo("ipcell: container does not exist: \"another\"\n");
        assertThat(another("delete", "--force").err()).isEmpty();
        assertThat(directory).doesNotExist();
    }

    @Test
    void a_state_that_cannot_be_read_is_told_and_kept() throws IOException, InterruptedException {
        Path directory = Files.createDirectories(bundle.root().resolve("another/state.json"));
        listShowsTheOther("cannot be read: ");
        assertThat(another("state").err()).contains("cannot be read", "EISDIR").hasLineCount(1);
        Cell.Result delete = another("delete", "--force");
        assertThat(delete.exit()).isEqualTo(1);
        assertThat(delete.err()).contains("cannot be read", "EISDIR").hasLineCount(1);
        assertThat(directory).exists();
    }

    @Test
    void a_state_of_a_later_version_is_read_as_far_as_it_is_known() throws IOException, InterruptedException {
        Path file = bundle.root().resolve(bundle.id()).resolve("state.json");
        String state = Files.readString(file);
        Files.writeString(file, state.replace("\"ipcell\":{", "\"later\":[1],\"ipcell\":{\"more\":{\"x\":1},"));
        assertThat(bundle.call("state").out()).contains("\"created\"");
        assertThat(bundle.call("start").err()).isEmpty();
    }
}
