// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.runtime.cli.CommandLine;
import dev.ipcell.runtime.cli.Resident;
import dev.ipcell.runtime.launch.EmptyMounts;
import dev.ipcell.runtime.launch.PlannerMemory;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.NamespaceId;
import dev.ipcell.spec.DefaultSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What each field of a configuration does to the plan, as text for review. The default plan is kept whole, for each layout of cgroups;
 * for a field the file {@code fields.txt} has only the lines that it adds and takes away.
 *
 * <p>After an intended change run with {@code -Dipcell.golden.update=true}, and read the difference before it is committed.
 */
class PlanGoldenTest {
    private static final Path GOLDEN = Path.of("src/test/resources/plan");

    private static final String HYBRID_MOUNTS = """
            31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
            32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
            34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset
            35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
            36 31 0:33 / /sys/fs/cgroup/devices rw,relatime - cgroup cgroup rw,devices
            37 31 0:34 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer
            39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
            40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
            41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
            42 23 0:39 / /sys/fs/resctrl rw,relatime - resctrl resctrl rw
            """;

    private static final String HYBRID_MEMBERSHIP = """
            7:name=systemd:/user.slice
            6:pids:/
            5:freezer:/
            4:devices:/
            3:memory:/own
            2:cpuset:/
            1:cpu,cpuacct:/
            0::/user.slice
            """;

    private static final String UNIFIED_MOUNTS = "41 31 0:38 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw\n";
    private static final String UNIFIED_MEMBERSHIP = "0::/user.slice/session.scope\n";

    @TempDir
    Path temporary;

    private int number;

    private String plan(String config, String mounts, String membership, String... options) throws IOException {
        return plan(null, config, mounts, membership, options);
    }

    private String plan(@Nullable Resident resident, String config, String mounts, String membership, String... options)
            throws IOException {
        Path bundle = Files.createDirectory(temporary.resolve("bundle" + number++));
        Path proc = Files.createDirectories(bundle.resolve("proc/self"));
        Files.createDirectories(bundle.resolve("etc"));
        Files.writeString(proc.resolve("mountinfo"), mounts);
        Files.writeString(proc.resolve("cgroup"), membership);
        Files.writeString(
                bundle.resolve("etc/passwd"), "root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n");
        file(bundle.resolve("sys/module/apparmor/parameters/enabled"), "Y\n");
        file(bundle.resolve("sys/fs/selinux/enforce"), "0");
        Files.writeString(bundle.resolve("config.json"), config);
        List<String> words = new ArrayList<>(List.of(options));
        words.addAll(List.of("plan", "--bundle", bundle.toString()));
        PretendExecutor pretend = new PretendExecutor(bundle, words);
        Executor executor = new Executor(pretend.input(), pretend.output());
        if (resident == null) {
            CommandLine.serve(executor);
        } else {
            CommandLine.serve(executor, resident);
        }
        assertThat(pretend.said()).as("refused: " + pretend.said()).startsWith("# start");
        // The state holds the bundle's path, and so its size depends on where the test runs.
        return pretend.said()
                .replace(bundle.toString(), "/bundle")
                .replaceAll("write-atomic [0-9]+ bytes", "write-atomic N bytes");
    }

    private static void file(Path file, String content) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    private String hybrid(String config) throws IOException {
        return plan(config, HYBRID_MOUNTS, HYBRID_MEMBERSHIP);
    }

    private static void compare(String name, String actual) throws IOException {
        Path file = GOLDEN.resolve(name);
        if (Boolean.getBoolean("ipcell.golden.update")) {
            Files.createDirectories(GOLDEN);
            Files.writeString(file, actual);
        }
        assertThat(actual).as(file.toString()).isEqualTo(Files.readString(file));
    }

    @Test
    void the_default_plan_with_version_1_cgroups() throws IOException {
        compare("default-hybrid.txt", hybrid(DefaultSpec.json()));
    }

    @Test
    void the_default_plan_with_version_2_cgroups() throws IOException {
        compare("default-unified.txt", plan(DefaultSpec.json(), UNIFIED_MOUNTS, UNIFIED_MEMBERSHIP));
    }

