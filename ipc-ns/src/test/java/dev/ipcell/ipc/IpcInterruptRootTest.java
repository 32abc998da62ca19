// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An interrupt costs no descriptor, and is not forgotten. */
@Tag("root")
@Timeout(60)
class IpcInterruptRootTest {
    @AfterEach
    void go_on_uninterrupted() {
        Thread.interrupted();
    }

    @Test
    void an_interrupted_thread_makes_a_namespace_all_the_same_and_stays_interrupted() throws Exception {
        long before = namespaceDescriptors();
        for (int i = 0; i < 20; i++) {
            Thread.currentThread().interrupt();
            try (IpcNamespace namespace = IpcNamespace.create()) {
                assertThat(Thread.interrupted()).isTrue();
                assertThat(namespace.isCurrent()).isFalse();
                assertThat(namespaceDescriptors()).isEqualTo(before + 1);
            }
        }
        assertThat(namespaceDescriptors()).isEqualTo(before);
    }

    @Test
    void an_interrupted_thread_gets_its_snapshot() throws Exception {
        try (IpcNamespace namespace = IpcNamespace.create()) {
            Thread.currentThread().interrupt();
            assertThat(namespace.snapshot().isEmpty()).isTrue();
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    @Test
    void an_interrupt_reaches_the_task_and_its_end_is_waited_for() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        Thread caller = Thread.currentThread();
        Thread interrupter = Thread.ofPlatform().start(() -> {
            try {
                started.await();
                caller.interrupt();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        try (IpcNamespace namespace = IpcNamespace.create()) {
            assertThatThrownBy(() -> namespace.call(() -> {
                        started.countDown();
                        try {
                            new CountDownLatch(1).await();
                            return "never";
                        } finally {
                            ended.countDown();
                        }
                    }))
                    .isInstanceOf(InterruptedException.class);
        }
        assertThat(ended.getCount()).isZero();
        assertThat(Thread.interrupted()).isFalse();
        interrupter.join();
    }

    @Test
    void a_task_that_does_not_care_for_the_interrupt_returns_its_result() throws Exception {
        try (IpcNamespace namespace = IpcNamespace.create()) {
            Thread.currentThread().interrupt();
            assertThat(namespace.call(() -> "done")).isEqualTo("done");
            assertThat(Thread.interrupted()).isTrue();
        }
    }

    private static long namespaceDescriptors() throws IOException {
        long count = 0;
        try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
            for (Path entry : entries.toList()) {
                if (Files.exists(entry, LinkOption.NOFOLLOW_LINKS)
                        && Files.readSymbolicLink(entry).toString().startsWith("ipc:[")) {
                    count++;
                }
            }
        }
        return count;
    }
}
