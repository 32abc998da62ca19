// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.Op;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.JsonArray;
import dev.ipcell.spec.JsonObject;
import dev.ipcell.spec.JsonValue;
import dev.ipcell.spec.JsonWriter;
import java.util.ArrayList;
import java.util.List;

/** A launch plan as people, and programs, read it. */
public final class PlanListing {
    private static final int OPERATION_WIDTH = 64;

    private final StringBuilder out = new StringBuilder();
    private int number;

    private PlanListing() {}

    /**
     * What the parent does between two looks at the result.
     *
     * @param name of the part
     * @param program the parent's steps; the child's are inside its clone operation
     */
    public record Part(String name, Program program) {}

    /** One operation a line: its number, what it does, and behind {@code #} what caused it; undo operations below. */
    public static String text(List<Part> parts) {
        PlanListing listing = new PlanListing();
        for (Part part : parts) {
            listing.out.append("# ").append(part.name()).append('\n');
            listing.steps(part.program().steps(), "");
        }
        return listing.out.toString();
    }

    private void steps(List<Step> steps, String indent) {
        for (Step step : steps) {
            number++;
            String label = Integer.toString(number);
            String line = "   ".substring(Math.min(3, label.length())) + label + "  " + indent
                    + step.op().describe();
            out.append(line);
            out.repeat(' ', Math.max(1, OPERATION_WIDTH - line.length()));
            out.append("# ").append(step.origin()).append('\n');
            for (Op undo : step.undo()) {
                out.append("     ")
                        .append(indent)
                        .append("  undo: ")
                        .append(undo.describe())
                        .append('\n');
            }
            if (step.op() instanceof ProcessOp.Clone clone) {
                steps(clone.program().steps(), indent + "  | ");
            }
        }
    }

    /** The same as JSON: an array of parts, each with its operations. */
    public static String json(List<Part> parts) {
        PlanListing listing = new PlanListing();
        List<JsonValue> values = new ArrayList<>();
        for (Part part : parts) {
            values.add(JsonObject.builder()
                    .put("part", part.name())
                    .put("operations", listing.values(part.program().steps()))
                    .build());
        }
        return JsonWriter.pretty(JsonArray.of(values)) + "\n";
    }

    private JsonArray values(List<Step> steps) {
        List<JsonValue> values = new ArrayList<>();
        for (Step step : steps) {
            number++;
            JsonObject.Builder value = JsonObject.builder()
                    .put("id", number)
                    .put("operation", name(step.op()))
                    .put("description", step.op().describe())
                    .put("origin", step.origin());
            if (!step.undo().isEmpty()) {
                List<String> undo = new ArrayList<>();
                for (Op op : step.undo()) {
                    undo.add(op.describe());
                }
                value.put("undo", undo);
            }
            if (step.op() instanceof ProcessOp.Clone clone) {
                value.put("child", values(clone.program().steps()));
            }
            values.add(value.build());
        }
        return JsonArray.of(values);
    }

    /** The operation's name as the trace and the JSON listing have it. */
    static String name(Op op) {
        return op.getClass().getSimpleName();
    }
}
