// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.examples;

import dev.ipcell.runtime.EmbeddedContainer;
import dev.ipcell.runtime.Ipcell;
import dev.ipcell.runtime.LaunchException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A Java program that runs a container and reads its output. It is the planner itself: only the small executor is started, by a
 * foreign function call, and no JVM is forked.
 */
public final class EmbedLauncher {
    private EmbedLauncher() {}

    /**
     * Runs a bundle.
     *
     * @param args the executor ({@code dist/ipcell/bin/ipcell}) and a bundle's directory
     * @throws IOException if the executor cannot be started
     */
    public static void main(String[] args) throws IOException {
        Ipcell ipcell = Ipcell.at(Path.of(args[0]));
        try (EmbeddedContainer container = ipcell.run(
                Path.of(args[1]), "embedded-" + ProcessHandle.current().pid())) {
            container.stdin().close();
            String output = new String(container.stdout().readAllBytes(), StandardCharsets.UTF_8);
            System.out.println("the container " + container.id() + " said: " + output.strip());
            System.out.println("and exited with " + container.waitFor());
        } catch (LaunchException refused) {
            refused.problems().forEach(System.err::println);
            System.exit(refused.exitCode());
        }
    }
}
