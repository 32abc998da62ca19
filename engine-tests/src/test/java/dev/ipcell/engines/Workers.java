// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Does the same for many numbers, eight at once. */
final class Workers {
    private static final int COUNT = 8;

    private Workers() {}

    interface Task {
        void run(int number) throws Exception;
    }

    /** Runs the task for 0 to count - 1, and answers what failed. */
    static List<String> run(int count, Task task) throws InterruptedException {
        List<String> failures = new ArrayList<>();
        try (ExecutorService pool = Executors.newFixedThreadPool(COUNT)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int number = i;
                all.add(pool.submit(() -> {
                    task.run(number);
                    return null;
                }));
            }
            for (int i = 0; i < count; i++) {
                try {
                    all.get(i).get();
                } catch (ExecutionException e) {
                    failures.add(i + ": " + e.getCause());
                }
            }
        }
        return failures;
    }
}
