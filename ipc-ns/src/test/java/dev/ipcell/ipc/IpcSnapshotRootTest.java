// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A snapshot against objects of which the maker knows everything: a small C program, run in the namespace. */
@Tag("root")
@Timeout(60)
class IpcSnapshotRootTest {
    private static final String MAKER = """
        #include <fcntl.h>
        #include <mqueue.h>
        #include <signal.h>
        #include <stdio.h>
        #include <string.h>
        #include <sys/ipc.h>
        #include <sys/msg.h>
        #include <sys/sem.h>
        #include <sys/shm.h>
        #include <sys/stat.h>
        #include <unistd.h>

        static int sysv(void)
        {
        	struct { long type; char text[5]; } message = {1, "12345"};
        	int queue = msgget(0x1234, IPC_CREAT | 0640);
        	struct msqid_ds facts;
        	if (queue < 0 || msgsnd(queue, &message, 5, 0) || msgsnd(queue, &message, 4, 0))
        		return 1;
        	if (msgrcv(queue, &message, 5, 0, 0) != 5 || msgctl(queue, IPC_STAT, &facts))
        		return 2;
        	facts.msg_perm.uid = 4000000001u;
        	facts.msg_perm.gid = 4000000002u;
        	if (msgctl(queue, IPC_SET, &facts))
        		return 3;
        	int set = semget(0x5678, 6, IPC_CREAT | 0600);
        	struct sembuf up = {5, 1, 0};
        	if (set < 0 || semop(set, &up, 1))
        		return 4;
        	int segment = shmget(-2, 12345, IPC_CREAT | 0604);
        	if (segment < 0)
        		return 5;
        	char *memory = shmat(segment, NULL, 0);
        	if (memory == (char *)-1)
        		return 6;
        	memory[0] = 1;
        	return shmctl(segment, SHM_LOCK, NULL) || shmctl(segment, IPC_RMID, NULL) ? 7 : 0;
        }

        static int posix(void)
        {
        	struct mq_attr attributes = {.mq_maxmsg = 7, .mq_msgsize = 100};
        	mqd_t queue = mq_open("/jobs", O_CREAT | O_RDWR, 0600, &attributes);
        	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
        	if (queue < 0 || mq_send(queue, "one", 3, 0) || mq_send(queue, "four", 4, 9) || mq_notify(queue, &event))
        		return 10;
        	if (fchmod(queue, 0644) || fchown(queue, 4000000003u, 4294967294u))
        		return 11;
        	return mq_open("/\\377odd\\nname", O_CREAT | O_RDWR, 0600, NULL) < 0 ? 12 : 0;
        }

        int main(void)
        {
        	int error = sysv();
        	if (!error)
        		error = posix();
        	printf("%d\\n", error);
        	fflush(stdout);
        	return error || getchar() == 0;
        }
        """;

    @TempDir
    private static Path directory;

    private static Path maker = Path.of("maker");

    @BeforeAll
    static void build_the_maker() throws Exception {
        Path source = Files.writeString(directory.resolve("maker.c"), MAKER);
        maker = directory.resolve("maker");
        Process gcc = new ProcessBuilder("gcc", "-o", maker.toString(), source.toString())
                .redirectErrorStream(true)
                .start();
        String complaints = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(gcc.waitFor()).as(complaints).isZero();
    }

    @Test
    void a_snapshot_has_every_fact_of_every_object() throws Exception {
        try (IpcNamespace namespace = IpcNamespace.create()) {
            Process made = make(namespace);
            try {
                IpcSnapshot seen = namespace.snapshot();
                check(seen.queues().getFirst(), made.pid());
                check(seen.semaphoreSets().getFirst());
                check(seen.sharedMemory().getFirst(), made.pid());
                PosixQueue jobs = seen.messageQueues().getFirst();
                int usr2 = 12;
                assertThat(jobs)
                        .isEqualTo(new PosixQueue(
                                "jobs",
                                0644,
                                4000000003L,
                                4294967294L,
                                new PosixQueue.Content(7, 100, 2, 7, 0, usr2, made.pid())));
                assertThat(seen.usage()).extracting(IpcUsage::used).containsExactly(1L, 1L, 6L, 1L, pages(12345), 2L);
            } finally {
                made.destroyForcibly().waitFor();
            }
            assertThat(namespace.snapshot().sharedMemory()).isEmpty(); // it was dying
        }
    }

