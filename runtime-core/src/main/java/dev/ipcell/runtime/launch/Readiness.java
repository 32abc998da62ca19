// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.notify.NotifyRelay;
import dev.ipcell.runtime.notify.NotifySocket;
import dev.ipcell.shim.ChildFacts;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import java.io.IOException;
import java.nio.file.Path;

/** The part of a launch that waits until the container says that it is ready. */
final class Readiness {
    private Readiness() {}

    /** Before the container can say anything. */
    static void listen(Conversation conversation, Launch launch, NotifyRelay relay)
            throws Failure, PlanFailedException, IOException {
        try {
            Path directory = Path.of(launch.hello().cwd()).resolve(launch.stateDirectory());
            relay.listen(directory.resolve(NotifySocket.DIRECTORY));
        } catch (Failure failure) {
            ContainerLaunch.unwind(conversation);
            throw failure;
        }
    }

    /** Until then the launch can be taken back; once the service manager knows of the container, it stays. */
    static void await(Conversation conversation, LaunchOptions options, ChildFacts child, NotifyRelay relay)
            throws Failure, PlanFailedException, IOException {
        try {
            if (relay.awaitReady(child)) {
                relay.tell(child.pid());
                Program stays = new Program();
                stays.add("the container stays", new ProcessOp.Commit());
                conversation.run(stays);
                relay.barrier(child);
            }
            relay.close();
        } catch (Failure failure) {
            ContainerLaunch.unwind(conversation);
            ContainerLaunch.removePidFile(conversation, options);
            throw failure;
        }
    }
}
