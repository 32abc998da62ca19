// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a bind mount keeps of the flags of its source, as seen from inside. */
@Tag("root")
class BindFlagsTest {
    /** The file system itself has no flags; those of the mount are given to it after that. */
    private static final String SOURCE = "mount -t tmpfs -o rw,suid,dev,exec,diratime,strictatime none \"$1\"; "
            + "mount -o remount,bind,diratime,strictatime \"$1\"; mount -o remount,bind,\"$2\" \"$1\"; shift 2; exec \"$@\"";

    @TempDir
    Path temporary;

    private TestBundle bundle;
    private Path source;

    @BeforeEach
    void make_a_bundle_and_a_source() throws IOException {
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
        bundle = new TestBundle(temporary);
        source = Files.createDirectory(temporary.resolve("source"));
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        Leftovers.assertNone(bundle);
    }

    private Cell.Result run(String flags, String options) throws IOException, InterruptedException {
        bundle.mount("{\"destination\": \"/home\", \"type\": \"none\", \"source\": \"" + source + "\", \"options\": [\""
                        + options.replace(",", "\",\"") + "\"]}")
                .script("awk '$5 == \"/home\" { print $6 }' /proc/self/mountinfo")
                .write();
        return Cell.run(
                bundle.directory(),
                List.of(
                        "unshare",
                        "--mount",
                        "--propagation",
                        "private",
                        "sh",
                        "-euc",
                        SOURCE,
                        "sh",
                        source.toString(),
                        flags,
                        Cell.executable().toString(),
                        "--root",
                        bundle.root().toString(),
                        "run",
                        bundle.id()));
    }

    private void becomes(String flags, String options, String inside) throws IOException, InterruptedException {
        Cell.Result result = run(flags, options);
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).isEqualTo(inside + "\n");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ro,noexec,nosymfollow,nodiratime | bind | ro,noexec,nodiratime,relatime,nosymfollow",
                "ro,noexec,nosymfollow,nodiratime | rbind,rprivate | ro,noexec,nodiratime,relatime,nosymfollow",
                "ro,nosuid | rbind,rnoexec | ro,nosuid,noexec",
            })
    void a_mount_without_flags_of_its_own_keeps_those_of_its_source(String flags, String options, String inside)
            throws IOException, InterruptedException {
        becomes(flags, options, inside);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ro,noexec,nosymfollow | bind,dev | rw",
                "ro | bind,nosuid,nodev,rprivate | rw,nosuid,nodev",
                "ro | bind,rw | rw",
                "nosuid,nodev,noexec | bind,ro | ro",
                "nosuid,nodev,noexec | rbind,rro,noexec | ro,noexec",
                "nodev,nosymfollow | bind,nosymfollow | rw,nosymfollow",
            })
    void one_with_flags_has_those_alone(String flags, String options, String inside)
            throws IOException, InterruptedException {
        becomes(flags, options, inside);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "noatime | bind,ro | ro,noatime",
                "noatime | bind,norelatime | rw,noatime",
                "noatime | bind,atime | rw,noatime",
                "nodiratime | bind,diratime | rw,nodiratime,relatime",
                "noatime | bind,relatime | rw,relatime",
                "noatime | bind,relatime,atime | rw,relatime",
                "strictatime | bind,noatime,atime | rw",
                "noatime | bind,nodiratime | rw,nodiratime,relatime",
                "nodiratime | bind,strictatime | rw",
                "noatime | bind,nodiratime,strictatime | rw,nodiratime",
                "noatime | bind,nodiratime,norelatime | rw,nodiratime,relatime",
            })
    void access_times_are_kept_as_long_as_no_others_are_asked_for(String flags, String options, String inside)
            throws IOException, InterruptedException {
        becomes(flags, options, inside);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ro,noexec,nosymfollow,nodiratime | bind | ro,noexec,nodiratime,relatime,nosymfollow",
                "ro,noexec,nosymfollow,nodiratime | bind,dev | ro,noexec,nodiratime,relatime",
                "ro | bind,nosuid,nodev,rprivate | ro,nosuid,nodev",
                "nodev,nosuid,noexec,noatime | bind,ro | ro,nosuid,nodev,noexec,noatime",
                "nodev,nosymfollow | bind,ro,symfollow | ro,nodev",
                "nodev,nosymfollow | bind,rw | rw,nodev",
                "nodev,nosuid,noatime | bind,ro,exec | ro,nosuid,nodev,noatime",
                "noatime,nodiratime | bind,norelatime | rw,noatime,nodiratime",
                "noatime,nodiratime | bind,noatime,nodiratime | rw,noatime,nodiratime",
                "strictatime | bind,nostrictatime | rw",
                "nodiratime | bind,diratime | rw,nodiratime,relatime",
                "relatime | bind,norelatime | rw,relatime",
                "noatime | bind,atime | rw,noatime",
                "nodiratime | bind,nodiratime | rw,nodiratime,relatime",
            })
    void in_a_user_namespace_what_the_kernel_locks_is_kept(String flags, String options, String inside)
            throws IOException, InterruptedException {
        bundle.userNamespace();
        becomes(flags, options, inside);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ro | bind,rw,nosuid | \"rw\" | ro",
                "nodev,nosuid | bind,dev,suid,exec | \"suid\", \"dev\" | nosuid,nodev",
                "noexec | rbind,exec | \"exec\" | noexec",
                "noatime | bind,relatime | \"relatime\" | noatime",
                "relatime | bind,strictatime | \"strictatime\" | relatime",
                "relatime | bind,nodiratime | \"nodiratime\" | relatime",
                "strictatime | bind,noatime | \"noatime\" | strictatime",
            })
    void and_cannot_be_asked_away(String flags, String options, String word, String locked)
            throws IOException, InterruptedException {
        bundle.userNamespace();
        Cell.Result result = run(flags, options);
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        assertThat(result.err())
                .matches("ipcell: config.json /mounts/0/options: " + word
                        + " cannot be had in a user namespace: the mount of the source is " + locked
                        + ", which it may not change \\[line \\d+, column \\d+]\n");
    }
}
