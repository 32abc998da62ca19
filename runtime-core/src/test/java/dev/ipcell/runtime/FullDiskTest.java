// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The state of containers is on a file system that is full: a tmpfs in a mount namespace of the call's own. */
@Tag("root")
class FullDiskTest {
    /** As many pages or inodes as no call needs. */
    private static final int PLENTY = 20;

    @TempDir
    Path temporary;

    private TestBundle bundle;
    private Path disk;

    @BeforeEach
    void make_a_bundle() throws IOException {
        bundle = new TestBundle(temporary).script("exec sleep 1000").write();
        disk = Files.createDirectory(temporary.resolve("disk"));
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        bundle.call("delete", "--force");
        Leftovers.assertNone(bundle);
    }

    /** Runs a script where the disk is mounted; $ipcell calls ipcell with the disk as its root. */
    private Cell.Result on(String options, String script) throws IOException, InterruptedException {
        String prepared = "mount -t tmpfs -o " + options + " none " + disk + "\nipcell='" + Cell.executable()
                + " --root " + disk + "'\nid=" + bundle.id() + "\n" + script;
        return Cell.run(bundle.directory(), List.of("unshare", "--mount", "sh", "-c", prepared));
    }

    @ParameterizedTest
    @ValueSource(strings = {"create", "run --detach"})
    void a_container_is_made_whole_or_not_at_all(String command) throws IOException, InterruptedException {
        for (String limit : List.of("size=%dk,nr_inodes=100", "size=1m,nr_inodes=%d")) {
            int failed = 0;
            boolean made = false;
            for (int room = 1; !made && room <= PLENTY; room++) {
                String options = limit.formatted(limit.startsWith("size=%") ? 4 * room : room);
                Cell.Result result = on(
                        options,
                        "$ipcell " + command + " $id </dev/null >/dev/null\nstatus=$?\n" + "[ $status = 0 ] || ls -A "
                                + disk + "\n$ipcell delete --force $id\nexit $status");
                made = result.exit() == 0;
                if (!made) {
                    failed++;
                    assertThat(result.err())
                            .as(options)
                            .startsWith("ipcell: ")
                            .contains("ENOSPC")
                            .hasLineCount(1);
                    assertThat(result.out()).as(options + " leaves").isEmpty();
                }
                Leftovers.assertNone(bundle);
            }
            assertThat(failed).as(limit).isPositive();
            assertThat(made).as(limit).isTrue();
        }
    }

    @Test
    void a_container_is_looked_at_updated_and_deleted_although_the_disk_is_full()
            throws IOException, InterruptedException {
        Cell.Result result = on("size=1m,nr_inodes=100", """
                set -e
                $ipcell run --detach $id </dev/null >/dev/null
                dd if=/dev/zero of=%1$s/filler bs=4k 2>/dev/null || true
                $ipcell update --pids-limit 33 $id
                $ipcell exec $id /bin/sh -c 'echo inside'
                $ipcell pause $id
                $ipcell list --quiet
                $ipcell resume $id
                $ipcell kill $id KILL
                $ipcell delete --force $id
                ls -A %1$s
                """.formatted(disk));
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).isEqualTo("inside\n" + bundle.id() + "\nfiller\n");
        assertThat(result.exit()).isZero();
    }

    @Test
    void a_pid_file_that_finds_no_room_ends_what_was_begun() throws IOException, InterruptedException {
        Path state = bundle.root();
        Cell.Result result = on("size=4k,nr_inodes=10", """
                ipcell='%2$s --root %3$s'
                dd if=/dev/zero of=%1$s/filler bs=4k count=1 2>/dev/null
                $ipcell create --pid-file %1$s/pid $id </dev/null >/dev/null
                $ipcell run --detach $id </dev/null >/dev/null
                $ipcell exec --detach --pid-file %1$s/pid $id sleep 1000; echo $?
                $ipcell ps --format json $id
                $ipcell delete --force $id
                ls -A %1$s
                """.formatted(disk, Cell.executable(), state));
        assertThat(result.err().lines())
                .hasSize(2)
                .allMatch(line -> line.startsWith("ipcell: --pid-file") && line.contains("ENOSPC"));
        assertThat(result.out()).matches("255\n\\[\\d+]\nfiller\n");
    }
}
