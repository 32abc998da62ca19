// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.failure.Log;
import dev.ipcell.runtime.state.ContainerLookup;
import dev.ipcell.runtime.state.FoundContainer;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slots;
import dev.ipcell.spec.JsonArray;
import dev.ipcell.spec.JsonValue;
import dev.ipcell.spec.JsonWriter;
import dev.ipcell.spec.State;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code ipcell list}. */
final class ListCommand implements Command {
    private static final int GAP = 3;

    @Override
    public String operands() {
        return "";
    }

    @Override
    public String summary() {
        return "list the containers";
    }

    @Override
    public List<Option> options() {
        return List.of(
                Option.valued("format", 'f', "table|json", "how to print them (default table)"),
                Option.flag("quiet", 'q', "print only their IDs"));
    }

    @Override
    public void run(Call call) throws Failure, PlanFailedException, IOException {
        call.noMoreThan(0);
        String format = GlobalOptions.oneOf(call.arguments(), "format", "table", "json");
        List<State> states = new ArrayList<>();
        List<String> unknown = new ArrayList<>();
        for (FoundContainer found : new ContainerLookup(call.executor(), call.root(), new Slots())
                .all(call.global().given("root") != null, unknown)) {
            states.add(found.state());
        }
        if (!unknown.isEmpty()) {
            Program warnings = new Program();
            byte[] text = Log.text("warning", unknown).getBytes(StandardCharsets.UTF_8);
            warnings.add("warnings", new FileOp.Output(2, text));
            call.executor().run(Batch.of(warnings));
        }
        if (call.arguments().has("quiet")) {
            call.print(quiet(states));
        } else {
            call.print(format.equals("json") ? json(states) : table(states));
        }
    }

    private static String quiet(List<State> states) {
        StringBuilder out = new StringBuilder();
        for (State state : states) {
            out.append(state.id()).append('\n');
        }
        return out.toString();
    }

    /** As runc: null if there is none. */
    private static String json(List<State> states) {
        List<JsonValue> values = new ArrayList<>();
        for (State state : states) {
            values.add(state.toJson());
        }
        return values.isEmpty() ? "null\n" : JsonWriter.compact(JsonArray.of(values)) + "\n";
    }

    private static String table(List<State> states) {
        List<String[]> rows = new ArrayList<>();
        rows.add(new String[] {"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"});
        for (State state : states) {
            rows.add(new String[] {
                state.id(),
                Integer.toString(state.pid()),
                state.status().wire(),
                state.bundle(),
                orEmpty(state.created()),
                orEmpty(state.owner())
            });
        }
        int[] widths = new int[rows.getFirst().length];
        for (String[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length() + GAP);
            }
        }
        StringBuilder out = new StringBuilder();
        for (String[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                out.append(row[i]).repeat(' ', i + 1 == row.length ? 0 : widths[i] - row[i].length());
            }
            out.append('\n');
        }
        return out.toString();
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
