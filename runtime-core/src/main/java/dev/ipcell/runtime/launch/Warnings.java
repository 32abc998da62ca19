// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.failure.Log;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.Capabilities;
import dev.ipcell.spec.Problem;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is passed over is told, and does not stop a launch (runtime-spec, runtime.md, "Warnings"). */
final class Warnings {
    private static final int LOG_MODE = 0644;

    private final List<String> lines = new ArrayList<>();

    /** What a launch passes over. */
    static Warnings of(Launch launch) {
        return new Warnings()
                .add(Launch.at(""), launch.bundle().document().warnings())
                .add(Launch.at(""), launch.resources().warnings())
                .add(Launch.at(""), QueueLimit.warnings(launch))
                .add(Launch.at(""), MountPlan.warnings(launch))
                .missing(Launch.at("/process/capabilities"), launch.process().capabilities(), launch.grantable());
    }

    /**
     * Adds what was found in a document.
     *
     * @param document its name, with a blank behind it
     */
    Warnings add(String document, List<Problem> problems) {
        for (Problem problem : problems) {
            lines.add(document + problem.render());
        }
        return this;
    }

    /** Adds the capabilities that cannot be granted, if any of those wanted at this place cannot. */
    Warnings missing(String place, @Nullable Capabilities wanted, Grantable grantable) {
        String missing = wanted == null ? "" : grantable.missing(wanted);
        if (!missing.isEmpty()) {
            lines.add(place + ": " + missing);
        }
        return this;
    }

    /** Adds what tells them, if there is anything to tell and somebody to hear it. */
    void tell(Program program, @Nullable Log log) {
        if (log == null || lines.isEmpty()) {
            return;
        }
        String file = log.file();
        if (file == null) {
            byte[] text = Log.text("warning", lines).getBytes(StandardCharsets.UTF_8);
            program.add("warnings", new FileOp.Output(2, text));
        } else {
            int append = Kernel.O_WRONLY | Kernel.O_CREAT | Kernel.O_APPEND;
            FileOp write = new FileOp.WriteFile(Slot.CWD, file, append, LOG_MODE, 0, log.entries("warning", lines));
            program.add(Step.optional("warnings", write));
        }
    }
}
