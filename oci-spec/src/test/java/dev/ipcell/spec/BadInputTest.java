// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What people read when their configuration is wrong: the exact lines. */
final class BadInputTest {
    @ParameterizedTest
    @MethodSource({"unreadable", "shapes", "processes", "mounts"})
    void each_problem_is_one_clear_line(String json, String line) {
        assertThat(Documents.problems(json)).containsExactly(line);
    }

    static Stream<Arguments> unreadable() {
        return Stream.of(
                arguments("[]", "the document must be an object, not an array [line 1, column 1]"),
                arguments("null", "the document must be an object, not null [line 1, column 1]"),
                arguments("{\"root\":{\"path\":\"r\"}}", "/ociVersion: required field is missing [line 1, column 1]"),
                arguments("{\"ociVersion\":\"1.3.0\"}", "/root: required field is missing [line 1, column 1]"),
                arguments(
                        "{\"ociVersion\":\"1.3.0\",\"root\":{}}",
                        "/root/path: required field is missing [line 1, column 30]"),
                arguments(
                        "{\"ociVersion\":\"1.3.0\",\"root\":{\"path\":\"\"}}",
                        "/root/path: must not be empty [line 1, column 38]"),
                arguments(
                        "{\"ociVersion\":null,\"root\":{\"path\":\"r\"}}",
                        "/ociVersion: required field is missing [line 1, column 15]"),
                arguments(
                        "{\"ociVersion\":\"2.0.0\",\"root\":{\"path\":\"r\"}}",
                        "/ociVersion: version \"2.0.0\" of runtime-spec is not supported (supported: 1.x)"
                                + " [line 1, column 15]"),
                arguments(
                        "{\"ociVersion\":\"1.3\",\"root\":{\"path\":\"r\"}}",
                        "/ociVersion: must be a version such as 1.3.0, not \"1.3\" [line 1, column 15]"),
                arguments(
                        "{\"ociVersion\":\"1.03.0\",\"root\":{\"path\":\"r\"}}",
                        "/ociVersion: must be a version such as 1.3.0, not \"1.03.0\" [line 1, column 15]"),
                arguments(
                        "{\"ociVersion\":\"1.3.0 \",\"root\":{\"path\":\"r\"}}",
                        "/ociVersion: must be a version such as 1.3.0, not \"1.3.0 \" [line 1, column 15]"));
    }

    static Stream<Arguments> shapes() {
        return Stream.of(
                with("'process':7", "/process: must be an object, not a number [line 2, column 11]"),
                with("'mounts':{}", "/mounts: must be an array, not an object [line 2, column 10]"),
                with("'mounts':[null]", "/mounts/0: must be an object, not null [line 2, column 11]"),
                with("'hooks':'x'", "/hooks: must be an object, not a string [line 2, column 9]"),
                with("'windows':[]", "/windows: must be an object, not an array [line 2, column 11]"),
                with(
                        "'annotations':{'a/b~c':1}",
                        "/annotations/a~1b~0c: must be a string, not a number [line 2, column 24]"),
                with(
                        "'annotations':{'':'x'}",
                        "/annotations/: the name of an annotation must not be empty [line 2, column 19]"),
                with(
                        "'annotations':{'a':'x\\u0000'}",
                        "/annotations/a: must not contain a NUL character [line 2, column 20]"),
                with(
                        "'annotations':{'a':'\\ud800'}",
                        "/annotations/a: must not contain half a surrogate pair [line 2, column 20]"),
                with(
                        "'annotations':{'a\\nb':1}",
                        "/annotations/a\\nb: must be a string, not a number [line 2, column 23]"),
                with("'root2':1,'linux':true", "/linux: must be an object, not a boolean [line 2, column 19]"),
                with(
                        "'hooks':{'poststop':[{'path':'bin/x'}]}",
                        "/hooks/poststop/0/path: must be an absolute path, not \"bin/x\" [line 2, column 30]"),
                with(
                        "'hooks':{'poststop':[{}]}",
                        "/hooks/poststop/0/path: required field is missing [line 2, column 22]"),
                with(
                        "'hooks':{'prestart':[{'path':'/x','timeout':0}]}",
                        "/hooks/prestart/0/timeout: must be an integer within 1..9223372036854775807, not 0"
                                + " [line 2, column 45]"),
                with(
                        "'hostname':'a'",
                        "/hostname: needs an entry for the uts namespace in /linux/namespaces [line 2, column 12]"),
                with(
                        "'domainname':'a'",
                        "/domainname: needs an entry for the uts namespace in /linux/namespaces [line 2, column 14]"),
                with(
                        "'linux':{'namespaces':[{'type':'uts'}]},'hostname':'" + "h".repeat(65) + "'",
                        "/hostname: must not be longer than 64 characters [line 2, column 52]"));
    }

