// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.ContainerOp.ListDir;
import dev.ipcell.shim.ContainerOp.SignalCgroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Lists that are longer than what one look at them gives. */
class LongListOpTest {
    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    private Op signal(String list) throws IOException {
        Files.writeString(directory.resolve("cgroup.procs"), list);
        return new SignalCgroup(Slot.CWD, directory.toString(), Linux.SIGTERM);
    }

    /** The first and the last are processes; where a look ends, in the middle of a number too, makes no difference. */
    @Test
    void a_signal_goes_to_the_last_of_many() throws Exception {
        for (int before = 8184; before <= 8194; before++) {
            Process first = new ProcessBuilder("sleep", "10").start();
            Process last = new ProcessBuilder("sleep", "10").start();
            String head = first.pid() + "\n";
            String nobody = "0".repeat(before - head.length() - 1) + "\n";
            executor.run(signal(head + nobody + last.pid() + "\n"));
            assertThat(first.waitFor()).isEqualTo(128 + Linux.SIGTERM);
            assertThat(last.waitFor()).as("behind %s bytes", before).isEqualTo(128 + Linux.SIGTERM);
        }
    }

    /** More than a page of numbers, which is all that the kernel gives at once. */
    @Test
    @Tag("root")
    void a_signal_goes_to_all_of_a_large_cgroup() throws Exception {
        Path ready = directory.resolve("ready");
        String many = "trap : TERM; mkfifo fifo; i=0; while [ $i -lt 900 ]; do (read x <fifo) & i=$((i+1)); done;"
                + " echo >ready; until wait; do :; done; exit 5";
        try (TestCgroup cgroup = TestCgroup.unified()) {
            Slot slot = new Slot(0, "cgroup");
            Program shell =
                    Child.program(new ChildOp.Chdir(directory.toString(), 0), Child.exec("/bin/sh", "-c", many));
            executor.run(
                    new DescriptorOp.OpenFd(slot, Slot.CWD, cgroup.path().toString(), Linux.O_PATH, 0, 0),
                    new ProcessOp.Clone(Child.SLOT, 0, slot, "child", shell),
                    new ProcessOp.AwaitExec(Child.SLOT));
            while (!Files.exists(ready)) {
                Thread.sleep(10);
            }
            Thread.sleep(50);
            Path list = cgroup.path().resolve("cgroup.procs");
            assertThat(Files.readAllLines(list)).hasSize(901);
            executor.run(new SignalCgroup(slot, ".", Linux.SIGTERM));
            for (int tries = 0; !Files.readString(list).isEmpty() && tries < 100; tries++) {
                Thread.sleep(20);
            }
            int left = Files.readAllLines(list).size();
            executor.run(new CgroupOp.KillCgroup(slot, ".", 5000, 0));
            assertThat(left).isZero();
            executor.finish(new ProcessOp.Supervise(Child.SLOT, 0, Slot.NONE), new ProcessOp.ExitAs(Child.SLOT));
            assertThat(executor.exitCode()).isEqualTo(5);
        }
    }

    @Test
    void a_number_without_its_end_is_nobody() throws Exception {
        Process sleeps = new ProcessBuilder("sleep", "10").start();
        try {
            executor.run(signal("0\n".repeat(5000) + sleeps.pid()));
            Thread.sleep(30);
            assertThat(sleeps.isAlive()).isTrue();
        } finally {
            sleeps.destroyForcibly();
        }
    }

    @Test
    void what_is_no_list_far_behind_is_refused() throws Exception {
        assertThat(executor.failure(signal("0\n".repeat(5000) + "x\n"))).isEqualTo("read " + directory + ": EINVAL");
    }

    @Test
    void a_directory_with_too_many_names_is_refused() throws Exception {
        String name = "x".repeat(240);
        for (int i = 1000; i < 1000 + (1 << 20) / 245 + 1; i++) {
            Files.createFile(directory.resolve(name + i));
        }
        assertThat(executor.failure(new ListDir(Slot.CWD, directory.toString(), 0)))
                .isEqualTo("getdents64 " + directory + ": EFBIG");
    }
}
