// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.ChildOp.AwaitParent;
import dev.ipcell.shim.ChildOp.SendFd;
import dev.ipcell.shim.ChildOp.SetSid;
import dev.ipcell.shim.ChildOp.SyncPoint;
import dev.ipcell.shim.ProcessOp.AwaitChild;
import dev.ipcell.shim.ProcessOp.Clone;
import dev.ipcell.shim.ProcessOp.ReleaseChild;
import dev.ipcell.shim.linux.Processes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** A child, its program, and the points at which it and its parent wait for each other. */
class CloneOpTest {
    private static final Slot FILE = new Slot(0, "file");
    private static final Slot OTHER = new Slot(1, "other");
    private static final Slot EMPTY = new Slot(7, "empty");
    private static final int POINT = 42;

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    private static DescriptorOp.OpenFd open(Slot slot, Path path) {
        return new DescriptorOp.OpenFd(slot, Slot.CWD, path.toString(), Linux.O_PATH, 0, 0);
    }

    private static FileOp.WriteFile mark(Path path) {
        return new FileOp.WriteFile(
                Slot.CWD, path.toString(), Linux.O_WRONLY | Linux.O_CREAT | Linux.O_EXCL, 0600, 0, new byte[1]);
    }

    @Test
    @Tag("root")
    @Shows(Clone.class)
    void a_child_has_the_name_the_namespaces_and_nothing_that_is_not_its_own() throws Exception {
        Child child = Child.start(executor, Linux.CLONE_NEWPID | Linux.CLONE_NEWUTS);
        assertThat(child.status("Name")).isEqualTo("child");
        assertThat(child.status("PPid")).isEqualTo(Integer.toString(executor.pid()));
        assertThat(child.status("NSpid")).isEqualTo(child.pid() + "\t1");
        assertThat(Files.readSymbolicLink(child.proc("ns/uts")))
                .isNotEqualTo(Files.readSymbolicLink(executor.proc("ns/uts")));
        assertThat(Files.readSymbolicLink(child.proc("ns/ipc")))
                .isEqualTo(Files.readSymbolicLink(executor.proc("ns/ipc")));
    }

