// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.FileFacts;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Hello;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import dev.ipcell.shim.linux.Errno;
import dev.ipcell.spec.DefaultSpec;
import dev.ipcell.spec.RootlessSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** {@code ipcell spec}. */
final class SpecCommand implements Command {
    /** {@code O_WRONLY | O_CREAT | O_EXCL}: a configuration that is there is never written over. */
    private static final int CREATE_NEW = 0301;

    private static final int CONFIG_MODE = 0644;
    private static final long CGROUP2_SUPER_MAGIC = 0x63677270;

    @Override
    public String operands() {
        return "";
    }

    @Override
    public String summary() {
        return "write a config.json to start from";
    }

    @Override
    public List<Option> options() {
        return List.of(LaunchArguments.BUNDLE, Option.flag("rootless", (char) 0, "one for a caller who is not root"));
    }

    @Override
    public void run(Call call) throws Failure, PlanFailedException, IOException {
        call.noMoreThan(0);
        String bundle = call.arguments().value("bundle");
        String file = bundle == null ? "config.json" : bundle + "/config.json";
        Hello.Caller caller = call.executor().hello().caller();
        String json = hasVersion2(call) ? DefaultSpec.json() : DefaultSpec.jsonForVersion1();
        if (call.arguments().has("rootless")) {
            json = RootlessSpec.json(json, caller.euid(), caller.egid());
        }
        byte[] config = json.getBytes(StandardCharsets.UTF_8);
        Program program = new Program();
        program.add("--bundle", new FileOp.WriteFile(Slot.CWD, file, CREATE_NEW, CONFIG_MODE, 0, config));
        try {
            call.executor().run(Batch.of(program));
        } catch (PlanFailedException failed) {
            if (failed.failure().errno() == Errno.EEXIST) {
                throw new Failure(file + " exists: remove it first, it is not written over");
            }
            throw failed;
        }
        Program last = new Program();
        last.add("the end", new ProcessOp.Exit(0));
        call.executor().finish(last);
    }

    /** Whether version 2 of cgroups is all that there is, as runc sees it. */
    private static boolean hasVersion2(Call call) throws PlanFailedException, IOException {
        Program look = new Program();
        Step cgroups = look.add(Step.optional("cgroups", new FileOp.Stat(Slot.CWD, "/sys/fs/cgroup", 0)));
        BatchResult result = call.executor().run(Batch.of(look));
        return result.errno(cgroups) == 0
                && FileFacts.decode(result.value(cgroups)).magic() == CGROUP2_SUPER_MAGIC;
    }
}
