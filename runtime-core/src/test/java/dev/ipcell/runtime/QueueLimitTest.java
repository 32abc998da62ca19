// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.spec.InvalidSpecException;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code RLIMIT_MSGQUEUE} and the size of queues: told is exactly what the kernel then refuses. */
@Tag("root")
class QueueLimitTest {
    /** Makes a queue of so many messages of that size, by the system call itself. */
    private static final String MAKE = """
            my $call = `uname -m` =~ /x86_64/ ? 240 : 180;
            my ($name, $size) = ("queue", pack "q8", 0, @ARGV, 0, 0, 0, 0, 0);
            my $fd = syscall $call, $name, 0102, 0600, $size;
            print $fd < 0 ? "$!" : "made";
            """;

    @TempDir
    Path temporary;

    private TestBundle bundle(String sysctls, long soft) throws IOException, InvalidSpecException {
        // The kernel counts by user: one that has no other queues.
        return new TestBundle(temporary)
                .replace(Cell.busybox().toString(), Cell.property("ipcell.rootfs.debian"))
                .merge(
                        "{\"process\": {\"user\": {\"uid\": 43210}, \"rlimits+\": [{\"type\": \"RLIMIT_MSGQUEUE\", \"soft\": "
                                + Long.toUnsignedString(soft) + ", \"hard\": " + Long.toUnsignedString(soft)
                                + "}]}, \"linux\": {\"sysctl\": {" + sysctls + "}}}");
    }

    @ParameterizedTest
    @CsvSource({"'', 10, 8192", "'\"fs.mqueue.msg_max\": \"50\", \"fs.mqueue.msgsize_max\": \"9000\"', 50, 9000"})
    void a_limit_too_small_for_one_queue_is_a_warning(String sysctls, int messages, int size)
            throws IOException, InterruptedException, InvalidSpecException {
        long needed = messages * (size + 96L);
        String[] make = {"/usr/bin/perl", "-e", MAKE, Integer.toString(messages), Integer.toString(size)};
        Cell.Result enough = bundle(sysctls, needed).command(make).run();
        assertThat(enough.err()).isEmpty();
        assertThat(enough.out()).isEqualTo("made");
        Cell.Result less = bundle(sysctls, needed - 1).command(make).run();
        assertThat(less.out()).isEqualTo("Too many open files");
        assertThat(less.err())
                .startsWith("ipcell: warning: config.json /process/rlimits/1/soft: RLIMIT_MSGQUEUE of " + (needed - 1))
                .contains("fs.mqueue.msg_max (" + messages + ")", "which takes " + needed, "EMFILE")
                .hasLineCount(1);
        assertThat(less.exit()).isZero();
    }

    @Test
    void a_namespace_that_is_shared_is_not_judged() throws IOException, InterruptedException, InvalidSpecException {
        TestBundle bundle = bundle("", 1)
                .removeMount("/dev/mqueue")
                .merge(
                        "{\"linux\": {\"namespaces\": [{\"type\": \"pid\"}, {\"type\": \"mount\"}, {\"type\": \"uts\"}]}}")
                .command("/bin/true");
        assertThat(bundle.run().err()).isEmpty();
    }
}
