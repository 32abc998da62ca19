// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The caller's descriptors that a process gets beyond the standard streams. */
final class InheritedDescriptors {
    private static final int FIRST = 3;

    /** Nobody has looked into more; a process rarely has as many. */
    private static final int LOOKED_AT = 256;

    private static final int INFO_LIMIT = 4096;
    private static final int OCTAL = 8;
    private static final int O_CLOEXEC = 02000000;

    private InheritedDescriptors() {}

    /**
     * How many there are: those of a service manager's sockets (sd_listen_fds(3)), then those of {@code --preserve-fds}.
     *
     * @throws Failure if one of them is not open
     */
    static int count(Call call) throws Failure, PlanFailedException, IOException {
        int listening = listening(call.hello().variable("LISTEN_FDS"));
        int preserved = preserved(call.arguments().given("preserve-fds"));
        int all = listening + preserved;
        int missing = all == 0 ? 0 : missing(call, all);
        if (missing != 0) {
            String option = missing < FIRST + listening ? "LISTEN_FDS=" + listening : "--preserve-fds " + preserved;
            throw new Failure(option + ": descriptor " + missing + " is not open");
        }
        return all;
    }

    private static int listening(@Nullable String count) {
        try {
            return count == null ? 0 : Math.max(0, Integer.parseInt(count));
        } catch (NumberFormatException ignored) {
            return 0;
        }
    }

    private static int preserved(@Nullable String text) throws Failure {
        try {
            int count = text == null ? 0 : Integer.parseInt(text);
            if (count >= 0 && count < Short.MAX_VALUE) {
                return count;
            }
        } catch (NumberFormatException ignored) {
            // told below
        }
        throw new Failure("--preserve-fds must be a number from 0 on, not \"" + text + "\"");
    }

    /** The first that is not the caller's, or 0. What the executor has opened itself is closed by execve(2). */
    private static int missing(Call call, int count) throws PlanFailedException, IOException {
        Program program = new Program();
        List<Step> reads = new ArrayList<>();
        for (int fd = FIRST; fd < FIRST + Math.min(count, LOOKED_AT); fd++) {
            String file = "/proc/self/fdinfo/" + fd;
            reads.add(program.add(Step.optional("--preserve-fds", new FileOp.ReadFile(Slot.CWD, file, INFO_LIMIT, 0))));
        }
        BatchResult result = call.executor().run(Batch.of(program));
        for (int i = 0; i < reads.size(); i++) {
            Step read = reads.get(i);
            if (result.errno(read) != 0 || isOurs(new String(result.value(read), UTF_8))) {
                return FIRST + i;
            }
        }
        return 0;
    }

    private static boolean isOurs(String fdinfo) {
        for (String line : fdinfo.split("\n", -1)) {
            if (line.startsWith("flags:")) {
                return (Long.parseLong(line.substring("flags:".length()).strip(), OCTAL) & O_CLOEXEC) != 0;
            }
        }
        return false;
    }
}
