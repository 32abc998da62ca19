// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What people read when the Linux part of their configuration is wrong: the exact lines. */
final class BadLinuxInputTest {
    @ParameterizedTest
    @MethodSource({"namespaces", "linuxParts", "resources", "seccomp"})
    void each_problem_is_one_clear_line(String json, String line) {
        assertThat(Documents.problems(json)).containsExactly(line);
    }

    static Stream<Arguments> namespaces() {
        String known = " (known: mount, pid, network, uts, ipc, user, cgroup, time)";
        return Stream.of(
                linux(
                        "'namespaces':[{'type':'foo'}]",
                        "/linux/namespaces/0/type: unknown namespace type \"foo\"" + known + " [line 2, column 32]"),
                linux("'namespaces':[{}]", "/linux/namespaces/0/type: required field is missing [line 2, column 24]"),
                linux(
                        "'namespaces':[{'type':''}]",
                        "/linux/namespaces/0/type: unknown namespace type \"\"" + known + " [line 2, column 32]"),
                linux(
                        "'namespaces':[{'type':'ipc'},{'type':'pid'},{'type':'ipc','path':'/x'}]",
                        "/linux/namespaces/2: duplicate namespace ipc, first in /linux/namespaces/0 [line 2, column"
                                + " 54]"),
                linux(
                        "'namespaces':[{'type':'ipc','path':'x'}]",
                        "/linux/namespaces/0/path: must be an absolute path, not \"x\" [line 2, column 45]"),
                linux(
                        "'uidMappings':[{'containerID':0,'hostID':0,'size':1}]",
                        "/linux/uidMappings: needs an entry for the user namespace in /linux/namespaces"
                                + " [line 2, column 24]"),
                linux(
                        "'namespaces':[{'type':'user'}],'gidMappings':[{'containerID':0,'hostID':0,'size':0}]",
                        "/linux/gidMappings/0/size: must be at least 1 [line 2, column 91]"),
                linux(
                        "'namespaces':[{'type':'user'}],'gidMappings':[{'containerID':4294967295,'hostID':0,'size':2}]",
                        "/linux/gidMappings/0: reaches beyond the largest id 4294967295 [line 2, column 56]"),
                linux(
                        "'namespaces':[{'type':'user'}],'uidMappings':[{'containerID':0,'hostID':5,'size':2},"
                                + "{'containerID':2,'hostID':6,'size':1}]",
                        "/linux/uidMappings/1: maps an id that /linux/uidMappings/0 maps too [line 2, column 94]"),
                linux(
                        "'namespaces':[{'type':'user'}],'uidMappings':[{'containerID':1,'hostID':5,'size':2},"
                                + "{'containerID':0,'hostID':9,'size':2}]",
                        "/linux/uidMappings/1: maps an id that /linux/uidMappings/0 maps too [line 2, column 94]"),
                linux(
                        "'timeOffsets':{'monotonic':{'secs':1}}",
                        "/linux/timeOffsets: needs an entry for the time namespace in /linux/namespaces"
                                + " [line 2, column 24]"),
                linux(
                        "'namespaces':[{'type':'time','path':'/x'}],'timeOffsets':{'monotonic':{'secs':1}}",
                        "/linux/timeOffsets: the offsets of a time namespace that is joined cannot be set"
                                + " [line 2, column 67]"),
                linux(
                        "'timeOffsets':{'realtime':{'secs':1}}",
                        "/linux/timeOffsets/realtime: unknown clock \"realtime\" (known: monotonic, boottime)"
                                + " [line 2, column 36]"),
                linux(
                        "'namespaces':[{'type':'time'}],'timeOffsets':{'monotonic':{'nanosecs':1000000000}}",
                        "/linux/timeOffsets/monotonic/nanosecs: must be within 0..999999999, not 1000000000"
                                + " [line 2, column 80]"),
                linux(
                        "'maskedPaths':['/proc/kcore']",
                        "/linux/maskedPaths: needs an entry for the mount namespace in /linux/namespaces"
                                + " [line 2, column 24]"),
                linux(
                        "'namespaces':[{'type':'mount'}],'readonlyPaths':['proc']",
                        "/linux/readonlyPaths/0: must be an absolute path, not \"proc\" [line 2, column 59]"),
                linux(
                        "'netDevices':{'eth0':{}}",
                        "/linux/netDevices: needs an entry for the network namespace in /linux/namespaces"
                                + " [line 2, column 23]"),
                linux(
                        "'namespaces':[{'type':'network'}],'netDevices':{'eth0':{'name':'a/b'}}",
                        "/linux/netDevices/eth0/name: must be the name of a network interface, not \"a/b\""
                                + " [line 2, column 73]"));
    }

    private static List<String> netDevices(String members) {
        String devices = "'linux':{'namespaces':[{'type':'network'}],'netDevices':{" + members + "}}";
        return Documents.problems(Documents.with(devices.replace('\'', '"')));
    }