    static Stream<Arguments> processes() {
        return Stream.of(
                process("'args':[]", "/process/args: must name the program to run [line 2, column 29]"),
                process("'x':0", "/process/args: must name the program to run [line 2, column 11]"),
                process("'args':['a',null]", "/process/args/1: must be a string, not null [line 2, column 34]"),
                process(
                        "'args':['a'],'env':['A']",
                        "/process/env/0: must have the form NAME=value, not \"A\" [line 2, column 42]"),
                process(
                        "'args':['a'],'env':['=b']",
                        "/process/env/0: must have the form NAME=value, not \"=b\" [line 2, column 42]"),
                process(
                        "'args':['a'],'terminal':'yes'",
                        "/process/terminal: must be a boolean, not a string [line 2, column 46]"),
                process(
                        "'args':['a'],'user':{'gid':0}",
                        "/process/user/uid: required field is missing [line 2, column 42]"),
                process(
                        "'args':['a'],'user':{'uid':4294967296,'gid':0}",
                        "/process/user/uid: must be an integer within 0..4294967295, not 4294967296 [line 2, column"
                                + " 49]"),
                process(
                        "'args':['a'],'user':{'uid':-1,'gid':0}",
                        "/process/user/uid: must be an integer within 0..4294967295, not -1 [line 2, column 49]"),
                process(
                        "'args':['a'],'user':{'uid':1.5,'gid':0}",
                        "/process/user/uid: must be an integer, not 1.5 [line 2, column 49]"),
                process(
                        "'args':['a'],'user':{'uid':1e3,'gid':0}",
                        "/process/user/uid: must be an integer, not 1e3 [line 2, column 49]"),
                process(
                        "'args':['a'],'user':{'uid':'0','gid':0}",
                        "/process/user/uid: must be an integer, not a string [line 2, column 49]"),
                process(
                        "'args':['a'],'user':{'uid':0,'gid':0,'umask':512}",
                        "/process/user/umask: must be within 0..511 (0777), not 512 [line 2, column 67]"),
                process(
                        "'args':['a'],'rlimits':[{'type':'RLIMIT_FOO','soft':1,'hard':1}]",
                        "/process/rlimits/0/type: unknown resource limit \"RLIMIT_FOO\" (known: RLIMIT_CPU,"
                                + " RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_CORE, RLIMIT_RSS, RLIMIT_NPROC,"
                                + " RLIMIT_NOFILE, RLIMIT_MEMLOCK, RLIMIT_AS, RLIMIT_LOCKS, RLIMIT_SIGPENDING,"
                                + " RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_RTPRIO, RLIMIT_RTTIME) [line 2, column 54]"),
                process(
                        "'args':['a'],'rlimits':[{'type':'RLIMIT_CPU','soft':2,'hard':1}]",
                        "/process/rlimits/0/soft: must not be above the hard limit [line 2, column 74]"),
                process(
                        "'args':['a'],'rlimits':[{'type':'RLIMIT_CPU','soft':1,'hard':18446744073709551616}]",
                        "/process/rlimits/0/hard: must be an integer within 0..18446744073709551615,"
                                + " not 18446744073709551616 [line 2, column 83]"),
                process(
                        "'args':['a'],'rlimits':[{'type':'RLIMIT_CPU','soft':1,'hard':1},"
                                + "{'type':'RLIMIT_CPU','soft':1,'hard':1}]",
                        "/process/rlimits/1: RLIMIT_CPU is limited twice, first in /process/rlimits/0 [line 2, column"
                                + " 86]"),
                process(
                        "'args':['a'],'oomScoreAdj':1001",
                        "/process/oomScoreAdj: must be within -1000..1000, not 1001 [line 2, column 49]"),
                process(
                        "'args':['a'],'consoleSize':{'height':65536,'width':1}",
                        "/process/consoleSize/height: must be within 0..65535, not 65536 [line 2, column 59]"),
                process(
                        "'args':['a'],'scheduler':{'policy':'SCHED_OTHER','nice':20}",
                        "/process/scheduler/nice: must be within -20..19, not 20 [line 2, column 78]"),
                process(
                        "'args':['a'],'scheduler':{'policy':'SCHED_OTHER','priority':1}",
                        "/process/scheduler/priority: is only for SCHED_FIFO and SCHED_RR, not for SCHED_OTHER"
                                + " [line 2, column 82]"),
                process(
                        "'args':['a'],'scheduler':{'policy':'SCHED_RR','runtime':1}",
                        "/process/scheduler/runtime: is only for SCHED_DEADLINE, not for SCHED_RR [line 2, column 78]"),
                process(
                        "'args':['a'],'ioPriority':{'class':'IOPRIO_CLASS_RT','priority':8}",
                        "/process/ioPriority/priority: must be within 0..7, not 8 [line 2, column 86]"),
                process(
                        "'args':['a'],'execCPUAffinity':{'initial':'all'}",
                        "/process/execCPUAffinity/initial: must be a list of processors such as 0-3,7, not \"all\""
                                + " [line 2, column 64]"),
                with(
                        "'process':{'args':['a'],'cwd':'tmp'}",
                        "/process/cwd: must be an absolute path, not \"tmp\" [line 2, column 31]"),
                with("'process':{'args':['a']}", "/process/cwd: required field is missing [line 2, column 11]"));
    }

