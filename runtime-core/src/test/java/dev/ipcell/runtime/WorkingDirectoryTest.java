// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.spec.InvalidSpecException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The working directory is entered with the privileges before the change of user, or else with those of the user. */
@Tag("root")
class WorkingDirectoryTest {
    private static final String WHERE = "readlink /proc/self/cwd; id -u";
    private static final int USER = 42;
    private static final int MAPPED_USER = 100_000 + USER;

    @TempDir
    Path temporary;

    private TestBundle bundle;

    @BeforeEach
    void make_a_bundle() throws IOException {
        bundle = new TestBundle(temporary).script(WHERE);
    }

    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        bundle.call("delete", "--force");
        Leftovers.assertNone(bundle);
    }

    private static Path closed(Path directory, int uid, int gid) throws IOException {
        Files.createDirectories(directory);
        Files.setAttribute(directory, "unix:uid", uid);
        Files.setAttribute(directory, "unix:gid", gid);
        return Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }

    private TestBundle user(String cwd) throws InvalidSpecException {
        return bundle.merge("{\"process\": {\"user\": {\"uid\": " + USER + "}, \"cwd\": \"" + cwd + "\"}}");
    }

    private void shows(Path source) throws InvalidSpecException {
        bundle.merge("{\"mounts+\": [{\"destination\": \"/home\", \"type\": \"bind\", \"source\": \"" + source
                + "\", \"options\": [\"bind\"]}]}");
    }

    @Test
    void one_that_only_root_may_enter_is_entered() throws Exception {
        closed(bundle.ownRoot().resolve("home/of-root"), 0, 0);
        Cell.Result result = user("/home/of-root").run();
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).isEqualTo("/home/of-root\n42\n");
    }

    @Test
    void exec_enters_one_that_is_the_users_alone_before_it_gives_up_its_capabilities() throws Exception {
        closed(bundle.ownRoot().resolve("home/of-user"), USER, USER);
        user("/home/of-user").script("exec sleep 1000");
        assertThat(bundle.detached().err()).isEmpty();
        Cell.Result result = Cell.call(
                "--root", bundle.root().toString(), "exec", "--user", "0", bundle.id(), "/bin/sh", "-c", WHERE);
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).isEqualTo("/home/of-user\n0\n");
    }

    /** Its group is no group of the container's, so the capabilities of the container's root do not reach it. */
    @Test
    void one_that_only_the_user_may_enter_is_entered() throws Exception {
        bundle.userNamespace();
        shows(closed(temporary.resolve("of-user"), MAPPED_USER, 0));
        Cell.Result result = user("/home").run();
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).isEqualTo("/home\n42\n");
    }

    @Test
    void one_that_neither_may_enter_is_told() throws Exception {
        bundle.userNamespace();
        shows(closed(temporary.resolve("of-another"), 1, 1));
        Cell.Result result = user("/home").run();
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err())
                .startsWith("ipcell: config.json /process/cwd: chdir /home: ")
                .contains("EACCES")
                .hasLineCount(1);
    }

    @Test
    void one_that_leads_out_of_the_root_is_refused_while_it_can_still_be_reached() throws Exception {
        bundle.merge("{\"process\": {\"cwd\": \"/proc/self/fd/3\"}}").write();
        String call = Cell.executable() + " --root " + bundle.root() + " run --preserve-fds 1 -b " + bundle.directory();
        Cell.Result result = Cell.run(temporary, List.of("sh", "-c", "exec 3</\nexec " + call + " " + bundle.id()));
        assertThat(result.out()).isEmpty();
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err())
                .startsWith("ipcell: config.json /process/cwd: ")
                .hasLineCount(1);
    }
}
