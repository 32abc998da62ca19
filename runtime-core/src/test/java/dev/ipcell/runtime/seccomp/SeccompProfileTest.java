// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.seccomp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.runtime.Covers;
import dev.ipcell.spec.Seccomp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A filter's flags, and its way into a file and out again. */
class SeccompProfileTest {
    private static final String RULE = "'syscalls':[{'names':['mkdir'],'action':'SCMP_ACT_ERRNO'}]";

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'a':1                                                              | 4",
                "'flags':null                                                       | 4",
                "'flags':[]                                                         | 0",
                "'flags':['SECCOMP_FILTER_FLAG_TSYNC']                              | 0",
                "'flags':['SECCOMP_FILTER_FLAG_LOG']                                | 2",
                "'flags':['SECCOMP_FILTER_FLAG_SPEC_ALLOW']                         | 4",
                "'flags':['SECCOMP_FILTER_FLAG_LOG','SECCOMP_FILTER_FLAG_SPEC_ALLOW','SECCOMP_FILTER_FLAG_LOG'] | 6"
            },
            quoteCharacter = '"')
    @Covers({
        "/linux/seccomp/flags=SECCOMP_FILTER_FLAG_TSYNC",
        "/linux/seccomp/flags=SECCOMP_FILTER_FLAG_LOG",
        "/linux/seccomp/flags=SECCOMP_FILTER_FLAG_SPEC_ALLOW"
    })
    void no_flags_mean_spec_allow_and_an_empty_array_means_none(String flags, int expected) throws SeccompRefusal {
        SeccompFilter filter = Profiles.compile(Profiles.seccomp("ALLOW", flags + "," + RULE));
        assertThat(filter.flags()).isEqualTo(expected);
        assertThat(filter.notifies()).isFalse();
    }

    @Test
    void a_rule_that_notifies_brings_a_listener() throws SeccompRefusal {
        Seccomp seccomp = Profiles.seccomp(
                "ALLOW",
                "'listenerPath':'/a','flags':['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'],"
                        + RULE.replace("ERRNO", "NOTIFY"));
        SeccompFilter filter = Profiles.compile(seccomp);
        assertThat(filter.flags()).isEqualTo(8 | 0x20);
        assertThat(filter.notifies()).isTrue();
        assertThat(Profiles.profile(seccomp).notifies()).isTrue();
    }

    @Test
    void a_listener_without_such_a_rule_is_left_alone() throws SeccompRefusal {
        assertThat(Profiles.profile(Profiles.seccomp("ALLOW", "'listenerPath':'/a'," + RULE))
                        .notifies())
                .isFalse();
    }

    @Test
    void a_filter_comes_out_of_its_file_as_it_went_in() throws SeccompRefusal {
        SeccompProfile profile = Profiles.profile(Profiles.allowList());
        SeccompFilter filter = profile.compile();
        SeccompFilter again =
                Objects.requireNonNull(Profiles.profile(Profiles.allowList()).cached(profile.encode(filter)));
        assertThat(again.flags()).isEqualTo(filter.flags());
        assertThat(again.program()).isEqualTo(filter.program());
    }

    @Test
    void a_file_that_is_not_whole_is_a_miss() throws SeccompRefusal {
        SeccompProfile profile = Profiles.profile(Profiles.seccomp("ALLOW", RULE));
        byte[] content = profile.encode(profile.compile());
        for (int length = 0; length < content.length; length++) {
            assertThat(profile.cached(Arrays.copyOf(content, length)))
                    .as("%s bytes", length)
                    .isNull();
        }
        assertThat(profile.cached(Arrays.copyOf(content, content.length + 8))).isNull();
        for (int i = 0; i < content.length; i++) {
            byte[] changed = content.clone();
            changed[i] ^= 4;
            assertThat(profile.cached(changed)).as("byte %s", i).isNull();
        }
    }

    @Test
    void another_profiles_file_is_a_miss_even_under_the_same_name() throws SeccompRefusal {
        SeccompProfile one = Profiles.profile(Profiles.seccomp("ALLOW", RULE));
        SeccompProfile other = Profiles.profile(Profiles.seccomp("ALLOW", RULE.replace("mkdir", "rmdir")));
        assertThat(other.cached(one.encode(one.compile()))).isNull();
    }

    @Test
    void everything_that_matters_gives_another_name_and_nothing_else_does() throws SeccompRefusal {
        String arg = "'args':[{'index':0,'value':1,'valueTwo':2,'op':'SCMP_CMP_EQ'}]";
        String rule = "'syscalls':[{'names':['mkdir'],'action':'SCMP_ACT_ERRNO'," + arg + "}]";
        List<String> different = List.of(
                "{'defaultAction':'SCMP_ACT_ALLOW'," + rule + "}",
                "{'defaultAction':'SCMP_ACT_LOG'," + rule + "}",
                "{'defaultAction':'SCMP_ACT_ERRNO'," + rule + "}",
                "{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':2," + rule + "}",
                "{'defaultAction':'SCMP_ACT_ALLOW','flags':[]," + rule + "}",
                "{'defaultAction':'SCMP_ACT_ALLOW','flags':['SECCOMP_FILTER_FLAG_LOG']," + rule + "}",
                "{'defaultAction':'SCMP_ACT_ALLOW','architectures':['SCMP_ARCH_X86']," + rule + "}",
                "{'defaultAction':'SCMP_ACT_ALLOW'," + rule.replace("mkdir", "rmdir") + "}",
                "{'defaultAction':'SCMP_ACT_ALLOW'," + rule.replace("'mkdir'", "'mkd','ir'") + "}",
                "{'defaultAction':'SCMP_ACT_ALLOW'," + rule.replace("'mkdir'", "'mkd 2:ir'") + "}",
                "{'defaultAction':'SCMP_ACT_ALLOW'," + rule.replace("ERRNO", "TRACE") + "}",
                "{'defaultAction':'SCMP_ACT_ALLOW'," + rule.replace("'args'", "'errnoRet':1,'args'") + "}",
                "{'defaultAction':'SCMP_ACT_ALLOW'," + rule.replace("'index':0", "'index':1") + "}",
                "{'defaultAction':'SCMP_ACT_ALLOW'," + rule.replace("'value':1", "'value':2") + "}",
                "{'defaultAction':'SCMP_ACT_ALLOW'," + rule.replace("'valueTwo':2", "'valueTwo':3") + "}",
                "{'defaultAction':'SCMP_ACT_ALLOW'," + rule.replace("CMP_EQ", "CMP_NE") + "}",
                "{'defaultAction':'SCMP_ACT_ALLOW'," + rule.replace(arg, "'args':[]") + "}");
        Set<String> names = new HashSet<>();
        for (String section : different) {
            String name = Profiles.profile(Profiles.seccomp(section)).cacheName();
            assertThat(name).matches("[0-9a-f]{16}");
            assertThat(names.add(name)).as(section).isTrue();
            String listening = section.replaceFirst("\\{", "{'x-unknown':1,'listenerPath':'/a',");
            assertThat(Profiles.profile(Profiles.seccomp(listening)).cacheName())
                    .isEqualTo(name);
        }
        Seccomp first = Profiles.seccomp(different.getFirst());
        assertThat(SeccompProfile.of(first, "6.1.0", "other").cacheName()).isNotIn(names);
        assertThat(SeccompProfile.of(first, "6.1.1", "build").cacheName()).isNotIn(names);
    }

    @Test
    void another_version_of_the_library_has_another_identity() throws IOException, SeccompRefusal {
        Path real = Files.writeString(directory.resolve("libseccomp.so.2.5.4"), "a");
        Path link = Files.createSymbolicLink(directory.resolve("libseccomp.so.2"), real.getFileName());
        String before = SeccompLibrary.identity(link.toFile());
        assertThat(before).startsWith(real.toRealPath() + " 1 ");
        Files.setLastModifiedTime(real, FileTime.fromMillis(86_400_000));
        assertThat(SeccompLibrary.identity(link.toFile())).isNotEqualTo(before);
    }
}
