// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.seccomp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import dev.ipcell.runtime.Covers;
import dev.ipcell.shim.linux.Libseccomp;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.Seccomp;
import dev.ipcell.spec.SpecDocument;
import java.io.File;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What cannot be carried out is refused by name, with its place in the document. */
class ProfileRefusalTest {
    @TempDir
    Path directory;

    private static String refusal(Seccomp seccomp) {
        return String.valueOf(catchThrowableOfType(SeccompRefusal.class, () -> Profiles.compile(seccomp))
                .getMessage());
    }

    private static String refusal(String defaultAction, String members) {
        return refusal(Profiles.seccomp(defaultAction, members));
    }

    private static String rule(String names, String action) {
        return "'syscalls':[{'names':[" + names + "],'action':'SCMP_ACT_" + action + "'}]";
    }

    @Test
    void notify_is_no_default() {
        assertThat(refusal("NOTIFY", "'listenerPath':'/a'"))
                .isEqualTo("/linux/seccomp/defaultAction: SCMP_ACT_NOTIFY cannot be the default action: "
                        + "the listener could not be handed over");
    }

    @ParameterizedTest
    @CsvSource({"write", "sendmsg"})
    void what_hands_the_listener_over_cannot_wait_for_it(String name) {
        assertThat(refusal("ALLOW", "'listenerPath':'/a'," + rule("'mkdir','" + name + "'", "NOTIFY")))
                .isEqualTo("/linux/seccomp/syscalls/0/names/1: SCMP_ACT_NOTIFY cannot be used for the " + name
                        + " syscall: without it the listener could not be handed over");
    }

    @Test
    void notify_needs_somebody_to_ask() {
        assertThat(refusal("ALLOW", rule("'mkdir'", "NOTIFY")))
                .isEqualTo("/linux/seccomp/syscalls/0/action: SCMP_ACT_NOTIFY needs a listenerPath");
    }

    @Test
    @Covers("/linux/seccomp/flags=SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV")
    void waiting_killably_needs_a_listener() {
        assertThat(refusal("ALLOW", "'flags':['SECCOMP_FILTER_FLAG_LOG','SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV']"))
                .startsWith("/linux/seccomp/flags/1: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs a rule with");
    }

    @Test
    void a_number_that_would_come_out_as_another_is_refused() {
        assertThat(
                        refusal(
                                "ERRNO",
                                "'defaultErrnoRet':4096,'syscalls':[{'names':['mkdir'],'action':'SCMP_ACT_TRACE','errnoRet':65536}]"))
                .isEqualTo("/linux/seccomp/defaultErrnoRet: must be at most 4095 with SCMP_ACT_ERRNO, not 4096; "
                        + "/linux/seccomp/syscalls/0/errnoRet: must be at most 65535 with SCMP_ACT_TRACE, not 65536");
    }

    @Test
    void each_problem_has_its_line() {
        SpecDocument document = Profiles.document("\n{'defaultAction':'SCMP_ACT_ERRNO','defaultErrnoRet':4096}");
        Seccomp seccomp = Objects.requireNonNull(
                Objects.requireNonNull(document.spec().linux()).seccomp());
        SeccompRefusal refusal = catchThrowableOfType(SeccompRefusal.class, () -> Profiles.profile(seccomp));
        assertThat(refusal.problems(document.positions()))
                .extracting(Problem::pointer, Problem::line)
                .containsExactly(tuple("/linux/seccomp/defaultErrnoRet", 2));
    }

    @ParameterizedTest
    @CsvSource({"LOG,2,3", "KILL_PROCESS,2,3", "NOTIFY,5,6"})
    void an_action_that_library_or_kernel_lack_is_named(String action, int level, int needed) throws SeccompRefusal {
        Seccomp seccomp = Profiles.seccomp("ALLOW", "'listenerPath':'/a'," + rule("'mkdir'", action));
        assertThatThrownBy(() -> ProfileChecks.check(seccomp, level))
                .isInstanceOf(SeccompRefusal.class)
                .hasMessage("/linux/seccomp/syscalls/0/action: SCMP_ACT_" + action
                        + " is not supported here: libseccomp and the kernel support level " + level
                        + " of its interface, it needs level " + needed);
        ProfileChecks.check(seccomp, needed);
    }

    @Test
    void an_architecture_of_the_other_byte_order_is_named() {
        String foreign = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? "S390X" : "X86_64";
        assertThat(refusal("ALLOW", "'architectures':['SCMP_ARCH_X86_64','SCMP_ARCH_" + foreign + "']"))
                .isEqualTo("/linux/seccomp/architectures/1: SCMP_ARCH_" + foreign
                        + " cannot be in a filter for this machine: its byte order is another");
    }

    @Test
    void an_architecture_that_the_library_cannot_compile_for_is_named() {
        // libseccomp 2.6 knows it, and then it is the byte order that is wrong.
        assertThat(refusal("ALLOW", "'architectures':['SCMP_ARCH_M68K']"))
                .startsWith("/linux/seccomp/architectures/0: SCMP_ARCH_M68K ");
    }

    @Test
    void two_actions_under_the_same_conditions_are_refused() {
        String args = "'args':[{'index':0,'value':1,'op':'SCMP_CMP_EQ'}]}";
        assertThat(refusal(
                        "ALLOW",
                        "'syscalls':[{'names':['mkdir'],'action':'SCMP_ACT_ERRNO'," + args
                                + ",{'names':['rmdir','mkdir'],'action':'SCMP_ACT_KILL'," + args + "]"))
                .isEqualTo("/linux/seccomp/syscalls/1/names/1: an earlier rule gives mkdir another action under the "
                        + "same conditions");
    }

    @Test
    void a_filter_longer_than_the_kernel_takes_is_refused() {
        StringBuilder rules = new StringBuilder();
        for (int i = 0; i < 2000; i++) {
            rules.append(i == 0 ? "" : ",")
                    .append("{'names':['mkdir'],'action':'SCMP_ACT_ERRNO','args':[{'index':0,'value':")
                    .append((i * 3L) << 30)
                    .append(",'op':'SCMP_CMP_EQ'}]}");
        }
        assertThat(refusal("ALLOW", "'syscalls':[" + rules + "]")).startsWith("/linux/seccomp: ");
    }

    @Test
    void a_missing_library_is_called_by_its_package() {
        assertThatThrownBy(() -> SeccompLibrary.find(directory.toString(), "/nowhere"))
                .isInstanceOf(SeccompRefusal.class)
                .hasMessage("/linux/seccomp: needs libseccomp.so.2, which is in none of " + directory
                        + ", /nowhere; install the package libseccomp2 (apt install libseccomp2)");
    }

    @Test
    void a_library_that_cannot_be_loaded_is_refused() {
        File missing = directory.resolve("libseccomp.so.2").toFile();
        assertThatThrownBy(() -> SeccompCompiler.compile(Profiles.allowList(), missing))
                .isInstanceOf(SeccompRefusal.class)
                .hasMessageStartingWith("/linux/seccomp: cannot be compiled: cannot load " + missing);
    }

    @Test
    void a_library_of_something_else_is_refused() throws SeccompRefusal {
        Path other = SeccompLibrary.find().toPath().resolveSibling("libm.so.6");
        assertThatThrownBy(() -> Libseccomp.load(other))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no seccomp_init");
    }
}