    static Stream<Arguments> mounts() {
        return Stream.of(
                with(
                        "'mounts':[{'type':'proc'}]",
                        "/mounts/0/destination: required field is missing [line 2, column 11]"),
                with("'mounts':[{'destination':''}]", "/mounts/0/destination: must not be empty [line 2, column 26]"),
                with(
                        "'mounts':[{'destination':'/a','options':['rbind']}]",
                        "/mounts/0: a bind mount needs a source [line 2, column 11]"),
                with(
                        "'mounts':[{'destination':'/a','options':['ro','idmap']}]",
                        "/mounts/0/options/1: needs uidMappings and gidMappings, or a user namespace in"
                                + " /linux/namespaces [line 2, column 47]"),
                with(
                        "'mounts':[{'destination':'/a','uidMappings':[{'containerID':0,'hostID':0,'size':1}]}]",
                        "/mounts/0: has only one of uidMappings and gidMappings, they must stand together"
                                + " [line 2, column 11]"),
                with(
                        "'mounts':[{'destination':'/a','options':['ridmap']}],'linux':{'namespaces':[{'type':'user'}]}",
                        "/mounts/0/options/0: needs uidMappings and gidMappings, of the mount or in /linux"
                                + " [line 2, column 42]"));
    }

    @Test
    void all_problems_are_reported_at_once_in_the_order_of_the_document() {
        assertThat(Documents.problems("""
            {
                "ociVersion": "3.0.0",
                "process": { "cwd": 1, "args": "sh" },
                "mounts": [{ "source": "x" }],
                "linux": {
                    "namespaces": [{ "type": "ipc" }, { "type": "ipc" }],
                    "rootfsPropagation": "x",
                    "maskedPaths": [true]
                }
            }
            """))
                .containsExactly(
                        "/root: required field is missing [line 1, column 1]",
                        "/ociVersion: version \"3.0.0\" of runtime-spec is not supported (supported: 1.x)"
                                + " [line 2, column 19]",
                        "/process/cwd: must be a string, not a number [line 3, column 25]",
                        "/process/args: must be an array, not a string [line 3, column 36]",
                        "/mounts/0/destination: required field is missing [line 4, column 16]",
                        "/linux/namespaces/1: duplicate namespace ipc, first in /linux/namespaces/0"
                                + " [line 6, column 43]",
                        "/linux/rootfsPropagation: unknown propagation \"x\" (known: private, shared, slave,"
                                + " unbindable, rprivate, rshared, rslave, runbindable) [line 7, column 30]",
                        "/linux/maskedPaths/0: must be a string, not a boolean [line 8, column 25]");
    }

    @Test
    void the_message_of_the_exception_stays_short_when_there_are_many_problems() {
        String many = Documents.with("'mounts':[" + "1,".repeat(5000) + "1]").replace('\'', '"');
        assertThat(Documents.problems(many)).hasSize(5001);
        assertThat(catchThrowable(() -> Documents.read(many)))
                .hasMessageEndingWith("; and 4991 more problems")
                .message()
                .hasSizeLessThan(2000);
    }

    private static Arguments with(String members, String line) {
        return arguments(Documents.with(members.replace('\'', '"')), line);
    }

    private static Arguments process(String members, String line) {
        return with("'process':{'cwd':'/'," + members + "}", line);
    }
}