    /** A planner that keeps an empty mount namespace. */
    private static final class Planner implements Resident {
        private final PlannerMemory memory = new PlannerMemory();

        Planner() {
            memory.emptyMounts(new EmptyMounts("/proc/1/fd/9", new NamespaceId(0, PretendExecutor.NAMESPACE)));
        }

        @Override
        public long pid() {
            return 1;
        }

        @Override
        public PlannerMemory memory() {
            return memory;
        }

        @Override
        public void prepare(Executor executor) {}

        @Override
        public String status() {
            return "";
        }
    }

    @Test
    void where_a_planner_keeps_an_empty_mount_namespace_all_mounts_are_made_before_it_is_entered() throws IOException {
        String plan = plan(new Planner(), DefaultSpec.json(), HYBRID_MOUNTS, HYBRID_MEMBERSHIP);
        compare("default-warm.txt", plan);
        assertThat(plan)
                .containsSubsequence(
                        "fsmount", "setns $empty-mounts newns", "unshare newns", "move-mount", "chroot $root")
                .doesNotContain("pivot-root");
        assertThat(plan.substring(0, plan.indexOf("setns $empty-mounts")))
                .doesNotContain("move-mount", "mount-setattr / ", "newns");
    }

    @Test
    void what_needs_the_callers_mounts_has_them_all_the_same() throws IOException {
        String json = DefaultSpec.json();
        for (String change : List.of(
                "\"hooks\": {\"prestart\": [{\"path\": \"/hook\"}]}",
                "\"hooks\": {\"createRuntime\": [{\"path\": \"/hook\"}]}",
                "\"hooks\": {\"createContainer\": [{\"path\": \"/hook\"}]}")) {
            String config = json.replaceFirst("\\{", java.util.regex.Matcher.quoteReplacement("{" + change + ","));
            assertThat(plan(new Planner(), config, HYBRID_MOUNTS, HYBRID_MEMBERSHIP))
                    .as(change)
                    .contains("pivot-root", "newns");
        }
        String user = json.replace(
                        "\"linux\": {",
                        "\"linux\": {\"uidMappings\": [{\"containerID\": 0, \"hostID\": 100000, \"size\": 9}],"
                                + "\"gidMappings\": [{\"containerID\": 0, \"hostID\": 100000, \"size\": 9}],")
                .replace("\"namespaces\": [", "\"namespaces\": [{\"type\": \"user\"},");
        assertThat(plan(new Planner(), user, HYBRID_MOUNTS, HYBRID_MEMBERSHIP)).contains("pivot-root");
        String late = json.replace(
                "\"mounts\": [",
                "\"mounts\": [{\"destination\": \"/a\", \"type\": \"tmpfs\"},"
                        + "{\"destination\": \"/b\", \"source\": \"rootfs/a\", \"options\": [\"bind\"]},");
        assertThat(plan(new Planner(), late, HYBRID_MOUNTS, HYBRID_MEMBERSHIP)).contains("pivot-root");
        assertThat(plan(new Planner(), json, HYBRID_MOUNTS, HYBRID_MEMBERSHIP)).doesNotContain("pivot-root");
    }

    @Test
    void with_systemd_the_child_waits_for_its_scope_before_anything_else() throws IOException {
        String plan = plan(DefaultSpec.json(), UNIFIED_MOUNTS, UNIFIED_MEMBERSHIP, "--systemd-cgroup");
        compare("default-systemd.txt", plan);
        assertThat(plan)
                .containsSubsequence(
                        "| reached 6",
                        "| await parent at 6",
                        "| unshare newcgroup",
                        "await $init at 6",
                        "# in the scope ipcell-CONTAINER.scope",
                        "open /sys/fs/cgroup/system.slice/ipcell-CONTAINER.scope",
                        "device-program",
                        "release $init from 6")
                .doesNotContain("mkdir /sys/fs/cgroup");
    }

