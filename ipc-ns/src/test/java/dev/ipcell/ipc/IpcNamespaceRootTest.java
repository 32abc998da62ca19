// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ipcell.shim.NamespaceId;
import dev.ipcell.shim.linux.Fd;
import dev.ipcell.shim.linux.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real namespaces with real objects in them. The host's objects and limits are the same afterwards, or the test fails.
 */
@Tag("root")
@Timeout(60)
class IpcNamespaceRootTest {
    @TempDir
    private Path directory;

    private String hostBefore = "";

    @BeforeEach
    void look_at_the_host() throws Exception {
        hostBefore = host();
    }

    @AfterEach
    void the_host_is_unaffected() throws Exception {
        assertThat(host()).isEqualTo(hostBefore);
    }

    @Test
    void a_new_namespace_is_empty_and_another_one() throws Exception {
        try (IpcNamespace created = IpcNamespace.create();
                IpcNamespace current = IpcNamespace.current()) {
            assertThat(created.id()).isNotEqualTo(current.id());
            assertThat(created.isCurrent()).isFalse();
            assertThat(current.isCurrent()).isTrue();
            assertThat(created.call(created::isCurrent)).isTrue();
            assertThat(created.snapshot().isEmpty()).isTrue();
            assertThat(created.snapshot().limits().number("kernel.msgmax")).hasValue(8192);
            assertThat(created.owner()).isEqualTo(userNamespace());
        }
    }

    @Test
    void objects_made_inside_are_seen_inside_with_all_columns() throws Exception {
        try (IpcNamespace namespace = IpcNamespace.create()) {
            run(namespace, "ipcmk", "-Q", "-p", "0640", "-S", "3", "-M", "5000");
            IpcSnapshot seen = namespace.snapshot();
            SysvQueue queue = seen.queues().getFirst();
            assertThat(queue.permissions().mode()).isEqualTo(0640);
            assertThat(queue.permissions().key()).isNotZero();
            assertThat(queue.messages()).isZero();
            long now = TimeUnit.MILLISECONDS.toSeconds(System.currentTimeMillis());
            assertThat(queue.changed()).isBetween(now - 60, now + 60);
            assertThat(seen.semaphoreSets().getFirst().semaphores()).isEqualTo(3);
            SysvSharedMemory segment = seen.sharedMemory().getFirst();
            assertThat(segment.size()).isEqualTo(5000);
            assertThat(segment.creator()).isPositive();
            assertThat(segment.attached()).isZero();
            assertThat(segment.dying()).isFalse();
        }
    }

    @Test
    void a_posix_queue_made_inside_is_seen_inside_with_its_owner_and_mode() throws Exception {
        try (IpcNamespace namespace = IpcNamespace.create()) {
            namespace.call(() -> {
                makeQueue("jobs");
                makeQueue("answers");
                return true;
            });
            assertThat(namespace.snapshot().messageQueues())
                    .containsExactly(
                            new PosixQueue("answers", 0620, 0, 0, new PosixQueue.Content(10, 8192, 0, 0, 0, 0, 0)),
                            new PosixQueue("jobs", 0620, 0, 0, new PosixQueue.Content(10, 8192, 0, 0, 0, 0, 0)));
        }
    }

    @Test
    void a_parameter_changed_inside_is_seen_inside() throws Exception {
        try (IpcNamespace namespace = IpcNamespace.create()) {
            namespace.call(() -> Files.writeString(Path.of("/proc/sys/kernel/msgmax"), "9999"));
            assertThat(namespace.snapshot().limits().number("kernel.msgmax")).hasValue(9999);
        }
    }

    @Test
    void the_next_id_is_where_numbering_goes_on() throws Exception {
        try (IpcNamespace namespace = IpcNamespace.create()) {
            namespace.call(() -> Files.writeString(Path.of("/proc/sys/kernel/msg_next_id"), "5"));
            run(namespace, "ipcmk", "-Q");
            assertThat(namespace.snapshot().queues().getFirst().permissions().id())
                    .isEqualTo(5);
        }
    }

    @Test
    void two_threads_are_in_two_namespaces_at_once() throws Exception {
        CyclicBarrier both = new CyclicBarrier(2);
        try (IpcNamespace one = IpcNamespace.create();
                IpcNamespace two = IpcNamespace.create()) {
            FutureTask<String> first = msgmaxInside(one, "1001", both);
            FutureTask<String> second = msgmaxInside(two, "1002", both);
            Thread.ofPlatform().start(first);
            Thread.ofPlatform().start(second);
            assertThat(first.get()).isEqualTo("1001\n");
            assertThat(second.get()).isEqualTo("1002\n");
        }
    }

    @Test
    void objects_live_as_long_as_the_namespace_is_held() throws Exception {
        NamespaceId id;
        Path pin = directory.resolve("pin");
        try (IpcNamespace namespace = IpcNamespace.create()) {
            run(namespace, "ipcmk", "-Q");
            namespace.pin(pin);
            id = namespace.id();
        }
        try (IpcNamespace again = IpcNamespace.open(pin)) {
            assertThat(again.id()).isEqualTo(id);
            assertThat(again.snapshot().queues()).hasSize(1);
            assertThatThrownBy(() -> again.pin(pin)).hasMessage(pin + " is a pin already");
        } finally {
            IpcNamespace.unpin(pin);
        }
        assertThat(pin).doesNotExist();
        IpcNamespace.unpin(pin);
    }

