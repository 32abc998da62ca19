// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Good batches with some bytes changed, always the same ones. The executor refuses them and does nothing, or carries them out as far as
 * its second operation, which fails; it runs without privileges, should a change make it go on.
 */
class MutatedBatchTest {
    private static final int BATCHES = 4000;
    private static final int NOBODY = 65534;

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    /** A mark, a failure, and then every operation there is. */
    private static byte[] everything() throws ReflectiveOperationException {
        List<Step> steps = new ArrayList<>();
        steps.add(Step.of("mark", new PathOp.MakeDir(Slot.CWD, "marker", 0700, 0)));
        steps.add(Step.of("fails", new DescriptorOp.OpenFd(new Slot(0, "slot"), Slot.CWD, "missing", 0, 0, 0)));
        for (Op op : OpRecords.filledForParent()) {
            steps.add(Step.of("parent", op));
        }
        Program child = new Program();
        for (Op op : OpRecords.filledForChild()) {
            child.add("child", op);
        }
        steps.add(Step.of(
                "clone",
                new ProcessOp.Clone(new Slot(1, "child"), 0, Slot.NONE, "child", child),
                new ProcessOp.Kill(new Slot(1, "child"), 9, 100)));
        WireWriter wire = new WireWriter(new ArrayList<>());
        wire.u32(0).u32(0).u32(0).u32(0).steps(steps);
        return wire.frame(RawBytes.BATCH);
    }

    private void giveUpPrivileges() throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        if (executor.hello().caller().uid() == 0) {
            executor.run(new CredentialOp.SetGroups(new byte[0]), new CredentialOp.SetIds(NOBODY, NOBODY));
        }
        executor.run(
                new ProcessOp.Prctl(Linux.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), new ChildOp.Chdir(directory.toString(), 0));
    }

    @Test
    void a_good_batch_goes_as_far_as_its_failure() throws Exception {
        giveUpPrivileges();
        assertThat(executor.exchange(everything()).failure())
                .extracting(ExecutorUnderTest::words)
                .isEqualTo("openat2 missing: ENOENT");
    }

    private enum Answer {
        REFUSED,
        CARRIED_OUT,
        ENDED
    }

    @Test
    void a_changed_batch_is_refused_as_a_whole_or_carried_out() throws Exception {
        byte[] good = everything();
        Path marker = directory.resolve("marker");
        Map<Answer, Integer> answers = new EnumMap<>(Answer.class);
        giveUpPrivileges();
        for (int seed = 0; seed < BATCHES; seed++) {
            Answer answer = answer(RawBytes.frame(RawBytes.BATCH, new Mutation(seed).of(good)));
            answers.merge(answer, 1, Integer::sum);
            if (answer == Answer.REFUSED) {
                assertThat(marker).as("seed %d", seed).doesNotExist();
            } else if (answer == Answer.ENDED) {
                giveUpPrivileges();
            }
            Files.deleteIfExists(marker);
        }
        assertThat(answers.get(Answer.REFUSED)).isGreaterThan(BATCHES / 3);
        assertThat(answers.get(Answer.CARRIED_OUT)).isGreaterThan(BATCHES / 20);
    }

    /** A batch whose changed flags make it the last one ends the executor, with a line that says why. */
    private Answer answer(byte[] bad) throws IOException, InterruptedException {
        try {
            @Nullable PlanFailure failure = executor.exchange(bad).failure();
            boolean refused = failure != null && failure.kind() == PlanFailure.Kind.MALFORMED;
            return refused ? Answer.REFUSED : Answer.CARRIED_OUT;
        } catch (EOFException e) {
            executor.disconnect();
            assertThat(executor.exitCode()).isEqualTo(1);
            assertThat(executor.stderr().lines()).singleElement().asString().startsWith("ipcell: ");
            executor.end();
            return Answer.ENDED;
        }
    }
}
