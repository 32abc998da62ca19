// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Operations on namespaces. It is the executor that changes them: this process stays where it is. */
class NamespaceOpTest {
    private static final Slot SLOT = new Slot(0, "slot");
    private static final Slot OTHER = new Slot(1, "other");
    private static final String OWN_IPC = "/proc/self/ns/ipc";

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    private static NamespaceOp.OpenNs open(Slot slot, String path) {
        return new NamespaceOp.OpenNs(slot, Slot.CWD, path);
    }

    @Test
    @Shows(NamespaceOp.OpenNs.class)
    void open_ns_tells_which_namespace_it_is_and_whose() throws Exception {
        NamespaceFacts facts =
                NamespaceFacts.decode(executor.run(open(SLOT, OWN_IPC)).bytes(0));
        assertThat(facts.type()).isEqualTo(Linux.CLONE_NEWIPC);
        assertThat(facts.id().ino()).isEqualTo(Files.getAttribute(Path.of(OWN_IPC), "unix:ino"));
        assertThat(facts.owner()).isEqualTo(executor.hello().namespace("user"));
    }

    @Test
    @Fails(NamespaceOp.OpenNs.class)
    void open_ns_opens_nothing_but_namespaces() throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        assertThat(executor.failure(open(SLOT, file.toString()))).isEqualTo("fstatfs " + file + ": EINVAL");
        assertThat(executor.failure(open(SLOT, "/proc/self/status"))).isEqualTo("fstatfs /proc/self/status: EINVAL");
        assertThat(executor.failure(open(SLOT, file + "missing"))).isEqualTo("openat2 " + file + "missing: ENOENT");
        assertThat(executor.failure(new DescriptorOp.FdPath(SLOT))).isEqualTo("slot an empty slot: EBADF");
    }

    @Test
    void open_ns_does_not_wait_for_a_fifo() throws Exception {
        Path fifo = directory.resolve("fifo");
        executor.run(
                new DescriptorOp.OpenFd(OTHER, Slot.CWD, directory.toString(), Linux.O_PATH, 0, 0),
                new PathOp.MakeNode(
                        OTHER,
                        "fifo",
                        Linux.S_IFIFO | 0600,
                        0,
                        0,
                        executor.hello().caller().uid(),
                        executor.hello().caller().gid()));
        assertThat(executor.failure(open(SLOT, fifo.toString()))).isEqualTo("fstatfs " + fifo + ": EINVAL");
    }

    @Test
    @Tag("root")
    @Shows({NamespaceOp.Unshare.class, NamespaceOp.SetNs.class})
    void unshare_leaves_a_namespace_and_set_ns_comes_back() throws Exception {
        var outcome = executor.run(
                open(SLOT, OWN_IPC),
                new NamespaceOp.Unshare(Linux.CLONE_NEWIPC),
                open(OTHER, OWN_IPC),
                new NamespaceOp.SetNs(SLOT, Linux.CLONE_NEWIPC),
                open(OTHER, OWN_IPC));
        NamespaceId before = NamespaceFacts.decode(outcome.bytes(0)).id();
        assertThat(NamespaceFacts.decode(outcome.bytes(2)).id()).isNotEqualTo(before);
        assertThat(NamespaceFacts.decode(outcome.bytes(4)).id()).isEqualTo(before);
    }

    @Test
    @Tag("root")
    @Fails(NamespaceOp.SetNs.class)
    void set_ns_enters_only_the_kind_that_was_said() throws Exception {
        executor.run(open(SLOT, OWN_IPC));
        assertThat(executor.failure(new NamespaceOp.SetNs(SLOT, Linux.CLONE_NEWUTS)))
                .isEqualTo("setns: EINVAL");
        assertThat(executor.failure(new NamespaceOp.SetNs(OTHER, 0))).isEqualTo("slot an empty slot: EBADF");
    }

    @Test
    @Fails(NamespaceOp.Unshare.class)
    void unshare_refuses_what_is_no_namespace() throws Exception {
        assertThat(executor.failure(new NamespaceOp.Unshare(1))).isEqualTo("unshare: EINVAL");
    }

    @Test
    @Tag("root")
    @Shows({NamespaceOp.SetHostname.class, NamespaceOp.SetDomainname.class})
    void the_names_are_set_in_the_child_s_namespace_only() throws Exception {
        String before = Files.readString(Path.of("/proc/sys/kernel/hostname"));
        executor.run(
                new NamespaceOp.Unshare(Linux.CLONE_NEWUTS),
                new NamespaceOp.SetHostname("cell"),
                new NamespaceOp.SetDomainname("example.org"));
        var outcome = executor.run(
                new FileOp.ReadFile(Slot.CWD, "/proc/sys/kernel/hostname", 100, 0),
                new FileOp.ReadFile(Slot.CWD, "/proc/sys/kernel/domainname", 100, 0));
        assertThat(outcome.text(0)).isEqualTo("cell\n");
        assertThat(outcome.text(1)).isEqualTo("example.org\n");
        assertThat(Path.of("/proc/sys/kernel/hostname")).hasContent(before);
    }

    @Test
    @Tag("root")
    @Fails({NamespaceOp.SetHostname.class, NamespaceOp.SetDomainname.class})
    void a_name_that_is_too_long_is_refused() throws Exception {
        executor.run(new NamespaceOp.Unshare(Linux.CLONE_NEWUTS));
        String name = "x".repeat(65);
        assertThat(executor.failure(new NamespaceOp.SetHostname(name))).isEqualTo("sethostname " + name + ": EINVAL");
        assertThat(executor.failure(new NamespaceOp.SetDomainname(name)))
                .isEqualTo("setdomainname " + name + ": EINVAL");
    }
}
