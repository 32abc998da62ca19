// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.CgroupOp;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.FileFacts;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Hello;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.IdMapping;
import dev.ipcell.spec.Linux;
import dev.ipcell.spec.Namespace;
import dev.ipcell.spec.NamespaceType;
import dev.ipcell.spec.Process;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who owns the standard streams of a process. A program may open them again, by {@code /dev/stdout}, only if they are its user's. So pipes,
 * and files that are written to, go to that user if they are the caller's own. Devices do not, and neither does the caller's terminal:
 * on the host too their owner may read what others type.
 */
final class StreamPlan {
    private static final String ORIGIN = "the standard streams";
    private static final int STREAMS = 3;
    private static final long UNKNOWN = -1;

    private final int from;
    private final int to;
    private final List<Slot> slots = new ArrayList<>(STREAMS);
    private final List<Step> stats = new ArrayList<>(STREAMS);

    private StreamPlan(int from, int to) {
        this.from = from;
        this.to = to;
    }

    /** Asks what the streams are; null if nothing is to be done about them, or it is not known whose they would be. */
    static @Nullable StreamPlan look(
            Program program, Slots slots, Hello hello, Process process, @Nullable Linux linux) {
        int caller = hello.caller().euid();
        long uid = onHost(process.user().uid(), linux);
        if (process.terminal() || uid == UNKNOWN || uid == Integer.toUnsignedLong(caller)) {
            return null;
        }
        StreamPlan plan = new StreamPlan(caller, (int) uid);
        for (int stream = 0; stream < STREAMS; stream++) {
            Slot slot = slots.open("stream-" + stream);
            DescriptorOp.OpenFd open =
                    new DescriptorOp.OpenFd(slot, Slot.CWD, "/proc/self/fd/" + stream, Kernel.O_PATH, 0, 0);
            program.add(Step.optional(ORIGIN, open));
            plan.slots.add(slot);
            plan.stats.add(program.add(Step.optional(ORIGIN, new FileOp.Stat(slot, "", 0))));
        }
        return plan;
    }

    private static long onHost(long uid, @Nullable Linux linux) {
        if (linux == null) {
            return uid;
        }
        for (Namespace namespace : linux.namespaces()) {
            if (namespace.type() == NamespaceType.USER) {
                String path = namespace.path();
                return path == null || path.isEmpty() ? mapped(uid, linux.uidMappings()) : UNKNOWN;
            }
        }
        return uid;
    }

    private static long mapped(long uid, List<IdMapping> mappings) {
        for (IdMapping mapping : mappings) {
            long offset = uid - mapping.containerId();
            if (offset >= 0 && offset < mapping.size()) {
                return mapping.hostId() + offset;
            }
        }
        return UNKNOWN;
    }

    /** Gives them to the process's user; what cannot be given, as on a read-only file system, stays the caller's. */
    void give(BatchResult looked, Program parent) {
        for (int stream = 0; stream < stats.size(); stream++) {
            Step stat = stats.get(stream);
            if (looked.errno(stat) == 0 && isToBeGiven(stream, FileFacts.decode(looked.value(stat)))) {
                CgroupOp.Chown chown = new CgroupOp.Chown(slots.get(stream), "", to, CgroupOp.Chown.KEPT);
                parent.add(Step.optional(ORIGIN, chown));
            }
        }
    }

    private boolean isToBeGiven(int stream, FileFacts facts) {
        int type = facts.mode() & Kernel.S_IFMT;
        return facts.uid() == from && (type == Kernel.S_IFIFO || (type == Kernel.S_IFREG && stream > 0));
    }
}
