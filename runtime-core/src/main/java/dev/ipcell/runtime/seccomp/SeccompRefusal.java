// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.seccomp;

import dev.ipcell.spec.Problem;
import dev.ipcell.spec.SourceMap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The seccomp section is valid, but no filter can be made of it here. */
public final class SeccompRefusal extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Map<String, String> reasons;

    /** A refusal for one reason. */
    SeccompRefusal(String pointer, String reason) {
        this(Map.of(pointer, reason));
    }

    /** A refusal for several reasons, each under the JSON pointer of its cause. */
    SeccompRefusal(Map<String, String> reasons) {
        super(text(reasons), null, false, false); // expected: a stack trace would only cost time
        this.reasons = new LinkedHashMap<>(reasons);
    }

    /** The reasons, each with its place in the document. */
    public List<Problem> problems(SourceMap positions) {
        List<Problem> problems = new ArrayList<>(reasons.size());
        for (Map.Entry<String, String> reason : reasons.entrySet()) {
            problems.add(positions.problem(reason.getKey(), reason.getValue()));
        }
        return problems;
    }

    private static String text(Map<String, String> reasons) {
        StringBuilder out = new StringBuilder();
        for (Map.Entry<String, String> reason : reasons.entrySet()) {
            out.append(out.isEmpty() ? "" : "; ")
                    .append(reason.getKey())
                    .append(": ")
                    .append(reason.getValue());
        }
        return out.toString();
    }
}
