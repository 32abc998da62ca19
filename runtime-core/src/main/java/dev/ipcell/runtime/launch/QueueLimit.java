// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.ipc.QueueBytes;
import dev.ipcell.spec.NamespaceType;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.Rlimit;
import dev.ipcell.spec.RlimitType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A limit on the bytes of message queues under which the configured size of a queue is out of reach. */
final class QueueLimit {
    private QueueLimit() {}

    /** What is to be told. The parameters of an IPC namespace that is joined are not known here. */
    static List<Problem> warnings(Launch launch) {
        List<Problem> warnings = new ArrayList<>();
        List<Rlimit> rlimits = launch.process().rlimits();
        for (int i = 0; i < rlimits.size(); i++) {
            Rlimit rlimit = rlimits.get(i);
            if (rlimit.type() == RlimitType.MSGQUEUE && launch.namespaces().isFresh(NamespaceType.IPC)) {
                Map<String, String> sysctl = launch.linux().sysctl();
                long needed = QueueBytes.largest(sysctl);
                if (Long.compareUnsigned(rlimit.soft(), needed) < 0) {
                    String message = "RLIMIT_MSGQUEUE of " + Long.toUnsignedString(rlimit.soft())
                            + " bytes is too small for one message queue of " + QueueBytes.limits(sysctl)
                            + ", which takes "
                            + needed + ": mq_open fails with EMFILE";
                    String pointer = "/process/rlimits/" + i + "/soft";
                    warnings.add(launch.bundle().document().positions().problem(pointer, message));
                }
            }
        }
        return warnings;
    }
}
