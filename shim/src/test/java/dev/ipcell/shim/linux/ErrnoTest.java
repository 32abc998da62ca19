// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class ErrnoTest {
    /** Second names of a number. */
    private static final List<String> ALIASES = List.of("EWOULDBLOCK", "EDEADLOCK", "ENOTSUP");

    @Test
    void names_are_those_of_the_c_library_s_header() throws Exception {
        Map<Integer, String> header = header();
        assertThat(header).hasSizeGreaterThan(100);
        for (int errno = 1; errno <= 133; errno++) {
            assertThat(Errno.name(errno)).isEqualTo(header.getOrDefault(errno, "errno " + errno));
        }
    }

    @Test
    void constants_have_the_numbers_of_their_names() throws Exception {
        for (var field : Errno.class.getFields()) {
            assertThat(Errno.name(field.getInt(null))).isEqualTo(field.getName());
        }
        assertThat(Errno.class.getFields()).hasSize(131);
    }

    @Test
    void the_text_is_in_lower_case_but_for_abbreviations() {
        assertThat(Errno.text(Errno.EPERM)).isEqualTo("operation not permitted");
        assertThat(Errno.text(Errno.ELIBSCN)).isEqualTo(".lib section in a.out corrupted");
        assertThat(Errno.text(Errno.EDOTDOT)).isEqualTo("RFS specific error");
        assertThat(Errno.text(Errno.EHWPOISON)).isEqualTo("memory page has hardware error");
    }

    @Test
    void a_number_without_a_name_is_told_as_a_number() {
        for (int errno : new int[] {Integer.MIN_VALUE, -1, 0, 41, 58, 134, 4096}) {
            assertThat(Errno.name(errno)).isEqualTo("errno " + errno);
            assertThat(Errno.text(errno)).isEqualTo("unknown error " + errno);
        }
    }

    private static Map<Integer, String> header() throws IOException, InterruptedException {
        Process gcc = new ProcessBuilder("gcc", "-E", "-dM", "-include", "errno.h", "-x", "c", "/dev/null")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String macros = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(gcc.waitFor()).isZero();
        Map<Integer, String> names = new TreeMap<>();
        for (String line : macros.lines().toList()) {
            String[] words = line.split(" ", -1);
            if (words.length == 3 && words[1].matches("E[A-Z0-9]+") && words[2].matches("[0-9]+")) {
                if (!ALIASES.contains(words[1])) {
                    names.put(Integer.valueOf(words[2]), words[1]);
                }
            }
        }
        return names;
    }
}
