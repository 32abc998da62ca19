// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Launches with {@code NOTIFY_SOCKET} of which an operation fails, or whose executor or planner is killed there. */
@Tag("root")
class NotifyFaultTest {
    private static final int KILLED = 137;

    /** How many operations at the end of a call have a closer look. */
    private static final int LAST = 4;

    private static final int STEP = 30;

    private static final List<String> ACTIONS = List.of("fail", "kill-executor", "kill-planner");

    @TempDir
    Path temporary;

    private ServiceManager manager;
    private NotifyBundle container;

    @BeforeEach
    void a_service_manager_listens() throws IOException, InterruptedException {
        manager = ServiceManager.at(temporary.resolve("manager").toString());
        container = new NotifyBundle(temporary, "READY=1");
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        manager.close();
        container.bundle().call("delete", "--force");
        Leftovers.assertNone(container.bundle());
    }

    private Map<Integer, String> operations(String... options) throws Exception {
        Path trace = temporary.resolve("trace.json");
        List<String> all = new ArrayList<>(List.of(options));
        all.addAll(List.of("--trace", trace.toString()));
        Cell.Result traced = container.call(manager.name(), "run", all.toArray(new String[0]));
        assertThat(traced.exit()).as(traced.err()).isZero();
        forget();
        Map<Integer, String> operations = TracedOperations.of(trace);
        assertThat(operations).hasSizeGreaterThan(150).containsValue("NOTIFY_SOCKET");
        return operations;
    }

    private void forget() throws IOException, InterruptedException {
        assertThat(container.bundle().call("delete", "--force").err()).isEmpty();
        Leftovers.assertNone(container.bundle());
    }

    /** All actions at the operations that are for the socket and at the last ones; at each thirtieth of the others one action. */
    private static List<String> faults(Map<Integer, String> operations) {
        int last =
                operations.keySet().stream().mapToInt(Integer::intValue).max().orElseThrow();
        List<String> faults = new ArrayList<>();
        for (Map.Entry<Integer, String> operation : operations.entrySet()) {
            int id = operation.getKey();
            if (operation.getValue().startsWith("NOTIFY_SOCKET") || id > last - LAST) {
                ACTIONS.forEach(action -> faults.add(action + "@" + id));
            } else if (id % STEP == 0) {
                faults.add(ACTIONS.get(id / STEP % ACTIONS.size()) + "@" + id);
            }
        }
        return faults;
    }

    private boolean exists() throws IOException, InterruptedException {
        return container.bundle().call("state").exit() == 0;
    }

    /** The executor, its guardian and the planner of the call have ended. */
    private void awaitEnd() throws IOException, InterruptedException {
        String variable = "NOTIFY_SOCKET=" + manager.name() + "\0";
        boolean there = true;
        for (int i = 0; i < 1000 && there; i++) {
            try (Stream<Path> all = Files.list(Path.of("/proc"))) {
                there = all.anyMatch(process -> environment(process).contains(variable));
            }
            Thread.sleep(there ? 5 : 0);
        }
        assertThat(there).as("a process with the call's environment is left").isFalse();
    }

    private static String environment(Path process) {
        try {
            boolean waits = Files.readString(process.resolve("comm")).startsWith("ipcell:init");
            return waits ? "" : new String(Files.readAllBytes(process.resolve("environ")), ISO_8859_1);
        } catch (IOException none) {
            return "";
        }
    }

    private void check(String fault, Cell.Result result, int told) throws IOException, InterruptedException {
        if (result.exit() != 0 && result.exit() != KILLED) {
            assertThat(result.err()).as(fault).startsWith("ipcell: ").hasLineCount(1);
        }
        awaitEnd();
        List<String> news = manager.texts().subList(told, manager.texts().size());
        if (news.stream().noneMatch(text -> text.contains("READY=1"))) {
            assertThat(exists()).as(fault + ": nobody was told of it").isFalse();
            Leftovers.assertNone(container.bundle());
        }
    }

    @Test
    void a_detached_run_that_is_disturbed_leaves_nothing_that_nobody_was_told_of() throws Exception {
        for (String fault : faults(operations("--detach"))) {
            int told = manager.texts().size();
            Cell.Result result = container.call(manager.name(), "run", "--detach", "--inject-fault", fault);
            check(fault, result, told);
            if (result.exit() == 0) {
                assertThat(exists()).as(fault).isTrue();
            }
            forget();
        }
    }

    @Test
    void a_run_in_the_foreground_that_is_disturbed_leaves_nothing() throws Exception {
        int turn = 0;
        for (String fault : faults(operations())) {
            if (turn++ % 2 == 0) {
                int told = manager.texts().size();
                check(fault, container.call(manager.name(), "run", "--inject-fault", fault), told);
                assertThat(exists()).as(fault).isFalse();
                Leftovers.assertNone(container.bundle());
            }
        }
    }

    @Test
    void a_create_that_is_disturbed_leaves_a_whole_container_or_none() throws Exception {
        int turn = 0;
        for (String fault : faults(operations("--detach"))) {
            if (turn++ % 2 == 0) {
                Cell.Result result = container.call(manager.name(), "create", "--inject-fault", fault);
                awaitEnd();
                if (exists()) {
                    assertThat(container.bundle().call("state").out())
                            .as(fault)
                            .containsAnyOf("\"created\"", fault.startsWith("fail") ? "\"stopped\"" : "\"created\"");
                    forget();
                } else {
                    assertThat(result.exit()).as(fault).isNotZero();
                    Leftovers.assertNone(container.bundle());
                }
            }
        }
    }
}
