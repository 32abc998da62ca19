// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A runtime with a container in every state, for {@link ContractTest}. */
final class ContractRuntime {
    private static final List<String> STATES = List.of("created", "running", "paused", "stopped");

    private final String executable;
    private final Path root;
    private final Map<String, TestBundle> bundles = new LinkedHashMap<>();
    private final TestBundle fresh;
    private final Path empty;
    private int launched;

    private ContractRuntime(String executable, Path place, Path empty) throws IOException {
        this.executable = executable;
        this.root = place.resolve("state");
        this.empty = empty;
        for (String state : STATES) {
            bundles.put(state, new TestBundle(place).command("sleep", "1000").write());
        }
        fresh = new TestBundle(place).script("echo ran").write();
    }

    /**
     * Makes its containers.
     *
     * @param place for its state and its bundles
     * @param empty directory for cases that need one
     */
    static ContractRuntime start(String executable, Path place, Path empty) throws IOException, InterruptedException {
        ContractRuntime runtime = new ContractRuntime(executable, place, empty);
        for (String state : STATES) {
            runtime.launch(state);
        }
        return runtime;
    }

    private void launch(String state) throws IOException, InterruptedException {
        String name = "@" + state + "@";
        String bundle = Objects.requireNonNull(bundles.get(state)).directory().toString();
        ok(call(List.of("create", "--bundle", bundle, name)));
        if (!state.equals("created")) {
            ok(call(List.of("start", name)));
        }
        if (state.equals("paused")) {
            ok(call(List.of("pause", name)));
        }
        if (state.equals("stopped")) {
            ok(call(List.of("kill", name, "KILL")));
            for (int i = 0; i < 500 && !call(List.of("state", name)).out().contains("stopped"); i++) {
                Thread.sleep(10);
            }
        }
    }

    private static void ok(Cell.Result result) {
        assertThat(result.exit()).as(result.toString()).isZero();
    }

    /** Calls it with its own root, and these arguments when they are filled in. */
    Cell.Result call(List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(executable, "--root", root.toString()));
        String id = fresh.id() + "-" + launched;
        boolean launches = false;
        for (String argument : arguments) {
            launches |= argument.equals("@new@");
            command.add(argument.equals("@new@") ? id : fill(argument));
        }
        Cell.Result result = Cell.run(empty, command);
        if (launches) {
            launched++;
            Cell.run(empty, List.of(executable, "--root", root.toString(), "delete", "--force", id));
        }
        return result;
    }

    /** Puts names in. */
    String fill(String text) {
        String filled = text;
        for (Map.Entry<String, TestBundle> entry : bundles.entrySet()) {
            filled = filled.replace("@" + entry.getKey() + "@", entry.getValue().id());
        }
        return filled.replace("@gone@", fresh.id() + "-gone")
                .replace("@bundle@", fresh.directory().toString())
                .replace("@dir@", empty.toString());
    }

    void end() throws IOException, InterruptedException {
        for (TestBundle bundle : bundles.values()) {
            Cell.run(empty, List.of(executable, "--root", root.toString(), "delete", "--force", bundle.id()));
            Leftovers.assertNone(bundle);
        }
        Leftovers.assertNone(fresh);
        assertThat(Files.isDirectory(empty)).isTrue();
    }
}
