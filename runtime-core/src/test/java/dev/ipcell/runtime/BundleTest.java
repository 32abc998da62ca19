// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A test that has a bundle of its own; afterwards its container is deleted, and nothing may be left of it. */
abstract class BundleTest {
    @TempDir
    Path temporary;

    TestBundle bundle;

    @BeforeEach
    void make_a_bundle() throws IOException {
        bundle = new TestBundle(temporary);
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        bundle.call("delete", "--force");
        Leftovers.assertNone(bundle);
    }

    /** The output of a script that must succeed in the container, without a word of error. */
    final String inside(String script) throws IOException, InterruptedException {
        Cell.Result result = bundle.script(script).run();
        assertThat(result.err()).isEmpty();
        assertThat(result.exit()).isZero();
        return result.out();
    }
}
