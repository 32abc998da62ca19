// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Takes what comes out of a pipe, so that who writes into it never waits. */
final class Drain {
    private final ByteArrayOutputStream taken = new ByteArrayOutputStream();
    private final Thread thread;

    Drain(InputStream in) {
        thread = Thread.ofPlatform().daemon().start(() -> take(in));
    }

    private void take(InputStream in) {
        try {
            in.transferTo(taken);
        } catch (IOException e) {
            taken.writeBytes(e.toString().getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Waits until nobody can write any more; false if that took too long. */
    boolean ended(long millis) throws InterruptedException {
        thread.join(millis);
        return !thread.isAlive();
    }

    String text() {
        return taken.toString(StandardCharsets.UTF_8);
    }
}
