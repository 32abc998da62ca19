// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.cgroup.InitCgroup;
import dev.ipcell.runtime.state.ContainerLookup;
import dev.ipcell.runtime.state.StoredContainer;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What {@code exec} has to see of a container, looked at along with its status. What could not be had is asked for again when it is
 * needed: by then it is known that the container runs, and the operation that fails tells why.
 */
final class ExecLook implements ContainerLookup.Along {
    private static final int CONFIG_LIMIT = 8 << 20;
    private static final int PASSWD_LIMIT = 1 << 20;

    private final Conversation conversation;
    private final ExecOptions options;
    private final Slot slot;
    private @Nullable Step config;
    private @Nullable Step process;
    private @Nullable Step root;
    private @Nullable Step passwd;
    private @Nullable InitCgroup init;
    private @Nullable BatchResult seen;

    ExecLook(Conversation conversation, ExecOptions options, Slots slots) {
        this.conversation = conversation;
        this.options = options;
        this.slot = slots.open("root");
    }

    @Override
    public void look(Program program, StoredContainer stored, String directory) {
        int pid = stored.state().pid();
        config = read(program, "the container's configuration", directory + "/" + StoredContainer.CONFIG);
        String path = options.processFile();
        process = path == null ? null : read(program, "--process", path);
        root = program.add(Step.optional(
                "the container's root",
                new DescriptorOp.OpenFd(
                        slot, Slot.CWD, "/proc/" + pid + "/root", Kernel.O_PATH | Kernel.O_DIRECTORY, 0, 0)));
        passwd = program.add(Step.optional(
                "the user's home", new FileOp.ReadFile(slot, "etc/passwd", PASSWD_LIMIT, Kernel.RESOLVE_IN_ROOT)));
        init = InitCgroup.look(program, stored.cgroups(), pid);
        conversation.sealAfterNext();
    }

    private static Step read(Program program, String origin, String path) {
        return program.add(Step.optional(origin, new FileOp.ReadFile(Slot.CWD, path, CONFIG_LIMIT, 0)));
    }

    @Override
    public void seen(BatchResult result) {
        seen = result;
    }

    private BatchResult result() {
        return Objects.requireNonNull(seen, "a container that runs has been looked at");
    }

    /** The value of a step that must not fail. */
    private byte[] value(@Nullable Step step) throws PlanFailedException, IOException {
        Step looked = Objects.requireNonNull(step, "not looked at");
        if (result().errno(looked) == 0) {
            return result().value(looked);
        }
        Program again = new Program();
        Step now = again.add(looked.origin(), looked.op());
        return conversation.run(again).value(now);
    }

    /** The container's configuration. */
    byte[] config() throws PlanFailedException, IOException {
        return value(config);
    }

    /** The file of {@code --process}. */
    byte[] process() throws PlanFailedException, IOException {
        return value(process);
    }

    /** The container's {@code /etc/passwd}; empty if it has none. */
    String passwd() throws PlanFailedException, IOException {
        Step opened = Objects.requireNonNull(root, "not looked at");
        Step read = Objects.requireNonNull(passwd, "not looked at");
        BatchResult result = result();
        if (result.errno(opened) != 0) {
            Program again = new Program();
            again.add(opened.origin(), opened.op());
            read = again.add(Step.optional(read.origin(), read.op()));
            result = conversation.run(again);
        }
        return new String(result.value(read), StandardCharsets.UTF_8);
    }

    /** The container's root directory, opened. */
    Slot root() {
        return slot;
    }

    /** Where the process goes in the unified hierarchy, if the container has a cgroup there. */
    String unifiedCgroup() throws PlanFailedException, IOException {
        InitCgroup looked = Objects.requireNonNull(init, "not looked at");
        if (!looked.isGone(result())) {
            return looked.directory(result());
        }
        Program again = new Program();
        Step mounts = read(again, "the container's cgroup", MachineLook.MOUNTINFO);
        return looked.elsewhere(result(), new String(conversation.run(again).value(mounts), StandardCharsets.UTF_8));
    }
}
