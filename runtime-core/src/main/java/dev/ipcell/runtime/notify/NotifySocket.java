// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.notify;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.shim.Hello;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The socket at which a service manager waits for the news that its service is ready: what {@code NOTIFY_SOCKET} names (sd_notify(3)).
 *
 * @param name an absolute path, or an abstract name with {@code @} in the place of its NUL
 */
public record NotifySocket(String name) {
    /** The directory, in the container's state directory, that the container sees. */
    public static final String DIRECTORY = "notify";

    /** The container's own socket in there, while somebody listens at it. */
    public static final String FILE = "notify.sock";

    /** Where the container sees the directory. */
    public static final String MOUNT = "/run/notify";

    private static final String VARIABLE = "NOTIFY_SOCKET";
    private static final int LONGEST = 107;

    /**
     * The caller's, or null if it has none.
     *
     * @throws Failure if it can be no socket's name
     */
    public static @Nullable NotifySocket of(Hello hello) throws Failure {
        String name = hello.variable(VARIABLE);
        if (name == null || name.isEmpty()) {
            return null;
        }
        NotifySocket socket = new NotifySocket(name);
        if (name.length() < 2 || (name.charAt(0) != '/' && name.charAt(0) != '@')) {
            throw socket.failure("is neither an absolute path nor @ and an abstract name");
        }
        int length = socket.address().length;
        if (length > LONGEST) {
            throw socket.failure("has " + length + " bytes, and a socket's name " + LONGEST + " at most");
        }
        return socket;
    }

    /** True if the caller has one, right or wrong. */
    public static boolean isSet(Hello hello) {
        String name = hello.variable(VARIABLE);
        return name != null && !name.isEmpty();
    }

    /** What the container's process is told. */
    public static String variable() {
        return VARIABLE + "=" + MOUNT + "/" + FILE;
    }

    /** The name as the kernel takes it. */
    byte[] address() {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes[0] == '@') {
            bytes[0] = 0;
        }
        return bytes;
    }

    Failure failure(String what) {
        return new Failure(VARIABLE + " (" + name + "): " + what + "; unset it if nobody is to be told");
    }
}
