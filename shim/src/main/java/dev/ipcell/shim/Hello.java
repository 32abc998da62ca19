// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The executor's first message: who calls, with what, from where.
 *
 * @param buildId of the executor; the planner's must be the same
 * @param arguments the command line without the program's name
 * @param cwd the caller's working directory
 * @param environment the few variables that ipcell looks at
 * @param pid the executor's
 * @param caller ids of the caller
 * @param terminals bit n: descriptor n is a terminal
 * @param namespaces some of the caller's own, in the order of {@link #NAMESPACES}: each takes a while to look at
 * @param root the caller's root directory
 * @param kernel release, as uname(2) tells it
 * @param capabilities the caller's effective set
 * @param executable path of the executor, which only a call of {@code planner} tells; otherwise empty
 */
public record Hello(
        String buildId,
        List<String> arguments,
        String cwd,
        Map<String, String> environment,
        int pid,
        Caller caller,
        int terminals,
        List<NamespaceId> namespaces,
        Root root,
        String kernel,
        long capabilities,
        String executable) {

    /** The names under {@code /proc/self/ns}, in the order in which they are sent. */
    public static final List<String> NAMESPACES = List.of("mnt", "user", "pid");

    private static final int MAGIC = 0x4c435049;
    private static final int VERSION = 1;

    /** Real and effective ids of the caller. */
    public record Caller(int uid, int gid, int euid, int egid) {}

    /**
     * Which directory a root is.
     *
     * @param mount the number of its mount, as in {@code /proc/PID/mountinfo}; 0: not known, before Linux 5.8
     */
    public record Root(long dev, long ino, long mount) {
        /** Whether both are the same, so that the same is mounted below them; false if that is not known. */
        public boolean same(Root other) {
            return mount != 0 && mount == other.mount && ino == other.ino && dev == other.dev;
        }
    }

    static Hello decode(byte[] body) {
        WireReader in = new WireReader(body);
        if (in.u32() != MAGIC || in.u32() != VERSION) {
            throw new WireException("this is no executor of ipcell, or one of another version");
        }
        String buildId = in.string();
        List<String> argv = in.strings();
        String cwd = in.string();
        Map<String, String> environment = environment(in.strings());
        int pid = in.u32();
        Caller caller = new Caller(in.u32(), in.u32(), in.u32(), in.u32());
        int terminals = in.u32();
        List<NamespaceId> namespaces = new ArrayList<>(NAMESPACES.size());
        for (int i = 0; i < NAMESPACES.size(); i++) {
            namespaces.add(new NamespaceId(in.u64(), in.u64()));
        }
        Root root = new Root(in.u64(), in.u64(), in.u64());
        List<String> arguments = argv.isEmpty() ? argv : argv.subList(1, argv.size());
        return new Hello(
                buildId,
                arguments,
                cwd,
                environment,
                pid,
                caller,
                terminals,
                namespaces,
                root,
                in.string(),
                in.u64(),
                in.string());
    }

    /** A variable of the caller's environment, if it is one that ipcell looks at and it is set. */
    @SuppressWarnings("exports") // an annotation that callers need not have
    public @Nullable String variable(String name) {
        return environment.get(name);
    }

    /** The caller's own namespace of a kind of {@link #NAMESPACES}. */
    public NamespaceId namespace(String procName) {
        return namespaces.get(NAMESPACES.indexOf(procName));
    }

    /** True if the caller's descriptor is a terminal. */
    public boolean isTerminal(int descriptor) {
        return (terminals >>> descriptor & 1) != 0;
    }

    private static Map<String, String> environment(List<String> entries) {
        Map<String, String> map = new HashMap<>();
        for (String entry : entries) {
            int equals = entry.indexOf('=');
            if (equals > 0) {
                map.put(entry.substring(0, equals), entry.substring(equals + 1));
            }
        }
        return map;
    }
}
