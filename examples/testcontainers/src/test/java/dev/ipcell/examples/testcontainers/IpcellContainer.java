// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.examples.testcontainers;

import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.model.HostConfig;
import java.util.Objects;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/** A container that ipcell runs: the daemon's configuration has it as the runtime {@code ipcell}. */
public final class IpcellContainer extends GenericContainer<IpcellContainer> {
    public IpcellContainer(String image) {
        super(DockerImageName.parse(image));
        withCreateContainerCmdModifier(create -> host(create).withRuntime("ipcell"));
    }

    /** The IPC namespace: {@code private}, {@code shareable}, {@code container:ID}, {@code host} or {@code none}. */
    public IpcellContainer withIpc(String mode) {
        return withCreateContainerCmdModifier(create -> host(create).withIpcMode(mode));
    }

    private static HostConfig host(CreateContainerCmd create) {
        return Objects.requireNonNull(create.getHostConfig());
    }
}
