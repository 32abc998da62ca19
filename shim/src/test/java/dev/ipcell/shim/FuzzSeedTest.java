// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the fuzzer of the decoder ({@code make fuzz}) starts from is what the wire writer writes.
 *
 * <p>After a change of the operations run with {@code -Dipcell.golden.update=true}.
 */
class FuzzSeedTest {
    private static final Path SEEDS = Path.of("src/test/c/seeds");

    private static List<Step> steps(String seed) throws ReflectiveOperationException {
        return switch (seed) {
            case "parent" -> steps(OpRecords.filledForParent());
            case "child" -> clone(OpRecords.filledForChild());
            default -> undone();
        };
    }

    private static List<Step> steps(List<Op> ops) {
        return ops.stream().map(op -> Step.of(op.describe(), op)).toList();
    }

    private static List<Step> clone(List<Op> ops) {
        Program program = new Program();
        steps(ops).forEach(program::add);
        Slot child = new Slot(1, "child");
        return List.of(Step.of(
                "/process",
                new ProcessOp.Clone(child, Linux.CLONE_NEWIPC, Slot.NONE, "child", program),
                new ProcessOp.Kill(child, Linux.SIGKILL, 1000)));
    }

    private static List<Step> undone() {
        return List.of(
                Step.optional("first", new CredentialOp.Umask(0)),
                UndoTest.makes(Path.of("/run/one")),
                UndoTest.makes(Path.of("/run/two")),
                Step.of("commit", new ProcessOp.Commit()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"parent", "child", "undo"})
    void a_seed_is_what_the_wire_writer_writes(String seed) throws Exception {
        WireWriter wire = new WireWriter(new ArrayList<>());
        wire.steps(steps(seed));
        byte[] frame = wire.frame(RawBytes.BATCH);
        byte[] program = Arrays.copyOfRange(frame, 5, frame.length);
        Path file = SEEDS.resolve(seed);
        if (Boolean.getBoolean("ipcell.golden.update")) {
            Files.write(file, program);
        }
        assertThat(file).hasBinaryContent(program);
    }
}
