// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;

/** A document is not what runtime-spec asks for; says everything that is wrong with it, not only the first thing. */
public final class InvalidSpecException extends Exception {
    private static final long serialVersionUID = 1L;

    private static final int SHOWN = 10; // in the message; problems() has all of them

    private final transient List<Problem> problems;

    /** The problems in document order; there is at least one. */
    public InvalidSpecException(List<Problem> problems) {
        super(summary(problems), null, false, false); // expected input error: a stack trace would only cost time
        this.problems = List.copyOf(problems);
    }

    InvalidSpecException(Problem problem) {
        this(List.of(problem));
    }

    /** What is wrong, in document order; never empty. */
    public List<Problem> problems() {
        return problems;
    }

    private static String summary(List<Problem> problems) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < problems.size() && i < SHOWN; i++) {
            out.append(i == 0 ? "" : "; ").append(problems.get(i).render());
        }
        if (problems.size() > SHOWN) {
            out.append("; and ").append(problems.size() - SHOWN).append(" more problems");
        }
        return out.toString();
    }
}
