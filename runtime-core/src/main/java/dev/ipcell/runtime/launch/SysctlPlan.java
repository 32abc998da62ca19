// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.ipc.IpcSysctls;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.MountOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.spec.NamespaceType;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.SourceMap;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Kernel parameters of the container's own namespaces (runtime-spec, config-linux.md, "Sysctl"). One that would change the host is
 * refused, also when the configuration reaches the host's namespace by its path.
 */
final class SysctlPlan {
    private static final String POINTER = "/linux/sysctl";

    private SysctlPlan() {}

    /** What is wrong with the configured parameters, given the namespaces that the container gets. */
    static List<Problem> problems(Map<String, String> sysctl, Namespaces namespaces, SourceMap positions) {
        List<Problem> problems = new ArrayList<>();
        String conflict = sysctl.isEmpty() ? null : IpcSysctls.conflict(sysctl); // mostly no class to load
        if (conflict != null) {
            problems.add(positions.problem(POINTER, conflict));
        }
        for (Map.Entry<String, String> entry : sysctl.entrySet()) {
            String problem = problem(entry.getKey(), entry.getValue(), namespaces);
            if (problem != null) {
                problems.add(positions.problem(POINTER + "/" + escape(entry.getKey()), problem));
            }
        }
        return problems;
    }

    private static @Nullable String problem(String key, String value, Namespaces namespaces) {
        if (IpcSysctls.belongs(key)) {
            if (namespaces.callersOwn().contains(NamespaceType.IPC)) {
                return "the ipc namespace joined by path is the host's own: this would change the host";
            }
            return namespaces.isHosts(NamespaceType.IPC)
                    ? "needs an ipc namespace of the container's own: this would change the host"
                    : IpcSysctls.reason(key, value);
        }
        String dotted = key.replace('/', '.');
        if (dotted.startsWith("net.")) {
            return namespaces.isHosts(NamespaceType.NETWORK)
                    ? "needs a network namespace of the container's own: this would change the host"
                    : null;
        }
        if (dotted.equals("kernel.domainname")) {
            return namespaces.isHosts(NamespaceType.UTS)
                    ? "needs a uts namespace of the container's own: this would change the host"
                    : null;
        }
        if (dotted.equals("kernel.hostname")) {
            return "is set by /hostname";
        }
        return "belongs to no namespace: this would change the host";
    }

    /** Writes them through a proc of our own, which nothing in the image can stand in for (CVE-2025-52881). */
    static void add(Launch launch, Program child) {
        Map<String, String> sysctl = launch.linux().sysctl();
        if (sysctl.isEmpty()) {
            return;
        }
        Slot proc = launch.slots().scratch("proc");
        child.add("a proc of our own", new MountOp.FsMount(proc, "proc", "proc", List.of(), 0, 0));
        Map<String, String> others = new HashMap<>();
        Map<String, String> ipc = new HashMap<>();
        for (Map.Entry<String, String> entry : sysctl.entrySet()) {
            (IpcSysctls.belongs(entry.getKey()) ? ipc : others).put(entry.getKey(), entry.getValue());
        }
        for (Map.Entry<String, String> entry : IpcSysctls.ordered(ipc)) {
            add(child, proc, entry.getKey(), IpcSysctls.procPath(entry.getKey()), entry.getValue());
        }
        for (Map.Entry<String, String> entry : others.entrySet()) {
            String path = entry.getKey().indexOf('/') >= 0
                    ? entry.getKey()
                    : entry.getKey().replace('.', '/');
            add(child, proc, entry.getKey(), path, entry.getValue());
        }
        launch.slots().release(proc);
    }

    private static void add(Program child, Slot proc, String key, String path, String value) {
        child.add(
                Launch.at(POINTER + "/" + escape(key)),
                write(proc, "sys/" + path, value, Kernel.RESOLVE_NO_SYMLINKS | Kernel.RESOLVE_NO_XDEV));
    }

    private static FileOp.WriteFile write(Slot proc, String path, String value, int resolve) {
        int strict = Kernel.RESOLVE_BENEATH | Kernel.RESOLVE_NO_MAGICLINKS | resolve;
        return new FileOp.WriteFile(proc, path, Kernel.O_WRONLY, 0, strict, value.getBytes(StandardCharsets.UTF_8));
    }

    /** A key as a step of a JSON pointer (RFC 6901). */
    private static String escape(String key) {
        return key.replace("~", "~0").replace("/", "~1");
    }
}
