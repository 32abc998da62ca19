// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.runtime.cli.CommandLine;
import dev.ipcell.shim.Executor;
import dev.ipcell.spec.DefaultSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a configuration asks of security modules and of resctrl on a machine that has neither; {@code vm/tests} has a machine with. */
class ConfinementTest {
    @TempDir
    Path bundle;

    private String plan(String section, String members) throws IOException {
        String config = DefaultSpec.json().replace("\"" + section + "\": {", "\"" + section + "\": {" + members + ",");
        Files.writeString(bundle.resolve("config.json"), config);
        PretendExecutor pretend = new PretendExecutor(bundle, List.of("plan", "--bundle", bundle.toString()));
        CommandLine.serve(new Executor(pretend.input(), pretend.output()));
        return pretend.said();
    }

    @Test
    @Covers({"/process/apparmorProfile", "/process/selinuxLabel", "/linux/mountLabel"})
    void a_profile_or_label_that_would_not_confine_is_refused() throws IOException {
        assertThat(plan("process", "\"apparmorProfile\": \"p\""))
                .startsWith("ipcell: config.json /process/apparmorProfile: AppArmor is not enabled in this kernel, and"
                        + " \"p\" is to confine by it; leave the profile out, or boot with apparmor=1 [line ")
                .hasLineCount(1);
        assertThat(plan("process", "\"selinuxLabel\": \"a:b:c:s0\""))
                .startsWith("ipcell: config.json /process/selinuxLabel: SELinux is not enabled in this kernel")
                .hasLineCount(1);
        assertThat(plan("linux", "\"mountLabel\": \"a:b:c:s0\""))
                .startsWith("ipcell: config.json /linux/mountLabel: SELinux is not enabled in this kernel")
                .hasLineCount(1);
    }

    @Test
    void an_apparmor_that_is_switched_off_confines_nothing() throws IOException {
        Path parameters = Files.createDirectories(bundle.resolve("sys/module/apparmor/parameters"));
        Files.writeString(parameters.resolve("enabled"), "N\n");
        assertThat(plan("process", "\"apparmorProfile\": \"p\""))
                .contains("/process/apparmorProfile: AppArmor is not enabled");
        Files.writeString(parameters.resolve("enabled"), "Y\n");
        assertThat(plan("process", "\"apparmorProfile\": \"p\"")).startsWith("# start");
    }

    @Test
    void an_empty_profile_or_label_asks_for_nothing() throws IOException {
        assertThat(plan("process", "\"apparmorProfile\": \"\", \"selinuxLabel\": \"\""))
                .startsWith("# start");
        assertThat(plan("linux", "\"mountLabel\": \"\"")).startsWith("# start");
    }
}
