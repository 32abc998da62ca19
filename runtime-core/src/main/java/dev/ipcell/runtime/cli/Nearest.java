// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds what a mistyped word was meant to be. */
final class Nearest {
    /** One slip for each so many letters is still a slip. */
    private static final int LETTERS_PER_SLIP = 3;

    private Nearest() {}

    /** The word that differs least, or the only one that begins so; null if none is near. */
    static @Nullable String of(String typed, List<String> words) {
        String best = null;
        int least = Math.max(1, typed.length() / LETTERS_PER_SLIP) + 1;
        String completed = null;
        int completions = 0;
        for (String word : words) {
            int distance = distance(typed, word);
            if (distance < least) {
                least = distance;
                best = word;
            }
            if (word.startsWith(typed)) {
                completed = word;
                completions++;
            }
        }
        return completions == 1 ? completed : best;
    }

    /** How many letters must be put in, taken out, changed, or swapped with their neighbour (optimal string alignment). */
    private static int distance(String a, String b) {
        int[][] cost = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    cost[i][j] = i + j;
                    continue;
                }
                boolean same = a.charAt(i - 1) == b.charAt(j - 1);
                cost[i][j] =
                        Math.min(cost[i - 1][j - 1] + (same ? 0 : 1), Math.min(cost[i - 1][j], cost[i][j - 1]) + 1);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    cost[i][j] = Math.min(cost[i][j], cost[i - 2][j - 2] + 1);
                }
            }
        }
        return cost[a.length()][b.length()];
    }
}