    @Test
    void a_network_device_has_a_name_that_the_kernel_takes() {
        assertThat(netDevices("'0123456789abcdef':{},'..':{},'a':{'name':'a b'},'b':{'name':'e:0'},"
                        + "'c':{'name':'x\\fy'},'d':{'name':'à'},'e':{'name':'..'},'012345678901234':{'name':''}"))
                .map(line -> line.replaceFirst(" \\[line.*", ""))
                .containsExactly(
                        "/linux/netDevices/0123456789abcdef: must be the name of a network interface, not"
                                + " \"0123456789abcdef\"",
                        "/linux/netDevices/..: must be the name of a network interface, not \"..\"",
                        "/linux/netDevices/a/name: must be the name of a network interface, not \"a b\"",
                        "/linux/netDevices/b/name: must be the name of a network interface, not \"e:0\"",
                        "/linux/netDevices/c/name: must be the name of a network interface, not \"x\\fy\"",
                        "/linux/netDevices/d/name: must be the name of a network interface, not \"à\"",
                        "/linux/netDevices/e/name: must be the name of a network interface, not \"..\"",
                        "/linux/netDevices/e/name: duplicate name \"..\" in the container, first in"
                                + " /linux/netDevices/..");
    }

    @Test
    void a_template_of_a_network_device_has_one_number() {
        assertThat(
                        netDevices(
                                "'a':{'name':'e%d'},'b':{'name':'%dx'},'c':{'name':'e%s'},'d':{'name':'%d%d'},'e':{'name':'e%'}"))
                .map(line -> line.replaceFirst(" \\[line.*", ""))
                .containsExactly(
                        "/linux/netDevices/c/name: must have no % but that of one %d, where the kernel puts a number,"
                                + " not \"e%s\"",
                        "/linux/netDevices/d/name: must have no % but that of one %d, where the kernel puts a number,"
                                + " not \"%d%d\"",
                        "/linux/netDevices/e/name: must have no % but that of one %d, where the kernel puts a number,"
                                + " not \"e%\"");
    }

    @Test
    void no_two_network_devices_have_the_same_name_inside() {
        assertThat(netDevices("'a':{'name':'x'},'b':{'name':'x'},'x':{},'c':{'name':'e%d'},'d':{'name':'e%d'}"))
                .containsExactly(
                        "/linux/netDevices/b/name: duplicate name \"x\" in the container, first in"
                                + " /linux/netDevices/a [line 2, column 87]",
                        "/linux/netDevices/x: duplicate name \"x\" in the container, first in"
                                + " /linux/netDevices/a [line 2, column 96]");
    }

    static Stream<Arguments> linuxParts() {
        return Stream.of(
                linux(
                        "'rootfsPropagation':'public'",
                        "/linux/rootfsPropagation: unknown propagation \"public\" (known: private, shared, slave,"
                                + " unbindable, rprivate, rshared, rslave, runbindable) [line 2, column 30]"),
                linux("'cgroupsPath':'/a/../b'", "/linux/cgroupsPath: must not contain \"..\" [line 2, column 24]"),
                linux(
                        "'devices':[{'path':'/dev/x','type':'c','minor':1}]",
                        "/linux/devices/0/major: required field is missing [line 2, column 21]"),
                linux(
                        "'devices':[{'path':'/dev/x','type':'q','major':1,'minor':1}]",
                        "/linux/devices/0/type: unknown device type \"q\" (known: c, b, u, p) [line 2, column 45]"),
                linux(
                        "'devices':[{'path':'dev/x','type':'c','major':1,'minor':1}]",
                        "/linux/devices/0/path: must be an absolute path, not \"dev/x\" [line 2, column 29]"),
                linux(
                        "'devices':[{'path':'/dev/x','type':'c','major':1,'minor':1},"
                                + "{'path':'/dev/x','type':'b','major':1,'minor':1}]",
                        "/linux/devices/1/path: device \"/dev/x\" stands twice, first in /linux/devices/0"
                                + " [line 2, column 78]"),
                linux(
                        "'intelRdt':{'closID':'.'}",
                        "/linux/intelRdt/closID: must be the name of a directory, not \".\" [line 2, column 31]"),
                linux(
                        "'intelRdt':{'closID':'../x'}",
                        "/linux/intelRdt/closID: must be the name of a directory, not \"../x\" [line 2, column 31]"),
                linux(
                        "'intelRdt':{'memBwSchema':'L3:0=1'}",
                        "/linux/intelRdt/memBwSchema: must be one line that starts with MB:, not \"L3:0=1\""
                                + " [line 2, column 36]"),
                linux(
                        "'intelRdt':{'schemata':['a\\nb']}",
                        "/linux/intelRdt/schemata/0: must be one line [line 2, column 34]"),
                linux(
                        "'personality':{'domain':'BSD'}",
                        "/linux/personality/domain: unknown personality domain \"BSD\" (known: LINUX, LINUX32)"
                                + " [line 2, column 34]"),
                linux("'memoryPolicy':{}", "/linux/memoryPolicy/mode: required field is missing [line 2, column 25]"),
                linux(
                        "'memoryPolicy':{'mode':'MPOL_DEFAULT','nodes':'0-7'}",
                        "/linux/memoryPolicy/nodes: MPOL_DEFAULT mode requires 0 nodes but got 8 [line 2, column 56]"),
                linux(
                        "'memoryPolicy':{'mode':'MPOL_LOCAL','nodes':'3,5'}",
                        "/linux/memoryPolicy/nodes: MPOL_LOCAL mode requires 0 nodes but got 2 [line 2, column 54]"),
                linux(
                        "'memoryPolicy':{'mode':'MPOL_BIND'}",
                        "/linux/memoryPolicy/mode: MPOL_BIND needs nodes [line 2, column 33]"),
                linux(
                        "'memoryPolicy':{'mode':'MPOL_BIND','nodes':'0',"
                                + "'flags':['MPOL_F_STATIC_NODES','MPOL_F_RELATIVE_NODES']}",
                        "/linux/memoryPolicy/flags: MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other"
                                + " [line 2, column 65]"),
                linux(
                        "'memoryPolicy':{'mode':'DEFAULT','nodes':'0-7'}",
                        "/linux/memoryPolicy/mode: unknown memory policy \"DEFAULT\" (known: MPOL_DEFAULT, MPOL_BIND,"
                                + " MPOL_INTERLEAVE, MPOL_WEIGHTED_INTERLEAVE, MPOL_PREFERRED, MPOL_PREFERRED_MANY,"
                                + " MPOL_LOCAL) [line 2, column 33]"));
    }

