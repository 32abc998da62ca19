// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mounts that show other owners than their file system has, seen from inside and from outside. */
@Tag("root")
class IdmapTest extends BundleTest {
    private static final String TO_ROOT = mappings("1000", "0");

    private Path data;

    @BeforeEach
    void make_a_file_of_user_1000() throws IOException {
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
        data = Files.createDirectory(temporary.resolve("data"));
        Files.writeString(data.resolve("file"), "content");
        own(data.resolve("file"), 1000);
        own(data, 1000);
    }

    /** What ends by itself leaves nothing for anybody else to delete. */
    @Override
    @AfterEach
    void nothing_is_left() throws IOException, InterruptedException {
        Leftovers.assertNone(bundle);
    }

    private static void own(Path path, int id) throws IOException {
        Files.setAttribute(path, "unix:uid", id);
        Files.setAttribute(path, "unix:gid", id);
    }

    private static String owner(Path path) throws IOException {
        return Files.getAttribute(path, "unix:uid") + ":" + Files.getAttribute(path, "unix:gid");
    }

    private static String mappings(String fileSystem, String shown) {
        String one = "[{\"containerID\": " + fileSystem + ", \"hostID\": " + shown + ", \"size\": 10}]";
        return ", \"uidMappings\": " + one + ", \"gidMappings\": " + one;
    }

    private TestBundle mount(String options, String more) {
        return bundle.mount("{\"destination\": \"/home\", \"type\": \"none\", \"source\": \"" + data
                + "\", \"options\": [" + options + "]" + more + "}");
    }

