// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import dev.ipcell.examples.testcontainers.SharedIpcTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The example with Testcontainers does what it says, against a daemon of its own. */
@Tag("root")
class ExampleTest extends SharedIpcTest {
    @RegisterExtension
    static final Docker DOCKER = new Docker();
}
