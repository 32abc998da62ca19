// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.CgroupOp.AwaitFile;
import dev.ipcell.shim.CgroupOp.BpfDevice;
import dev.ipcell.shim.CgroupOp.Chown;
import dev.ipcell.shim.ContainerOp.SignalCgroup;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Operations on control groups. */
class CgroupOpTest {
    private static final Slot CGROUP = new Slot(0, "cgroup");

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    /** {@code r0 = verdict; exit}. */
    private static byte[] always(int verdict) {
        return new RawBytes().u32(0xb7).u32(verdict).u32(0x95).u32(0).done();
    }

    private static Op open(TestCgroup cgroup) {
        return new DescriptorOp.OpenFd(
                CGROUP, Slot.CWD, cgroup.path().toString(), Linux.O_RDONLY | Linux.O_DIRECTORY, 0, 0);
    }

    private static ProcessOp.Clone inside(Op... ops) {
        return new ProcessOp.Clone(Child.SLOT, 0, CGROUP, "child", Child.program(ops));
    }

    private static final Op OPENS_NULL =
            new DescriptorOp.OpenFd(new Slot(1, "null"), Slot.CWD, "/dev/null", Linux.O_RDWR, 0, 0);

    private String opensNull() throws Exception {
        try {
            executor.run(inside(OPENS_NULL, new ChildOp.SyncPoint(1)), new ProcessOp.AwaitChild(Child.SLOT, 1));
            executor.run(new ProcessOp.Kill(Child.SLOT, Linux.SIGKILL, 5000), new ProcessOp.Commit());
            return "opened";
        } catch (AssertionError e) {
            return String.valueOf(e.getMessage());
        }
    }

    @Test
    @Tag("root")
    @Shows(BpfDevice.class)
    void a_program_decides_about_devices_and_is_replaced_by_another() throws Exception {
        try (TestCgroup cgroup = TestCgroup.unified()) {
            executor.run(open(cgroup));
            assertThat(opensNull()).isEqualTo("opened");
            executor.run(new BpfDevice(CGROUP, always(0), 0));
            assertThat(opensNull()).isEqualTo("child: openat2 /dev/null: EPERM");
            executor.run(new BpfDevice(CGROUP, always(1), 0));
            assertThat(opensNull()).as("both must allow").isEqualTo("child: openat2 /dev/null: EPERM");
            executor.run(new BpfDevice(CGROUP, always(1), BpfDevice.REPLACE));
            assertThat(opensNull()).isEqualTo("opened");
            executor.run(new BpfDevice(CGROUP, always(0), BpfDevice.REPLACE));
            assertThat(opensNull()).isEqualTo("child: openat2 /dev/null: EPERM");
            executor.disconnect();
            executor.exitCode();
        }
    }