    private String refusal() throws IOException, InterruptedException {
        Cell.Result result = bundle.script("true").run();
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.out()).isEmpty();
        return result.err();
    }

    @ParameterizedTest
    @Covers({"/mounts/*/uidMappings/*/containerID", "/mounts/*/gidMappings/*/containerID"})
    @CsvSource(
            delimiter = '|',
            value = {"\"rbind\", \"idmap\"", "\"bind\", \"ridmap\", \"nosuid\"", "\"bind\""})
    void a_file_of_user_1000_is_roots_inside_and_what_root_makes_is_user_1000s(String options)
            throws IOException, InterruptedException {
        mount(options, TO_ROOT);
        assertThat(inside("stat -c %u:%g /home/file; touch /home/new; stat -c %u:%g /home/new"))
                .isEqualTo("0:0\n0:0\n");
        assertThat(owner(data.resolve("new"))).isEqualTo("1000:1000");
        assertThat(owner(data.resolve("file"))).isEqualTo("1000:1000");
    }

    @Test
    void without_a_mapping_it_stays_user_1000s() throws IOException, InterruptedException {
        mount("\"bind\"", "");
        assertThat(inside("stat -c %u:%g /home/file")).isEqualTo("1000:1000\n");
    }

    @Test
    void the_option_may_say_the_ids_itself() throws IOException, InterruptedException {
        mount("\"bind\", \"idmap=uids=0-5-1#1000-6-10;gids=1000-7-1\"", "");
        assertThat(inside("stat -c %u:%g /home/file")).isEqualTo("6:7\n");
    }

    @ParameterizedTest
    @CsvSource({"idmap=uids=@1000-3-1;gids=@1000-4-1, 3:4", "idmap=uids=1000-100007-1;gids=1000-200008-1, 7:8"})
    void the_options_ids_are_the_hosts_or_those_of_the_user_namespace(String option, String owner)
            throws IOException, InterruptedException {
        bundle.userNamespace();
        mount("\"bind\", \"" + option + "\"", "");
        assertThat(inside("stat -c %u:%g /home/file")).isEqualTo(owner + "\n");
    }

    @ParameterizedTest
    @CsvSource({"idmap", "ridmap", "idmap="})
    void a_container_with_a_user_namespace_has_its_own_ids_on_the_file_system(String option)
            throws IOException, InterruptedException {
        bundle.userNamespace();
        own(data, 0);
        mount("\"rbind\", \"" + option + "\"", "");
        assertThat(inside("stat -c %u:%g /home /home/file; touch /home/new; stat -c %u:%g /home/new"))
                .isEqualTo("0:0\n1000:1000\n0:0\n");
        assertThat(owner(data.resolve("new"))).isEqualTo("0:0");
    }

    @Test
    @Covers({
        "/mounts/*/uidMappings/*/hostID",
        "/mounts/*/gidMappings/*/hostID",
        "/mounts/*/uidMappings/*/size",
        "/mounts/*/gidMappings/*/size"
    })
    void a_mapping_of_the_mount_goes_before_that_of_the_user_namespace() throws IOException, InterruptedException {
        bundle.userNamespace();
        String uids = "\"uidMappings\": [{\"containerID\": 1000, \"hostID\": 100000, \"size\": 1}]";
        String gids = "\"gidMappings\": [{\"containerID\": 1000, \"hostID\": 200005, \"size\": 1}]";
        mount("\"bind\", \"idmap\"", ", " + uids + ", " + gids);
        assertThat(inside("stat -c %u:%g /home/file; echo more >> /home/file; cat /home/file"))
                .isEqualTo("0:5\ncontentmore\n");
    }

    @ParameterizedTest
    @Covers({"/mounts/*/options=idmap", "/mounts/*/options=ridmap"})
    @CsvSource({"ridmap, 0:0", "idmap, 1000:1000"})
    void what_is_mounted_below_is_mapped_only_by_ridmap(String option, String below)
            throws IOException, InterruptedException {
        Path sub = Files.createDirectory(data.resolve("sub"));
        mount("\"rbind\", \"" + option + "\"", TO_ROOT)
                .script("stat -c %u:%g /home /home/sub")
                .write();
        String call = Cell.executable() + " --root " + bundle.root() + " run --bundle " + bundle.directory() + " "
                + bundle.id();
        Cell.Result result = Cell.run(
                Path.of("/"),
                List.of(
                        "unshare",
                        "--mount",
                        "sh",
                        "-c",
                        "mount -t tmpfs -o uid=1000,gid=1000 below " + sub + " && exec " + call));
        assertThat(result.err()).isEmpty();
        assertThat(result.out()).isEqualTo("0:0\n" + below + "\n");
    }

    @ParameterizedTest
    @CsvSource({"true", "false"})
    void a_new_file_system_can_be_mapped_too(boolean user) throws IOException, InterruptedException {
        if (user) {
            bundle.userNamespace();
        }
        String shown = user ? "100005" : "5";
        String one = "[{\"containerID\": 1000, \"hostID\": " + shown + ", \"size\": 1}]";
        String groups = "[{\"containerID\": 1000, \"hostID\": " + shown.replace("100", "200") + ", \"size\": 1}]";
        bundle.mount("{\"destination\": \"/home\", \"type\": \"tmpfs\", \"options\": [\"idmap\", \"uid=1000\","
                + " \"gid=1000\"], \"uidMappings\": " + one + ", \"gidMappings\": " + groups + "}");
        assertThat(inside("stat -c %u:%g /home; grep ' /home ' /proc/self/mountinfo | grep -c idmapped"))
                .isEqualTo("5:5\n1\n");
    }

    @Test
    void a_tmpfs_with_the_containers_ids_begins_with_what_it_covers() throws IOException, InterruptedException {
        bundle.userNamespace();
        Path root = bundle.ownRoot();
        for (String name : List.of("", "home", "home/mine")) {
            Path path = root.resolve(name);
            Files.createDirectories(path);
            Files.setAttribute(path, "unix:uid", 100000);
            Files.setAttribute(path, "unix:gid", 200000);
        }
        bundle.mount("{\"destination\": \"/home\", \"type\": \"tmpfs\", \"options\": [\"idmap\", \"tmpcopyup\"]}");
        assertThat(inside("stat -c %u:%g /home /home/mine")).isEqualTo("0:0\n0:0\n");
    }

    @Test
    void mappings_that_cannot_be_are_refused_with_their_place() throws IOException, InterruptedException {
        mount("\"bind\"", mappings("0", "0").replace("\"size\": 10", "\"size\": 0"));
        assertThat(refusal()).contains("config.json /mounts/0/uidMappings/0/size: must be at least 1");
        bundle.replace("\"size\": 0}", "\"size\": 2}, {\"containerID\": 1, \"hostID\": 9, \"size\": 1}");
        assertThat(refusal())
                .contains("config.json /mounts/0/gidMappings/1: maps an id that /mounts/0/gidMappings/0 maps too");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "uids=0-1-1 | it must have both uids= and gids=",
                "uids=0-1-1;gids=0-1-1;x | \"x\" does not begin with uids= or gids=",
                "uids=0-1-1#;gids=0-1-1 | \"\" is not of the form 0-1000-1 (id of the file system, id shown, how many)",
                "uids=0-1-0;gids=0-1-1 | \"0-1-0\" is not of the form 0-1000-1 (id of the file system, id shown, how many)",
                "uids=0-1-2#5-2-1;gids=0-1-1 | \"5-2-1\" maps an id that is mapped already",
                "uids=@0-1-1;gids=0-1-1 | \"@0-1-1\" is not within one mapping of /linux/uidMappings or /linux/gidMappings",
            })
    void an_option_that_cannot_be_is_refused_with_its_place(String ids, String why)
            throws IOException, InterruptedException {
        mount("\"bind\", \"idmap=" + ids + "\"", "");
        assertThat(refusal())
                .startsWith("ipcell: config.json /mounts/0/options: option \"idmap=" + ids + "\": " + why + " [line");
    }

    @Test
    void the_option_and_the_fields_do_not_both_say_the_ids() throws IOException, InterruptedException {
        mount("\"bind\", \"idmap=uids=0-1-1;gids=0-1-1\"", TO_ROOT);
        assertThat(refusal())
                .contains(
                        "/mounts/0/options: option \"idmap=uids=0-1-1;gids=0-1-1\" and uidMappings exclude each other");
    }

    @Test
    void a_file_system_that_cannot_be_mapped_is_told_with_a_hint() throws IOException, InterruptedException {
        bundle.mount("{\"destination\": \"/home\", \"type\": \"proc\", \"options\": [\"idmap\"]" + TO_ROOT + "}");
        assertThat(refusal())
                .isEqualTo("ipcell: config.json /mounts/0 (/home): mount_setattr: invalid argument (EINVAL);"
                        + " this file system, or with ridmap one below it, cannot be id-mapped by this kernel\n");
    }

    @Test
    void the_callers_own_user_namespace_has_no_ids_to_map_by() throws IOException, InterruptedException {
        bundle.replace("\"namespaces\": [", "\"namespaces\": [{\"type\": \"user\", \"path\": \"/proc/self/ns/user\"},");
        mount("\"bind\", \"idmap\"", "");
        assertThat(refusal())
                .contains(
                        "/mounts/0/options: needs uidMappings and gidMappings, as the user namespace is the caller's own");
    }
}
