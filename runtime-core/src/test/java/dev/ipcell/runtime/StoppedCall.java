// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Calls that stand still before one of their operations, until they are told to go on. */
final class StoppedCall {
    private static final int STOP_MILLIS = 60;

    private StoppedCall() {}

    /** The option that has a call stand still before the operation of this number; nothing happens if it has none, or if it is the child's. */
    static String before(int operation) {
        return "--inject-fault=stop-executor@" + operation;
    }

    static boolean isStopped(Process call) {
        try {
            return Files.readString(Path.of("/proc/" + call.pid() + "/stat")).contains(") T ");
        } catch (IOException ended) {
            return false;
        }
    }

    static void signal(Process call, String signal) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-s", signal, Long.toString(call.pid())).start();
        assertThat(kill.waitFor()).isZero();
    }

    /** Lets a call go on if it stands still now or in the next moment. */
    static void goOn(Process call) throws IOException, InterruptedException {
        if (stops(call)) {
            signal(call, "CONT");
        }
    }

    /** Whether a call stands still now or in the next moment. */
    static boolean stops(Process call) throws InterruptedException {
        for (int i = 0; i < STOP_MILLIS && call.isAlive() && !isStopped(call); i++) {
            Thread.sleep(1);
        }
        return isStopped(call);
    }
}