    @Test
    void a_queue_whose_name_is_no_text_is_seen_too() throws Exception {
        try (IpcNamespace namespace = IpcNamespace.create()) {
            make(namespace).destroyForcibly().waitFor();
            PosixQueue odd = namespace.snapshot().messageQueues().getLast();
            assertThat(odd.name()).isEqualTo("\ufffdodd\nname");
            assertThat(Objects.requireNonNull(odd.content()).maxMessages()).isEqualTo(10);
        }
    }

    @Test
    void a_used_up_limit_is_seen_where_the_kernel_refuses_more() throws Exception {
        try (IpcNamespace namespace = IpcNamespace.create()) {
            make(namespace).destroyForcibly().waitFor();
            namespace.configure(Map.of("kernel.msgmni", "2", "kernel.sem", "250 8 32 2"));
            for (int i = 0; i < 2; i++) {
                IpcUsage queues = namespace.snapshot().usage().get(0);
                IpcUsage semaphores = namespace.snapshot().usage().get(2);
                assertThat(ipcmk(namespace, "-Q")).isEqualTo(!queues.isReached());
                assertThat(ipcmk(namespace, "-S", "2")).isEqualTo(!semaphores.isReached());
            }
            assertThat(namespace.snapshot().usage().get(0).isReached()).isTrue();
        }
    }

    private static void check(SysvQueue queue, long pid) {
        SysvPermissions permissions = queue.permissions();
        assertThat(permissions)
                .isEqualTo(new SysvPermissions(0x1234, permissions.id(), 0640, 4000000001L, 4000000002L, 0, 0));
        assertThat(queue.messages()).isEqualTo(1);
        assertThat(queue.bytes()).isEqualTo(4);
        assertThat(queue.lastSender()).isEqualTo(pid);
        assertThat(queue.lastReceiver()).isEqualTo(pid);
        assertThat(queue.sent()).isBetween(now() - 60, now());
        assertThat(queue.received()).isBetween(now() - 60, now());
        assertThat(queue.changed()).isBetween(now() - 60, now());
    }

    private static void check(SysvSemaphoreSet set) {
        assertThat(set.permissions().key()).isEqualTo(0x5678);
        assertThat(set.permissions().mode()).isEqualTo(0600);
        assertThat(set.semaphores()).isEqualTo(6);
        assertThat(set.operated()).isBetween(now() - 60, now());
        assertThat(set.changed()).isBetween(now() - 60, now());
    }

    private static void check(SysvSharedMemory segment, long pid) {
        assertThat(segment.permissions().mode() & 0777).isEqualTo(0604);
        assertThat(segment.permissions().key()).isZero(); // what is dying has lost its key
        assertThat(segment.dying()).isTrue();
        assertThat(segment.locked()).isTrue();
        assertThat(segment.size()).isEqualTo(12345);
        assertThat(segment.creator()).isEqualTo(pid);
        assertThat(segment.lastUser()).isEqualTo(pid);
        assertThat(segment.attached()).isEqualTo(1);
        assertThat(segment.attachedAt()).isBetween(now() - 60, now());
        assertThat(segment.detachedAt()).isZero();
        assertThat(segment.resident()).isPositive();
    }

    /** Times of System V objects are by the kernel's coarse clock, which does not run ahead. */
    private static long now() {
        return TimeUnit.MILLISECONDS.toSeconds(System.currentTimeMillis());
    }

    private static long pages(long bytes) throws IOException, InterruptedException {
        Process getconf = new ProcessBuilder("getconf", "PAGESIZE").start();
        long page =
                Long.parseLong(new String(getconf.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).trim());
        assertThat(getconf.waitFor()).isZero();
        return (bytes + page - 1) / page;
    }

    /** Runs the maker until all objects are there; it waits for its end then. */
    private static Process make(IpcNamespace namespace) throws Exception {
        Process made = namespace.call(() -> new ProcessBuilder(maker.toString()).start());
        assertThat((char) made.getInputStream().read()).isEqualTo('0');
        return made;
    }

    private static boolean ipcmk(IpcNamespace namespace, String... options) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("ipcmk");
        builder.command().addAll(java.util.List.of(options));
        builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.DISCARD);
        return namespace.call(() -> builder.start().waitFor()) == 0;
    }
}
