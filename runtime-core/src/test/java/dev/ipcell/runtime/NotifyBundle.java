// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A container that speaks to its service manager, by perl, and a call with {@code NOTIFY_SOCKET} for it. */
final class NotifyBundle {
    /** Says each of its arguments in a datagram of its own; "sleep N" waits, and "sh ..." is a command. */
    private static final String SAY = """
            use Socket; $| = 1;
            for (@ARGV) {
              if (/^sleep (.*)/) { select undef, undef, undef, $1; next }
              if (/^sh (.*)/) { system $1; next }
              s/\\\\n/\\n/g; s/BIG/"x" x 64000/e;
              socket my $s, AF_UNIX, SOCK_DGRAM, 0;
              send $s, $_, 0, sockaddr_un $ENV{NOTIFY_SOCKET} or print "send: $!\\n";
            }
            """;

    private final TestBundle bundle;
    private String runtime = Cell.executable().toString();

    NotifyBundle(Path temporary, String... says) throws IOException {
        bundle = new TestBundle(temporary)
                .replace(Cell.busybox().toString(), Cell.property("ipcell.rootfs.debian"))
                .mount("{\"destination\": \"/run\", \"type\": \"tmpfs\", \"source\": \"tmpfs\"}");
        says(says);
    }

    NotifyBundle says(String... says) {
        List<String> words = new ArrayList<>(List.of("/usr/bin/perl", "-e", SAY));
        words.addAll(List.of(says));
        bundle.command(words.toArray(new String[0]));
        return this;
    }

    /** By another runtime than ipcell. */
    NotifyBundle by(String other) {
        runtime = other;
        return this;
    }

    TestBundle bundle() {
        return bundle;
    }

    /** The directory that the container sees. */
    Path directory() {
        return bundle.root().resolve(bundle.id()).resolve("notify");
    }

    /** Calls with this in the environment, or with none if it is empty. */
    Cell.Result call(String notifySocket, String command, String... options) throws IOException, InterruptedException {
        return Cell.run(bundle.directory(), line(notifySocket, command, options));
    }

    /** Begins such a call; the process is the runtime's. */
    Process begin(String notifySocket, String command, String... options) throws IOException {
        return begin(Cell.planner(), notifySocket, command, options);
    }

    /** Begins one that has a planner of its own. */
    Process beginCold(String notifySocket, String command, String... options) throws IOException {
        return begin("none", notifySocket, command, options);
    }

    private Process begin(String planner, String notifySocket, String command, String... options) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(line(notifySocket, command, options)).redirectErrorStream(true);
        builder.environment().put("IPCELL_PLANNER", planner);
        return builder.start();
    }

    private List<String> line(String notifySocket, String command, String... options) throws IOException {
        bundle.write();
        List<String> line = new ArrayList<>(List.of("/usr/bin/env", "NOTIFY_SOCKET=" + notifySocket, runtime));
        line.addAll(List.of("--root", bundle.root().toString(), command));
        if (command.equals("run") || command.equals("create")) {
            line.addAll(List.of("--bundle", bundle.directory().toString()));
        }
        line.addAll(List.of(options));
        line.add(bundle.id());
        return line;
    }
}
