// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.ChildOp;
import dev.ipcell.shim.CredentialOp;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.SpawnedExecutor;
import dev.ipcell.shim.SpawnedExecutor.Stdio;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A container's process is never one of the file that the host will run next time (CVE-2019-5736), whatever the kernel was built with. */
@Tag("root")
class SealedStartTest {
    private static final int PR_SET_NO_NEW_PRIVS = 38;

    @TempDir
    Path temporary;

    private TestBundle bundle;
    private Path seen;

    @BeforeEach
    void make_a_bundle() throws IOException {
        seen = temporary.resolve("seen");
        String look = "pid=$(sed 's/.*.pid.:\\([0-9]*\\).*/\\1/'); readlink /proc/$pid/exe > " + seen;
        bundle = new TestBundle(temporary).script("echo inside; env");
        bundle.replace(
                "\"hostname\":",
                "\"hooks\": {\"createRuntime\": [{\"path\": \"/bin/sh\", \"args\": [\"sh\", \"-c\", \""
                        + look.replace("\\", "\\\\") + "\"], \"env\": [\"PATH=/bin\"]}]}, \"hostname\":");
        bundle.write();
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        Leftovers.assertNone(bundle);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void the_process_is_of_a_sealed_copy(boolean mayNameItsProgram) throws Exception {
        Path out = temporary.resolve("out");
        Path binary = Path.of(System.getProperty("ipcell.executor.sanitized"));
        try (SpawnedExecutor spawned =
                SpawnedExecutor.start(binary, List.of(), Map.of(), Stdio.NULL, Stdio.INHERIT, Stdio.INHERIT)) {
            Executor executor = new Executor(spawned.input(), spawned.output());
            Program child = new Program();
            if (!mayNameItsProgram) {
                child.add("a test", new ProcessOp.Prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
                child.add("a test", new CredentialOp.SetSeccomp(0, asWithoutCheckpoints(), Slot.NONE, false));
            }
            List<String> call = List.of(
                    "sh",
                    "-c",
                    "exec \"$@\" > " + out,
                    "sh",
                    Cell.executable().toString(),
                    "--root",
                    bundle.root().toString(),
                    "run",
                    "--bundle",
                    bundle.directory().toString(),
                    bundle.id());
            child.add("a test", new ChildOp.Exec(call, List.of("IPCELL_PLANNER=none"), List.of("/bin/sh"), 0));
            Slot process = new Slot(0, "process");
            Program program = new Program();
            program.add("a test", new ProcessOp.Clone(process, 0, Slot.NONE, "a-test", child));
            program.add("a test", new ProcessOp.AwaitExec(process));
            program.add("a test", new ProcessOp.Supervise(process, 0, Slot.NONE));
            program.add("a test", new ProcessOp.ExitAs(process));
            executor.finish(program);
            assertThat(spawned.waitFor()).isZero();
        }
        assertThat(Files.readString(seen)).isEqualTo("/memfd:ipcell (deleted)\n");
        assertThat(Files.readString(out)).startsWith("inside\n").doesNotContain("IPCELL");
    }

    /** A filter for system calls by which prctl(PR_SET_MM) is unknown to the kernel: seccomp(2). */
    private static byte[] asWithoutCheckpoints() {
        boolean isArm = System.getProperty("os.arch").equals("aarch64");
        ByteBuffer filter = ByteBuffer.allocate(6 * 8).order(ByteOrder.LITTLE_ENDIAN);
        instruction(filter, 0x20, 0, 0, 0); // the number of the call
        instruction(filter, 0x15, 0, 3, isArm ? 167 : 157);
        instruction(filter, 0x20, 0, 0, 16); // its first argument
        instruction(filter, 0x15, 0, 1, 35);
        instruction(filter, 0x06, 0, 0, 0x50016); // fails with EINVAL
        instruction(filter, 0x06, 0, 0, 0x7fff0000);
        return filter.array();
    }

    private static void instruction(ByteBuffer filter, int code, int ifTrue, int ifFalse, int operand) {
        filter.putShort((short) code).put((byte) ifTrue).put((byte) ifFalse).putInt(operand);
    }
}