    static Stream<Arguments> resources() {
        return Stream.of(
                resource(
                        "'devices':[{}]",
                        "/linux/resources/devices/0/allow: required field is missing [line 2, column 34]"),
                resource(
                        "'devices':[{'allow':true,'access':'rwx'}]",
                        "/linux/resources/devices/0/access: must be composed of r, w and m, not \"rwx\" [line 2,"
                                + " column 57]"),
                resource(
                        "'memory':{'limit':-2}",
                        "/linux/resources/memory/limit: must be -1 (no limit) or more, not -2 [line 2, column 41]"),
                resource(
                        "'memory':{'limit':9223372036854775808}",
                        "/linux/resources/memory/limit: must be an integer within"
                                + " -9223372036854775808..9223372036854775807, not 9223372036854775808 [line 2, column"
                                + " 41]"),
                resource(
                        "'memory':{'swappiness':101}",
                        "/linux/resources/memory/swappiness: must be within 0..100, not 101 [line 2, column 46]"),
                resource(
                        "'cpu':{'shares':-1}",
                        "/linux/resources/cpu/shares: must be an integer within 0..18446744073709551615, not -1"
                                + " [line 2, column 39]"),
                resource(
                        "'cpu':{'quota':10,'burst':11}",
                        "/linux/resources/cpu/burst: must not be above the quota [line 2, column 49]"),
                resource("'cpu':{'idle':2}", "/linux/resources/cpu/idle: must be 0 or 1, not 2 [line 2, column 37]"),
                resource(
                        "'blockIO':{'weight':65536}",
                        "/linux/resources/blockIO/weight: must be an integer within 0..65535, not 65536"
                                + " [line 2, column 43]"),
                resource(
                        "'blockIO':{'weightDevice':[{'major':8,'minor':0}]}",
                        "/linux/resources/blockIO/weightDevice/0: needs weight or leafWeight [line 2, column 50]"),
                resource(
                        "'hugepageLimits':[{'pageSize':'64kB','limit':1}]",
                        "/linux/resources/hugepageLimits/0/pageSize: must be a size such as 64KB, 2MB or 1GB,"
                                + " not \"64kB\" [line 2, column 53]"),
                resource(
                        "'rdma':{'a':{}}",
                        "/linux/resources/rdma/a: needs hcaHandles or hcaObjects [line 2, column 35]"),
                resource(
                        "'unified':{'../x':'1'}",
                        "/linux/resources/unified/..~1x: must be the name of a file in the cgroup, not \"../x\""
                                + " [line 2, column 41]"));
    }

    static Stream<Arguments> seccomp() {
        return Stream.of(
                linux(
                        "'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','defaultErrnoRet':1}",
                        "/linux/seccomp/defaultErrnoRet: SCMP_ACT_ALLOW takes no errno [line 2, column 72]"),
                linux(
                        "'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','listenerMetadata':'x'}",
                        "/linux/seccomp/listenerMetadata: needs listenerPath [line 2, column 73]"),
                linux(
                        "'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'action':'SCMP_ACT_LOG'}]}",
                        "/linux/seccomp/syscalls/0/names: must name at least one system call [line 2, column 66]"),
                linux(
                        "'seccomp':{'defaultAction':'SCMP_ACT_ALLOW','syscalls':[{'names':['a'],'action':'SCMP_ACT_LOG',"
                                + "'args':[{'index':6,'value':0,'op':'SCMP_CMP_EQ'}]}]}",
                        "/linux/seccomp/syscalls/0/args/0/index: must be an integer within 0..5, not 6"
                                + " [line 2, column 122]"));
    }

    private static Arguments linux(String members, String line) {
        return arguments(Documents.with(("'linux':{" + members + "}").replace('\'', '"')), line);
    }

    private static Arguments resource(String members, String line) {
        return linux("'resources':{" + members + "}", line);
    }
}