    @Test
    void without_a_cgroup_namespace_all_version_2_cgroups_are_shown() throws IOException {
        String json = DefaultSpec.json().replaceFirst(",\\s*\\{\\s*\"type\": \"cgroup\"\\s*}(?=\\s*])", "");
        assertThat(json).isNotEqualTo(DefaultSpec.json());
        String plan = plan(json, UNIFIED_MOUNTS, UNIFIED_MEMBERSHIP);
        assertThat(plan)
                .containsSubsequence(
                        "open-tree /sys/fs/cgroup (clone) -> $cgroup",
                        "mount-setattr $cgroup (ro,nosuid,nodev,noexec) (slave)",
                        "move-mount $cgroup to $mount-point")
                .doesNotContain("fsmount cgroup2");
    }

    @Test
    void a_version_2_cgroup_is_handed_over_to_the_root_of_a_user_namespace() throws IOException {
        String json = DefaultSpec.json()
                .replace(
                        "\"linux\": {",
                        "\"linux\": {\"uidMappings\": [{\"containerID\": 0, \"hostID\": 100000, \"size\": 9}],"
                                + "\"gidMappings\": [{\"containerID\": 0, \"hostID\": 100000, \"size\": 9}],")
                .replace("\"namespaces\": [", "\"namespaces\": [{\"type\": \"user\"},");
        String readOnly = plan(json, UNIFIED_MOUNTS, UNIFIED_MEMBERSHIP);
        assertThat(readOnly).doesNotContain("chown /sys");
        String writable = json.replaceFirst("\"relatime\",\\s*\"ro\"", "\"relatime\"");
        assertThat(writable).isNotEqualTo(json);
        assertThat(plan(writable, UNIFIED_MOUNTS, UNIFIED_MEMBERSHIP)
                        .lines()
                        .filter(line -> line.contains("chown /sys")))
                .extracting(line -> line.substring(line.indexOf("chown"), line.indexOf(" #"))
                        .strip())
                .containsExactly(
                        "chown /sys/fs/cgroup/user.slice/CONTAINER to 100000",
                        "chown /sys/fs/cgroup/user.slice/CONTAINER/cgroup.procs to 100000",
                        "chown /sys/fs/cgroup/user.slice/CONTAINER/cgroup.threads to 100000",
                        "chown /sys/fs/cgroup/user.slice/CONTAINER/cgroup.subtree_control to 100000",
                        "chown /sys/fs/cgroup/user.slice/CONTAINER/memory.oom.group to 100000",
                        "chown /sys/fs/cgroup/user.slice/CONTAINER/memory.reclaim to 100000");
        assertThat(hybrid(writable)).doesNotContain("chown /sys");
    }

    @Test
    void the_json_form_has_the_same_operations() throws IOException {
        String text = hybrid(DefaultSpec.json());
        long operations =
                text.lines().filter(line -> line.matches(" *[0-9]+  .*")).count();
        Path bundle = temporary.resolve("bundle0");
        PretendExecutor pretend =
                new PretendExecutor(bundle, List.of("plan", "--bundle", bundle.toString(), "--format", "json"));
        CommandLine.serve(new Executor(pretend.input(), pretend.output()));
        assertThat(pretend.said().lines().filter(line -> line.contains("\"operation\":")))
                .hasSize((int) operations);
    }

    @Test
    void each_field_changes_the_plan_as_recorded() throws IOException {
        List<String> base = bare(hybrid(DefaultSpec.json()));
        StringBuilder all = new StringBuilder();
        for (Map.Entry<String, String[]> entry : cases().entrySet()) {
            String[] edits = entry.getValue();
            String config = DefaultSpec.json().replaceAll("\\s+", " ");
            for (int i = 0; i < edits.length; i += 2) {
                assertThat(config).contains(edits[i]);
                config = config.replace(edits[i], edits[i + 1]);
            }
            String difference = difference(base, bare(hybrid(config)));
            assertThat(difference).as("the effect of " + entry.getKey()).isNotEmpty();
            all.append("== ")
                    .append(entry.getKey())
                    .append('\n')
                    .append(difference)
                    .append('\n');
        }
        compare("fields.txt", all.toString());
    }

