// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A message bus that works, and on it an owner of systemd's name who takes every call and answers none. */
final class SilentSystemd implements AutoCloseable {
    private static final String CONFIGURATION = """
            <busconfig>
              <type>session</type>
              %s
              <auth>EXTERNAL</auth>
              <policy context="default">
                <allow send_destination="*" eavesdrop="true"/>
                <allow eavesdrop="true"/>
                <allow own="*"/>
              </policy>
            </busconfig>
            """;

    /** Two method calls by hand (D-Bus specification, "Message Format"): Hello and RequestName. */
    private static final String OWNER = """
            import socket, struct, sys
            def padded(text, to): return text + bytes(-len(text) % to)
            def string(text): return struct.pack('<I', len(text)) + text.encode() + b'\\0'
            def call(serial, member, signature, body):
                fields = b''
                for code, kind, value in ((1, 'o', '/org/freedesktop/DBus'), (2, 's', 'org.freedesktop.DBus'),
                                          (3, 's', member), (6, 's', 'org.freedesktop.DBus'), (8, 'g', signature)):
                    short = bytes([len(value)]) + value.encode() + b'\\0'
                    fields = padded(fields, 8) + bytes([code, 1]) + kind.encode() + b'\\0'
                    fields += short if kind == 'g' else string(value)
                head = struct.pack('<cBBBIII', b'l', 1, 0, 1, len(body), serial, len(fields)) + fields
                bus.sendall(padded(head, 8) + body)
            bus = socket.socket(socket.AF_UNIX)
            bus.settimeout(30)
            bus.connect(sys.argv[1])
            bus.sendall(b'\\0AUTH EXTERNAL ' + b'0'.hex().encode() + b'\\r\\n')
            assert bus.recv(1000).startswith(b'OK')
            bus.sendall(b'BEGIN\\r\\n')
            call(1, 'Hello', '', b'')
            call(2, 'RequestName', 'su', padded(string('org.freedesktop.systemd1'), 4) + struct.pack('<I', 4))
            told, taken = False, b''
            while more := bus.recv(10000):
                taken += more
                if not told and b'NameAcquired' in taken and b'org.freedesktop.systemd1' in taken:
                    told = True
                    bus.settimeout(None)
                    print('owned', flush=True)
                if told:
                    print(b'Version' in taken, flush=True)
            """;

    private final Process bus;
    private final Process owner;

    /** Serves one bus at several sockets. */
    SilentSystemd(Path directory, List<Path> sockets) throws IOException, InterruptedException {
        List<String> listen = new ArrayList<>();
        for (Path socket : sockets) {
            listen.add("<listen>unix:path=" + socket + "</listen>");
        }
        Path configuration = directory.resolve("bus.conf");
        Files.writeString(configuration, CONFIGURATION.replace("%s", String.join("\n  ", listen)));
        bus = new ProcessBuilder("dbus-daemon", "--nofork", "--nopidfile", "--config-file=" + configuration)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("bus.log").toFile())
                .start();
        Kit.await("a bus", () -> sockets.stream().allMatch(Files::exists));
        owner = new ProcessBuilder("python3", "-c", OWNER, sockets.getFirst().toString())
                .redirectErrorStream(true)
                .start();
        assertThat(owner.inputReader().readLine()).isEqualTo("owned");
    }

    /** True once somebody has asked. */
    boolean isAsked() throws IOException {
        boolean asked = false;
        while (!asked && owner.inputReader().ready()) {
            asked = owner.inputReader().readLine().equals("True");
        }
        return asked;
    }

    @Override
    public void close() {
        for (Process process : List.of(owner, bus)) {
            process.destroyForcibly().onExit().orTimeout(30, TimeUnit.SECONDS).join();
        }
    }
}
