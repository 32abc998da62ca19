// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A shell in a mount namespace of its own, whose mounts are looked at. */
@Tag("root")
class MountTableTest {
    private static final String LOOP = "while read -r line; do eval \"$line\"; echo $?; done";

    private Process shell;
    private BufferedReader answers;
    private Writer orders;
    private Path mountinfo;
    private MountTable table;

    @BeforeEach
    void start_a_shell() throws IOException {
        shell = new ProcessBuilder("unshare", "--mount", "--propagation", "private", "sh", "-c", LOOP)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        answers = shell.inputReader(UTF_8);
        orders = shell.outputWriter(UTF_8);
        order("true");
        mountinfo = Path.of("/proc", Long.toString(shell.pid()), "mountinfo");
        table = new MountTable(mountinfo);
    }

    @AfterEach
    void end_it() throws IOException, InterruptedException {
        orders.close();
        assertThat(shell.waitFor()).isZero();
    }

    private void order(String command) throws IOException {
        orders.write(command + "\n");
        orders.flush();
        assertThat(answers.readLine()).as(command).isEqualTo("0");
    }

    private String read() throws IOException {
        return new String(table.read(), UTF_8);
    }

    @Test
    void what_has_not_changed_is_not_read_again() throws IOException {
        byte[] first = table.read();
        assertThat(first).isEqualTo(Files.readAllBytes(mountinfo));
        order("true");
        assertThat(table.read()).isSameAs(first);
        assertThat(table.readAgain()).isNotSameAs(first).isEqualTo(first);
    }

    @Test
    void every_change_of_what_is_mounted_is_seen() throws IOException {
        String before = read();
        for (int i = 0; i < 2; i++) {
            order("mount -t tmpfs none /mnt");
            assertThat(read()).contains(" /mnt rw").isEqualTo(Files.readString(mountinfo));
            order("mount -o remount,bind,ro /mnt");
            assertThat(read()).contains(" /mnt ro");
            order("mount -o remount,bind,rw /mnt && mkdir /mnt/a /mnt/b && mount --bind /mnt/a /mnt/b");
            assertThat(read()).contains(" /mnt/b rw").isEqualTo(Files.readString(mountinfo));
            order("umount /mnt/b && umount /mnt");
            assertThat(read()).isEqualTo(before);
        }
    }

    @Test
    void after_a_failure_nothing_old_is_told(@TempDir Path directory) throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("mountinfo"), mountinfo);
        MountTable linked = new MountTable(link);
        byte[] before = linked.read();
        order("mount -t tmpfs none /mnt");
        Files.delete(link);
        Files.createDirectory(link); // can be opened and not be read
        assertThatThrownBy(linked::read).isInstanceOf(IOException.class);
        Files.delete(link);
        Files.createSymbolicLink(link, mountinfo);
        assertThat(linked.read()).isNotEqualTo(before).isEqualTo(Files.readAllBytes(mountinfo));
        order("umount /mnt");
    }

    @Test
    void what_is_forgotten_is_read_again() throws IOException {
        byte[] first = table.read();
        table.forget();
        assertThat(table.read()).isNotSameAs(first).isEqualTo(first);
    }

    /** Of this the kernel does not tell (see do_change_type() in fs/namespace.c), which is why there are two ways to read. */
    @Test
    void how_mounts_propagate_is_seen_when_it_is_asked_for() throws IOException {
        order("mount -t tmpfs none /mnt");
        assertThat(read()).doesNotContain(" shared:");
        order("mount --make-shared /mnt");
        assertThat(new String(table.readAgain(), UTF_8)).contains(" shared:");
        order("mount --make-private /mnt");
        assertThat(new String(table.readAgain(), UTF_8)).doesNotContain(" shared:");
        order("umount /mnt");
        assertThat(read()).doesNotContain(" /mnt ");
    }
}