    @Test
    @Tag("root")
    void a_child_has_its_channel_but_not_the_planner_s_socket() throws Exception {
        Child child = Child.start(executor, 0);
        try (var files = Files.list(child.proc("fd"))) {
            assertThat(files.map(CloneOpTest::target).filter(name -> name.startsWith("socket:")))
                    .hasSize(1);
        }
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    @Tag("root")
    void a_child_starts_in_the_cgroup_that_was_opened_for_it() throws Exception {
        try (TestCgroup cgroup = TestCgroup.unified()) {
            Clone clone = Child.waiting(0);
            Op inside = new Clone(clone.process(), 0, FILE, clone.name(), clone.program());
            var outcome = executor.run(open(FILE, cgroup.path()), inside, Child.AWAITED);
            Child child = new Child(outcome.number(1));
            assertThat(Files.readString(child.proc("cgroup")))
                    .contains("/" + cgroup.path().getFileName() + "\n");
            executor.run(new ProcessOp.Kill(Child.SLOT, Linux.SIGKILL, 5000));
        }
    }

    @Test
    void a_child_has_the_slots_as_they_were_when_it_was_made() throws Exception {
        Path first = Files.createDirectory(directory.resolve("first"));
        Path second = Files.createDirectory(directory.resolve("second"));
        for (int i = 0; i < 20; i++) {
            executor.run(
                    open(FILE, first),
                    Child.waiting(0, new PathOp.MakeDir(FILE, "made" + i, 0700, 0)),
                    open(FILE, second),
                    Child.AWAITED);
        }
        assertThat(first.toFile().list()).hasSize(20);
        assertThat(second).isEmptyDirectory();
    }

    @Test
    @Fails(Clone.class)
    void a_clone_is_refused_if_its_flags_or_its_cgroup_are_none() throws Exception {
        int vm = 0x100;
        assertThat(executor.failure(Child.of(vm))).isEqualTo("clone3 flags that are no namespaces: EINVAL");
        executor.run(open(FILE, directory));
        assertThat(executor.failure(new Clone(Child.SLOT, 0, FILE, "child", new Program())))
                .isEqualTo("clone3: EBADF");
        assertThat(executor.failure(new Clone(Child.SLOT, 0, EMPTY, "child", new Program())))
                .isEqualTo("slot an empty slot: EBADF");
        assertThat(executor.failure(new AwaitChild(Child.SLOT, 1))).isEqualTo("poll no such process: ESRCH");
    }

    @Test
    void there_is_room_for_eight_children() throws Exception {
        Op[] eight = new Op[8];
        for (int i = 0; i < eight.length; i++) {
            eight[i] = new Clone(new Slot(10 + i, "child"), 0, Slot.NONE, "child", new Program());
        }
        executor.run(eight);
        assertThat(executor.failure(Child.of(0))).isEqualTo("clone3 no room for one more process: EBUSY");
    }

    @Test
    @Shows({AwaitChild.class, SyncPoint.class, ReleaseChild.class, AwaitParent.class})
    void parent_and_child_wait_for_each_other() throws Exception {
        Path before = directory.resolve("before");
        Path after = directory.resolve("after");
        Clone clone = Child.of(0, mark(before), new SyncPoint(1), new AwaitParent(2), mark(after), new SyncPoint(3));
        executor.run(clone, new AwaitChild(Child.SLOT, 1), new FileOp.Stat(Slot.CWD, before.toString(), 0));
        Thread.sleep(50);
        assertThat(after).doesNotExist();
        executor.run(
                new ReleaseChild(Child.SLOT, 2),
                new AwaitChild(Child.SLOT, 3),
                new FileOp.Stat(Slot.CWD, after.toString(), 0));
    }

    @Test
    @Fails(AwaitChild.class)
    void awaiting_a_child_tells_how_it_ended() throws Exception {
        assertThat(executor.failure(Child.of(0), new AwaitChild(Child.SLOT, 1)))
                .isEqualTo("wait ended with status 1: ECHILD");
        assertThat(executor.failure(Child.of(0, new SyncPoint(1)), new AwaitChild(Child.SLOT, 2)))
                .isEqualTo("sync the wrong point: EPROTO");
        int pid = Child.start(executor, 0).pid();
        Processes.kill(pid, Linux.SIGKILL);
        assertThat(executor.failure(new AwaitChild(Child.SLOT, POINT))).isEqualTo("wait killed by signal 9: ECHILD");
    }

    @Test
    void a_failure_of_the_child_is_told_with_its_step_and_label() throws Exception {
        Path missing = directory.resolve("missing");
        Op opens = open(FILE, missing);
        assertThat(Child.failure(executor, 0, opens)).isEqualTo("child: openat2 " + missing + ": ENOENT");
        assertThat(executor.lastFailure().step()).extracting(Step::op).isSameAs(opens);
    }

    @Test
    void an_optional_failure_of_the_child_is_passed_over() throws Exception {
        Clone clone = Child.of(0);
        clone.program().add(Step.optional("optional", open(FILE, directory.resolve("missing"))));
        clone.program().add("then", new SyncPoint(1));
        executor.run(clone, new AwaitChild(Child.SLOT, 1));
    }

    @Test
    @Fails(ReleaseChild.class)
    void only_a_child_can_be_released() throws Exception {
        assertThat(executor.failure(new ReleaseChild(EMPTY, 1))).isEqualTo("sendmsg no such process: ESRCH");
    }

    @Test
    @Fails(AwaitParent.class)
    void a_child_that_is_released_elsewhere_says_so() throws Exception {
        assertThat(executor.failure(
                        Child.of(0, new AwaitParent(1), new SyncPoint(2)),
                        new ReleaseChild(Child.SLOT, POINT),
                        new AwaitChild(Child.SLOT, 2)))
                .isEqualTo("child: sync the wrong point: EPROTO");
    }

    @Test
    @Shows(SendFd.class)
    void a_descriptor_of_the_child_comes_into_the_parent_s_slot() throws Exception {
        Path file = Files.createFile(directory.toRealPath().resolve("file"));
        var outcome = executor.run(
                open(OTHER, directory),
                Child.waiting(0, open(FILE, file), new SendFd(FILE, OTHER)),
                Child.AWAITED,
                new DescriptorOp.FdPath(OTHER));
        assertThat(outcome.text(3)).isEqualTo(file.toString());
        assertThat(executor.failure(new DescriptorOp.FdPath(FILE))).isEqualTo("slot an empty slot: EBADF");
    }

    @Test
    @Fails(SendFd.class)
    void an_empty_slot_cannot_be_sent() throws Exception {
        assertThat(Child.failure(executor, 0, new SendFd(EMPTY, OTHER))).isEqualTo("child: slot an empty slot: EBADF");
    }

    @Test
    @Tag("root")
    @Shows(SetSid.class)
    void a_child_leads_its_own_session() throws Exception {
        Child child = Child.start(executor, 0, new SetSid());
        String stat = Files.readString(child.proc("stat"));
        assertThat(stat)
                .matches("(?s)" + child.pid() + " \\(child\\) [RS] \\d+ " + child.pid() + " " + child.pid() + " .*");
    }

    @Test
    @Fails(SetSid.class)
    void a_session_is_led_once() throws Exception {
        assertThat(Child.failure(executor, 0, new SetSid(), new SetSid())).isEqualTo("child: setsid: EPERM");
    }

    @Test
    void nobody_reads_a_value_in_the_child() throws Exception {
        assertThat(Child.failure(executor, 0, new FileOp.ReadFile(Slot.CWD, "/dev/null", 1, 0)))
                .isEqualTo("child: read /dev/null: ENOSYS");
    }
}
