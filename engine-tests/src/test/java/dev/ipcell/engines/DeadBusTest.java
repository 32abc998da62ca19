// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Engines that want cgroups of systemd, where there is no bus to ask it by, or the bus or systemd says nothing. */
@Tag("root")
class DeadBusTest {
    @RegisterExtension
    static final Docker DOCKER = Docker.withSystemd();

    @RegisterExtension
    static final Podman PODMAN = new Podman();

    @RegisterExtension
    static final Containerd CONTAINERD = new Containerd();

    /** A call of each engine, at the same time. */
    private static void assertTold(String... parts) throws InterruptedException {
        List<Workers.Task> calls = List.of(
                number -> assertTold(DOCKER.run("ipcell", List.of(), "true"), DOCKER.directory(), parts),
                number -> assertTold(podman(), PODMAN.directory(), parts),
                number -> assertTold(CONTAINERD.runBySystemd("ipcell", "true"), CONTAINERD.directory(), parts));
        assertThat(Workers.run(calls.size(), number -> calls.get(number).run(number)))
                .isEmpty();
    }

    private static void assertTold(Call call, Path directory, String... parts) {
        List<String> all = new ArrayList<>(List.of("the systemd cgroup driver: "));
        for (String part : parts) {
            all.add(part.replace("$BUS", Kit.bus(directory)));
        }
        BadInputTest.told(call, all.toArray(new String[0]));
    }

    /** podman itself goes on without systemd: only the runtime is told to ask it. */
    private static Call podman() throws IOException, InterruptedException {
        return PODMAN.call(
                "--runtime-flag",
                "systemd-cgroup",
                "run",
                "--rm",
                "--network",
                "none",
                "--cgroup-parent",
                PODMAN.cgroup(),
                Image.NAME,
                "true");
    }

    @Test
    void a_systemd_that_takes_calls_and_says_nothing() throws IOException, InterruptedException {
        List<Path> sockets = new ArrayList<>();
        for (Path directory : List.of(DOCKER.directory(), PODMAN.directory(), CONTAINERD.directory())) {
            sockets.add(directory.resolve("bus"));
        }
        try (SilentSystemd systemd = new SilentSystemd(DOCKER.directory(), sockets)) {
            assertTold("systemd does not answer ", " within 15 seconds");
            assertThat(systemd.isAsked()).isTrue();
        } finally {
            for (Path socket : sockets) {
                Files.deleteIfExists(socket);
            }
        }
    }

    @Test
    void a_bus_that_is_not_there() throws InterruptedException {
        assertTold("no bus at $BUS", "No such file or directory");
    }

    @Test
    void a_bus_that_takes_calls_and_says_nothing() throws IOException, InterruptedException {
        List<ServerSocketChannel> silent = new ArrayList<>();
        try {
            for (Path directory : List.of(DOCKER.directory(), PODMAN.directory(), CONTAINERD.directory())) {
                ServerSocketChannel bus = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                silent.add(bus);
                bus.bind(UnixDomainSocketAddress.of(directory.resolve("bus")));
            }
            assertTold("$BUS", "does not answer within 15 seconds");
        } finally {
            for (ServerSocketChannel bus : silent) {
                Path file = ((UnixDomainSocketAddress) bus.getLocalAddress()).getPath();
                bus.close();
                Files.delete(file);
            }
        }
    }
}
