// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryTest {
    @TempDir
    private Path directory;

    @Test
    void a_name_that_is_no_text_is_listed_and_leads_to_its_file() throws Exception {
        String script = "printf mine > \"$(printf 'x\\377\\nq')\""; // in octal: a byte that UTF-8 does not have
        assertThat(new ProcessBuilder("sh", "-c", script)
                        .directory(directory.toFile())
                        .start()
                        .waitFor())
                .isZero();
        try (Fd opened = Fd.open(directory, Fd.O_RDONLY)) {
            List<byte[]> names = Directory.names(opened);
            assertThat(names).hasSize(1);
            assertThat(names.getFirst()).isEqualTo("x\u00ff\nq".getBytes(ISO_8859_1));
            try (var in = Directory.open(opened, names.getFirst(), Fd.O_RDONLY).in()) {
                assertThat(in.readAllBytes()).asString(US_ASCII).isEqualTo("mine");
            }
        }
    }

    @Test
    void more_entries_than_fit_into_one_call_are_all_listed() throws Exception {
        TreeSet<String> expected = new TreeSet<>(List.of("...", ".x"));
        for (int i = 0; i < 3000; i++) {
            expected.add("a_name_that_takes_some_room_" + i);
        }
        for (String name : expected) {
            Files.createFile(directory.resolve(name));
        }
        TreeSet<String> seen = new TreeSet<>();
        try (Fd opened = Fd.open(directory, Fd.O_RDONLY)) {
            for (byte[] name : Directory.names(opened)) {
                assertThat(seen.add(new String(name, US_ASCII))).isTrue();
            }
        }
        assertThat(seen).isEqualTo(expected);
    }

    @Test
    void what_is_no_directory_or_not_there_is_told() throws Exception {
        try (Fd file = Fd.open(Path.of("/dev/null"), Fd.O_RDONLY);
                Fd opened = Fd.open(directory, Fd.O_RDONLY)) {
            assertThatThrownBy(() -> Directory.names(file))
                    .hasMessage("getdents64 /dev/null: ENOTDIR (not a directory)");
            assertThatThrownBy(() -> Directory.open(opened, "none".getBytes(US_ASCII), Fd.O_RDONLY))
                    .hasMessage("openat none: ENOENT (no such file or directory)");
            assertThatThrownBy(() -> MessageQueues.attributes(file))
                    .hasMessage("mq_getattr /dev/null: EBADF (bad file descriptor)");
        }
        assertThat(Long.bitCount(Machine.pageSize())).isEqualTo(1);
        assertThat(Machine.pageSize()).isGreaterThanOrEqualTo(4096);
    }
}
