// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ipcell.shim.CgroupOp;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.linux.Errno;
import dev.ipcell.spec.DeviceRule;
import dev.ipcell.spec.DeviceRuleType;
import dev.ipcell.spec.Fragment;
import dev.ipcell.spec.Resources;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Device rules on real cgroups: the version 1 controller, and the program in the unified hierarchy. 1:11 is /dev/kmsg. */
@Tag("root")
@Timeout(120)
class DeviceRootTest {
    private static final int O_DIRECTORY = 0x10000;

    @TempDir
    private Path directory;

    private static void access(RealCgroup cgroup, String rules, boolean replace)
            throws IOException, PlanFailedException {
        Fragment<Resources> resources = Layouts.resources("{\"devices\": [" + rules + "]}");
        DeviceAccess access = new DeviceAccess(resources.value().devices(), Layouts.origin(resources), cgroup.layout());
        assertThat(access.problems()).isEmpty();
        Program program = new Program();
        if (replace) {
            access.replace(program, cgroup.slots(), cgroup.directories());
        } else {
            access.add(program, cgroup.slots(), cgroup.directories());
        }
        cgroup.run(program);
    }

    private static void attach(RealCgroup cgroup, byte[] program, int flags) throws IOException, PlanFailedException {
        Program batch = new Program();
        Slot slot = cgroup.slots().open("cgroup");
        String path = cgroup.directory().toString();
        batch.add("a test", new DescriptorOp.OpenFd(slot, Slot.CWD, path, O_DIRECTORY, 0, 0));
        batch.add("a test", new CgroupOp.BpfDevice(slot, program, flags));
        cgroup.run(batch);
    }

    private static final String DENY = "{\"allow\": false, \"access\": \"rwm\"}";
    private static final String KMSG = "{\"allow\": true, \"type\": \"c\", \"major\": 1, \"minor\": 11, \"access\": \"";

    /** Makes a node for /dev/kmsg and opens it both ways. */
    private String tries() {
        Path node = directory.resolve("node");
        return "mknod " + node + " c 1 11 && echo made; (: < " + node + ") && echo read; (: > " + node
                + ") && echo written; rm -f " + node + "; head -c 2 /dev/zero > /dev/null && echo null";
    }

    @ParameterizedTest
    @ValueSource(strings = {"devices", "unified"})
    void only_what_is_allowed_can_be_opened(String hierarchy) throws Exception {
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine(hierarchy))) {
            assertThat(cgroup.shell(tries()).output()).as("before").contains("read", "written");
            access(cgroup, DENY, false);
            assertThat(cgroup.shell(tries()).output())
                    .contains("made\n", "Operation not permitted", "null\n")
                    .doesNotContain("read\n", "written\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"devices", "unified"})
    void a_part_of_the_access_can_be_allowed(String hierarchy) throws Exception {
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine(hierarchy))) {
            access(cgroup, DENY + ", " + KMSG + "r\"}", false);
            assertThat(cgroup.shell(tries()).output())
                    .contains("made\n", "read\n", "Operation not permitted")
                    .doesNotContain("written\n");
        }
    }

    @Test
    void a_program_can_forbid_making_a_node() throws Exception {
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine("unified"))) {
            DeviceRule all = DeviceRulesOfAllKinds.rule(true, DeviceRuleType.ALL, null, null, "rwm");
            DeviceRule node = DeviceRulesOfAllKinds.rule(false, DeviceRuleType.CHARACTER, 1L, 11L, "m");
            attach(cgroup, DeviceProgram.of(List.of(all, node)), 0);
            assertThat(cgroup.shell(tries()).output())
                    .contains("Operation not permitted")
                    .doesNotContain("made\n");
            assertThat(cgroup.shell("mknod " + directory.resolve("null") + " c 1 3 && echo made")
                            .output())
                    .isEqualTo("made\n");
        }
    }

    @Test
    void a_new_program_takes_the_place_of_one_or_of_many() throws Exception {
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine("unified"))) {
            access(cgroup, DENY, true);
            assertThat(cgroup.shell(tries()).output()).as("of none").doesNotContain("read\n");
            access(cgroup, "{\"allow\": true}", true);
            assertThat(cgroup.shell(tries()).output()).as("of one").contains("read\n", "written\n");
            access(cgroup, DENY, false);
            access(cgroup, DENY + ", " + KMSG + "r\"}", false);
            assertThat(cgroup.shell(tries()).output()).as("all must agree").doesNotContain("read\n");
            access(cgroup, "{\"allow\": true}", true);
            assertThat(cgroup.shell(tries()).output()).as("of many").contains("read\n", "written\n");
        }
    }

    @Test
    void the_verifier_takes_programs_of_all_kinds_of_rules() throws Exception {
        Random random = new Random(7);
        List<DeviceRule> all = DeviceRulesOfAllKinds.all();
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine("unified"))) {
            for (int i = 0; i < 100; i++) {
                List<DeviceRule> rules = new ArrayList<>(DeviceRulesOfAllKinds.some(random, all, random.nextInt(200)));
                attach(cgroup, DeviceProgram.of(rules), CgroupOp.BpfDevice.REPLACE);
            }
        }
    }

    @Test
    void the_verifiers_words_come_with_the_failure() throws Exception {
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine("unified"))) {
            byte[] noVerdict = {(byte) 0x95, 0, 0, 0, 0, 0, 0, 0};
            assertThatThrownBy(() -> attach(cgroup, noVerdict, 0))
                    .isInstanceOfSatisfying(PlanFailedException.class, failed -> {
                        assertThat(failed.failure().errno()).isEqualTo(Errno.EACCES);
                        assertThat(failed.failure().call()).isEqualTo("BPF_PROG_LOAD");
                        assertThat(failed.failure().detail()).contains("R0 !read_ok");
                    });
        }
    }

    @Test
    void half_an_instruction_is_refused() throws Exception {
        try (RealCgroup cgroup = new RealCgroup(RealCgroup.machine("unified"))) {
            assertThatThrownBy(() -> attach(cgroup, new byte[12], 0))
                    .isInstanceOfSatisfying(
                            PlanFailedException.class,
                            failed -> assertThat(failed.failure().errno()).isEqualTo(Errno.EINVAL));
        }
    }
}