    private static Map<String, String[]> cases() {
        Map<String, String[]> cases = new LinkedHashMap<>();
        edit(cases, "/root/path", "\"rootfs\"", "\"/other/root\"");
        edit(cases, "/root/readonly", "\"readonly\": true", "\"readonly\": false");
        edit(cases, "/hostname", "\"hostname\": \"ipcell\"", "\"hostname\": \"vault\"");
        edit(cases, "/domainname", "\"hostname\":", "\"domainname\": \"example.org\", \"hostname\":");
        process(cases, "consoleSize", "{\"height\": 33, \"width\": 77}");
        edit(cases, "/process/terminal", "\"terminal\": true", "\"terminal\": false");
        edit(cases, "/process/args", "\"sh\"", "\"/bin/echo\", \"a b\"");
        edit(cases, "/process/env: PATH and HOME", "\"TERM=xterm\"", "\"PATH=/one:/two\", \"HOME=/h\"");
        edit(cases, "/process/cwd", "\"cwd\": \"/\"", "\"cwd\": \"/srv\"");
        edit(cases, "/process/user", "\"uid\": 0,", "\"umask\": 63, \"additionalGids\": [7, 8], \"uid\": 1000,");
        edit(
                cases,
                "/process/capabilities/inheritable",
                "\"bounding\":",
                "\"inheritable\": [\"CAP_KILL\"], \"bounding\":");
        edit(
                cases,
                "/process/rlimits",
                "\"rlimits\": [",
                "\"rlimits\": [{\"type\": \"RLIMIT_MSGQUEUE\", \"hard\": 819200, \"soft\": 4096},");
        edit(cases, "/process/noNewPrivileges", "\"noNewPrivileges\": true", "\"noNewPrivileges\": false");
        process(cases, "oomScoreAdj", "-500");
        process(cases, "apparmorProfile", "\"a-profile\"");
        process(cases, "selinuxLabel", "\"system_u:system_r:a_t:s0:c1,c2\"");
        mount(cases, "bind", "\"type\": \"bind\", \"source\": \"/data\", \"options\": [\"rbind\", \"ro\", \"nodev\"]");
        mount(
                cases,
                "recursive read-only bind",
                "\"source\": \"/data\", \"options\": [\"rbind\", \"rro\", \"rshared\"]");
        mount(
                cases,
                "tmpfs",
                "\"type\": \"tmpfs\", \"source\": \"tmpfs\", \"options\": [\"noatime\", \"size=1m\", \"private\"]");
        idmapped(cases);
        mount(
                cases,
                "tmpfs with a context",
                "\"type\": \"tmpfs\", \"options\": [\"context=\\\"a_u:a_r:own_t:s0:c1,c2\\\"\"]");
        linux(cases, "mountLabel", "\"system_u:object_r:a_file_t:s0:c1,c2\"");
        linux(cases, "cgroupsPath", "\"/machine/one\"");
        linux(
                cases,
                "sysctl",
                "{\"kernel.msgmax\": \"9000\", \"fs.mqueue.msg_max\": \"20\", \"net.ipv4.ip_forward\": \"1\"}");
        linux(
                cases,
                "intelRdt",
                "{\"l3CacheSchema\": \"L3:0=f\", \"memBwSchema\": \"MB:0=50\", \"schemata\": [\"L2:0=3\"],"
                        + " \"enableMonitoring\": true}");
        linux(cases, "rootfsPropagation", "\"shared\"");
        linux(
                cases,
                "devices",
                "[{\"path\": \"/dev/fuse\", \"type\": \"c\", \"major\": 10, \"minor\": 229, \"fileMode\": 438, \"uid\": 5, \"gid\": 6}]");
        edit(
                cases,
                "/linux/namespaces: joined ipc",
                "\"type\": \"ipc\"",
                "\"type\": \"ipc\", \"path\": \"/proc/9/ns/ipc\"");
        edit(cases, "/linux/namespaces: the host's network", "{ \"type\": \"network\" }, ", "");
        linux(
                cases,
                "netDevices",
                "{\"eth7\": {\"name\": \"inside0\"}, \"eth8\": {}, \"eth9\": {\"name\": \"net%d\"}}");
        edit(cases, "/linux/maskedPaths", "\"/proc/scsi\"", "\"/proc/scsi\", \"/proc/secret\"");
        edit(cases, "/linux/readonlyPaths", "\"/proc/sysrq-trigger\"", "\"/proc/sysrq-trigger\", \"/proc/more\"");
        edit(
                cases,
                "/linux/resources/devices",
                "\"access\": \"rwm\" }",
                "\"access\": \"rwm\"},"
                        + "{\"allow\": true, \"type\": \"c\", \"major\": 10, \"minor\": 229, \"access\": \"rw\"}");
        return cases;
    }