    @Test
    void a_file_with_content_is_no_place_for_a_pin() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "mine");
        try (IpcNamespace namespace = IpcNamespace.create()) {
            assertThatThrownBy(() -> namespace.pin(file)).hasMessage(file + " is there, and is no empty file");
            assertThatThrownBy(() -> namespace.pin(directory)).hasMessageContaining("no empty file");
        }
        assertThat(file).hasContent("mine");
    }

    @Test
    void a_process_leads_to_its_namespace() throws Exception {
        Process sleeper = new ProcessBuilder("unshare", "--ipc", "sleep", "60").start();
        try (IpcNamespace current = IpcNamespace.current()) {
            NamespaceId id = current.id();
            for (int i = 0; i < 100 && id.same(current.id()); i++) { // unshare(1) takes a moment
                Thread.sleep(20);
                try (IpcNamespace theirs = IpcNamespace.ofPid(sleeper.pid())) {
                    id = theirs.id();
                }
            }
            assertThat(id.same(current.id())).isFalse();
            try (IpcNamespace byPath = IpcNamespace.open(Path.of("/proc/" + sleeper.pid() + "/ns/ipc"))) {
                assertThat(byPath.id()).isEqualTo(id);
            }
        } finally {
            sleeper.destroyForcibly().waitFor();
        }
    }

    @Test
    void a_namespace_of_another_user_namespace_is_owned_by_that() throws Exception {
        Process sleeper = new ProcessBuilder(
                        "unshare", "--user", "--map-root-user", "--ipc", "sh", "-c", "echo; exec sleep 60")
                .start();
        try {
            assertThat(sleeper.getInputStream().read()).isEqualTo('\n');
            try (IpcNamespace theirs = IpcNamespace.ofPid(sleeper.pid())) {
                long ino = ((Number) Files.getAttribute(Path.of("/proc/" + sleeper.pid() + "/ns/user"), "unix:ino"))
                        .longValue();
                assertThat(theirs.owner().ino()).isEqualTo(ino);
                assertThat(theirs.owner()).isNotEqualTo(userNamespace());
                assertThat(theirs.snapshot().isEmpty()).isTrue();
            }
        } finally {
            sleeper.destroyForcibly().waitFor();
        }
    }

    @Test
    void what_the_task_throws_reaches_the_caller() throws Exception {
        try (IpcNamespace namespace = IpcNamespace.create()) {
            assertThatThrownBy(() -> namespace.call(() -> {
                        throw new java.util.MissingResourceException("a", "b", "c");
                    }))
                    .isInstanceOf(java.util.MissingResourceException.class);
            assertThatThrownBy(() -> namespace.call(() -> {
                        throw new StackOverflowError("deep");
                    }))
                    .isInstanceOf(StackOverflowError.class);
        }
    }

    @Test
    void snapshots_leave_no_descriptor_and_no_mount() throws Exception {
        try (IpcNamespace namespace = IpcNamespace.create()) {
            namespace.snapshot();
            long mounts =
                    Files.readString(Path.of("/proc/self/mountinfo")).lines().count();
            long descriptors = descriptors();
            for (int i = 0; i < 50; i++) {
                namespace.snapshot();
            }
            assertThat(descriptors()).isLessThan(descriptors + 25);
            assertThat(Files.readString(Path.of("/proc/self/mountinfo")).lines().count())
                    .isEqualTo(mounts);
        }
    }

    private static FutureTask<String> msgmaxInside(IpcNamespace namespace, String value, CyclicBarrier both) {
        Path file = Path.of("/proc/sys/kernel/msgmax");
        return new FutureTask<>(() -> namespace.call(() -> {
            Files.writeString(file, value);
            both.await(30, TimeUnit.SECONDS);
            return ProcFile.read(file);
        }));
    }

    static void makeQueue(String name) throws IOException {
        makeQueue(name, 0);
    }

    /** In the calling thread's namespace, as mq_open(3) would. */
    static void makeQueue(String name, int uid) throws IOException {
        try (Fd context = Mounts.fsopen("mqueue")) {
            Mounts.fscreate(context);
            try (Fd mount = Mounts.fsmount(context, 0)) {
                Path queue = Files.createFile(mount.procPath().resolve(name));
                Files.setPosixFilePermissions(queue, PosixFilePermissions.fromString("rw--w----"));
                Files.setAttribute(queue, "unix:uid", uid);
            }
        }
    }

    private static void run(IpcNamespace namespace, String... command) throws Exception {
        int code = namespace.call(() -> new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start()
                .waitFor());
        assertThat(code).as(String.join(" ", command)).isZero();
    }

    private static NamespaceId userNamespace() throws IOException {
        Path file = Path.of("/proc/self/ns/user");
        return new NamespaceId(
                ((Number) Files.getAttribute(file, "unix:dev")).longValue(),
                ((Number) Files.getAttribute(file, "unix:ino")).longValue());
    }

    private static long descriptors() throws IOException {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }

    private static String host() throws IOException {
        StringBuilder host = new StringBuilder();
        for (String file : List.of("sysvipc/msg", "sysvipc/sem", "sys/kernel/msgmax", "sys/kernel/msg_next_id")) {
            host.append(ProcFile.read(Path.of("/proc", file)));
        }
        return host.toString();
    }
}
