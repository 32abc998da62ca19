// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.ipcell.runtime.ContractCases.Case;
import dev.ipcell.runtime.ContractCases.Comparison;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/** The cases of {@link ContractCases}, by ipcell and, where both can be compared, by runc. */
@Tag("root")
@TestInstance(Lifecycle.PER_CLASS)
class ContractTest {
    @TempDir
    private static Path temporary;

    private ContractRuntime ipcell;
    private ContractRuntime runc;

    @BeforeAll
    void containers_in_every_state() throws IOException, InterruptedException {
        Path directory = Files.createDirectory(temporary.resolve("empty"));
        ipcell = ContractRuntime.start(
                Cell.executable().toString(), Files.createDirectory(temporary.resolve("i")), directory);
        runc = ContractRuntime.start("runc", Files.createDirectory(temporary.resolve("r")), directory);
    }

    @AfterAll
    void nothing_is_left() throws IOException, InterruptedException {
        runc.end();
        ipcell.end();
    }

    @TestFactory
    Stream<DynamicContainer> contract() throws IOException {
        return ContractCases.FILES.stream().map(this::file);
    }

    private DynamicContainer file(String name) {
        try {
            List<Case> cases = ContractCases.of(name);
            List<String> titles = cases.stream().map(Case::title).distinct().toList();
            return dynamicContainer(
                    name,
                    titles.stream()
                            .map(title -> dynamicContainer(
                                    title,
                                    cases.stream()
                                            .filter(each -> each.title().equals(title))
                                            .map(each -> dynamicTest(each.line(), () -> check(each))))));
        } catch (IOException unreadable) {
            throw new IllegalStateException(unreadable);
        }
    }

    private void check(Case each) throws IOException, InterruptedException {
        Cell.Result result = ipcell.call(each.arguments());
        assertThat(result.exit()).as(result.toString()).isEqualTo(each.exit());
        String processes = each.arguments().contains("sh") ? result.err() : "";
        if (each.texts().isEmpty() || each.exit() == 0) {
            assertThat(result.err()).isEqualTo(processes);
            said(ipcell, each, result.out());
        } else {
            assertThat(result.err()).startsWith("ipcell: ").hasLineCount(1);
            assertThat(result.out()).isEmpty();
            said(ipcell, each, result.err());
        }
        if (each.comparison() != Comparison.NONE) {
            compare(each);
        }
    }

    private void compare(Case each) throws IOException, InterruptedException {
        Cell.Result result = runc.call(each.arguments());
        if (each.comparison() == Comparison.ALIKE) {
            assertThat(result.exit() == 0).as("runc: " + result).isEqualTo(each.exit() == 0);
            return;
        }
        assertThat(result.exit()).as("runc: " + result).isEqualTo(each.exit());
        said(runc, each, each.exit() == 0 ? result.out() : result.out() + result.err());
    }

    private static void said(ContractRuntime runtime, Case each, String output) {
        for (String text : each.texts()) {
            String expected = runtime.fill(text);
            if (expected.startsWith("=")) {
                assertThat(output.strip()).isEqualTo(expected.substring(1));
            } else if (expected.length() > 1 && expected.startsWith("/") && expected.endsWith("/")) {
                assertThat(output.strip()).matches("(?s)" + expected.substring(1, expected.length() - 1));
            } else {
                // logrus writes its text form with quotes.
                assertThat(output.replace("\\\"", "\"")).contains(expected);
            }
        }
    }
}