    private static void idmapped(Map<String, String[]> cases) {
        String container = "[{\"containerID\": 0, \"hostID\": 100000, \"size\": 65536}]";
        String user = "{\"type\": \"user\"},";
        String maps = "\"uidMappings\": " + container + ", \"gidMappings\": " + container;
        mount(cases, "id-mapped rbind", "\"source\": \"/data\", \"options\": [\"rbind\", \"ridmap\"], " + maps);
        mount(
                cases,
                "id-mapped by its option",
                "\"source\": \"/data\", \"options\": [\"bind\", \"idmap=uids=0-1000-1#1-1-9;gids=0-1000-1\"]");
        String mapped = "\"linux\": {" + maps + ", ";
        cases.put("/mounts: tmpfs with the ids of the container", new String[] {
            "\"linux\": {",
            mapped,
            "\"namespaces\": [",
            "\"namespaces\": [" + user,
            "\"mounts\": [",
            "\"mounts\": [{\"destination\": \"/mnt\", \"type\": \"tmpfs\", \"options\": [\"idmap\"]},"
        });
        cases.put("/linux/namespaces: user, and the host's network", new String[] {
            "\"linux\": {", mapped, "\"namespaces\": [", "\"namespaces\": [" + user, "{ \"type\": \"network\" }, ", ""
        });
        edit(
                cases,
                "/linux/namespaces: joined user",
                "\"namespaces\": [",
                "\"namespaces\": [{\"type\": \"user\", \"path\": \"/proc/9/ns/user\"},");
    }

    private static void edit(Map<String, String[]> cases, String name, String what, String by) {
        cases.put(name, new String[] {what, by});
    }

    private static void process(Map<String, String[]> cases, String field, String value) {
        edit(cases, "/process/" + field, "\"process\": {", "\"process\": {\"" + field + "\": " + value + ",");
    }

    private static void linux(Map<String, String[]> cases, String field, String value) {
        edit(cases, "/linux/" + field, "\"linux\": {", "\"linux\": {\"" + field + "\": " + value + ",");
    }

    private static void mount(Map<String, String[]> cases, String name, String members) {
        edit(cases, "/mounts: " + name, "\"mounts\": [", "\"mounts\": [{\"destination\": \"/mnt\", " + members + "},");
    }

    /** Without the operations' numbers and indices of mounts, which every operation before changes. */
    private static List<String> bare(String plan) {
        List<String> lines = new ArrayList<>();
        for (String line : plan.split("\n", -1)) {
            lines.add(line.replaceFirst("^ *[0-9]+ ", "")
                    .replaceAll("/mounts/[0-9]+ ", "/mounts/N ")
                    .strip()
                    .replaceAll("  +", "  "));
        }
        return lines;
    }

    /** A line-wise difference by the longest common subsequence. */
    private static String difference(List<String> before, List<String> after) {
        int[][] common = new int[before.size() + 1][after.size() + 1];
        for (int i = before.size() - 1; i >= 0; i--) {
            for (int j = after.size() - 1; j >= 0; j--) {
                common[i][j] = before.get(i).equals(after.get(j))
                        ? common[i + 1][j + 1] + 1
                        : Math.max(common[i + 1][j], common[i][j + 1]);
            }
        }
        StringBuilder out = new StringBuilder();
        int i = 0;
        int j = 0;
        while (i < before.size() || j < after.size()) {
            if (i < before.size() && j < after.size() && before.get(i).equals(after.get(j))) {
                i++;
                j++;
            } else if (j == after.size() || (i < before.size() && common[i + 1][j] >= common[i][j + 1])) {
                out.append("- ").append(before.get(i++)).append('\n');
            } else {
                out.append("+ ").append(after.get(j++)).append('\n');
            }
        }
        return out.toString();
    }
}