    @Test
    @Tag("root")
    @Fails(BpfDevice.class)
    void a_program_that_the_kernel_refuses_is_told_in_the_kernel_s_own_words() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        executor.run(new DescriptorOp.OpenFd(CGROUP, Slot.CWD, file.toString(), 0, 0, 0));
        String broken = "BPF_PROG_LOAD not a whole number of instructions: EINVAL";
        assertThat(executor.failure(new BpfDevice(CGROUP, new byte[0], 0))).isEqualTo(broken);
        assertThat(executor.failure(new BpfDevice(CGROUP, new byte[9], 0))).isEqualTo(broken);
        byte[] noExit = new RawBytes().u32(0xb7).u32(0).done();
        assertThat(executor.failure(new BpfDevice(CGROUP, noExit, 0)))
                .startsWith("BPF_PROG_LOAD ")
                .contains("last insn is not an exit or jmp")
                .endsWith(": EINVAL");
        assertThat(executor.failure(new BpfDevice(CGROUP, always(1), 0))).isEqualTo("BPF_PROG_ATTACH: EBADF");
        assertThat(executor.failure(new BpfDevice(CGROUP, always(1), BpfDevice.REPLACE)))
                .isEqualTo("BPF_PROG_QUERY: EBADF");
        assertThat(executor.failure(new BpfDevice(new Slot(7, "empty"), always(1), 0)))
                .isEqualTo("slot an empty slot: EBADF");
    }

    @Test
    @Shows(SignalCgroup.class)
    void a_signal_goes_to_all_that_are_listed() throws Exception {
        Process first = new ProcessBuilder("sleep", "60").start();
        Process second = new ProcessBuilder("sleep", "60").start();
        Files.writeString(directory.resolve("cgroup.procs"), first.pid() + "\n" + second.pid() + "\n0\n");
        executor.run(
                new SignalCgroup(Slot.CWD, directory.toString(), Linux.SIGTERM),
                new SignalCgroup(Slot.CWD, directory.resolve("missing").toString(), Linux.SIGTERM));
        assertThat(first.waitFor()).isEqualTo(128 + Linux.SIGTERM);
        assertThat(second.waitFor()).isEqualTo(128 + Linux.SIGTERM);
    }

    @Test
    @Fails(SignalCgroup.class)
    void a_list_that_is_none_is_refused() throws Exception {
        Files.writeString(directory.resolve("cgroup.procs"), "all\n");
        assertThat(executor.failure(new SignalCgroup(Slot.CWD, directory.toString(), Linux.SIGTERM)))
                .isEqualTo("read " + directory + ": EINVAL");
    }

    @Test
    @Shows(AwaitFile.class)
    void a_line_of_a_file_is_awaited_and_asked_for_again() throws Exception {
        Path file = Files.writeString(directory.resolve("events"), "populated 1\nfrozen 0\n");
        executor.run(new AwaitFile(Slot.CWD, file.toString(), "frozen 0", "", 0));
        Thread writer = Thread.ofPlatform().start(() -> {
            try {
                Thread.sleep(100);
                Files.writeString(file, "populated 1\nfrozen 1");
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        executor.run(new AwaitFile(Slot.CWD, file.toString(), "frozen 1", "", 5000));
        writer.join();
        executor.run(new AwaitFile(Slot.CWD, file.toString(), "again", "again\n", 5000));
        assertThat(file).content(UTF_8).startsWith("again\n");
    }

    @Test
    @Fails(AwaitFile.class)
    void a_line_that_does_not_come_is_a_failure_in_time() throws Exception {
        Path file = Files.writeString(directory.resolve("events"), "frozen 10\nnot frozen 1\n\nfrozen 1 ");
        long start = System.nanoTime();
        assertThat(executor.failure(new AwaitFile(Slot.CWD, file.toString(), "frozen 1", "", 60)))
                .isEqualTo("await " + file + ": ETIMEDOUT");
        assertThat(System.nanoTime() - start).isGreaterThan(60_000_000);
        Path missing = directory.resolve("missing");
        assertThat(executor.failure(new AwaitFile(Slot.CWD, missing.toString(), "x", "", 60)))
                .isEqualTo("openat2 " + missing + ": ENOENT");
        assertThat(executor.failure(new AwaitFile(Slot.CWD, "/dev/full", "x", "y", 60)))
                .isEqualTo("write /dev/full: ENOSPC");
    }

    @Test
    @Tag("root")
    @Shows(Chown.class)
    void a_file_is_given_to_another_user_and_one_that_is_not_there_is_passed_over() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        executor.run(
                new Chown(Slot.CWD, file.toString(), 70001, 70002),
                new Chown(Slot.CWD, file.toString(), 70003, Chown.KEPT),
                new Chown(Slot.CWD, directory + "/none", 70001, 70001));
        assertThat(Files.getAttribute(file, "unix:uid")).isEqualTo(70003);
        assertThat(Files.getAttribute(file, "unix:gid")).isEqualTo(70002);
    }

    @Test
    @Fails(Chown.class)
    void nobody_gets_what_is_below_a_file() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        assertThat(executor.failure(new Chown(Slot.CWD, file + "/x", 1, 1))).isEqualTo("chown " + file + "/x: ENOTDIR");
    }
}
