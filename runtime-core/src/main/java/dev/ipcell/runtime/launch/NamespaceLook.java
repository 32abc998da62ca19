// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.Hello;
import dev.ipcell.shim.NamespaceFacts;
import dev.ipcell.shim.NamespaceId;
import dev.ipcell.shim.NamespaceOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.Namespace;
import dev.ipcell.spec.NamespaceType;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.SpecDocument;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Looks at the namespaces that a configuration wants joined. */
final class NamespaceLook {
    private static final String OWN = "/proc/self/ns/";

    private final List<Namespace> configured;
    private final Map<Integer, Step> joins = new HashMap<>();
    private final Map<Integer, Step> own = new HashMap<>();

    private NamespaceLook(List<Namespace> configured) {
        this.configured = configured;
    }

    /** Adds the operations that open them. */
    static NamespaceLook at(Program program, Slots slots, List<Namespace> configured) {
        NamespaceLook look = new NamespaceLook(configured);
        for (int i = 0; i < configured.size(); i++) {
            String path = configured.get(i).path();
            if (path != null && !path.isEmpty()) {
                Slot slot = slots.open(configured.get(i).type().wire() + "-namespace");
                look.joins.put(i, program.add(origin(i, path), new NamespaceOp.OpenNs(slot, Slot.CWD, path)));
                String name = NamespaceKind.procName(configured.get(i).type());
                if (!Hello.NAMESPACES.contains(name)) {
                    Slot same = slots.open("own-namespace");
                    look.own.put(i, program.add(origin(i, path), new NamespaceOp.OpenNs(same, Slot.CWD, OWN + name)));
                }
            }
        }
        return look;
    }

    private static String origin(int index, String path) {
        return Launch.at("/linux/namespaces/" + index + "/path (" + path + ")");
    }

    /**
     * Takes the answer.
     *
     * @throws Failure if one cannot be joined; all findings at once
     */
    Namespaces resolve(BatchResult result, Hello hello, SpecDocument document) throws Failure {
        Namespaces namespaces = Namespaces.none();
        List<Problem> problems = new ArrayList<>();
        for (int i = 0; i < configured.size(); i++) {
            Namespace namespace = configured.get(i);
            Step step = joins.get(i);
            if (step == null) {
                namespaces.fresh().add(namespace.type());
                continue;
            }
            String pointer = "/linux/namespaces/" + i + "/path";
            NamespaceFacts facts = NamespaceFacts.decode(result.value(step));
            @Nullable String wrong = wrongKind(namespace, facts);
            if (wrong != null) {
                problems.add(document.positions().problem(pointer, wrong));
                continue;
            }
            Step mine = own.get(i);
            NamespaceId callers = mine == null
                    ? hello.namespace(NamespaceKind.procName(namespace.type()))
                    : NamespaceFacts.decode(result.value(mine)).id();
            if (facts.id().same(callers)) {
                namespaces.callersOwn().add(namespace.type());
            } else {
                Slot slot = ((NamespaceOp.OpenNs) step.op()).slot();
                boolean isCallers = facts.owner().same(hello.namespace("user"));
                namespaces.joined().put(namespace.type(), new Namespaces.Joined(slot, pointer, isCallers));
            }
        }
        String mount = mount(namespaces);
        if (mount != null) {
            problems.add(document.positions().problem("/linux/namespaces", mount));
        }
        if (!problems.isEmpty()) {
            throw new Failure(1, Launcher.lines(problems));
        }
        return namespaces;
    }

    /** Why this mount namespace cannot be had, or null. */
    private static @Nullable String mount(Namespaces namespaces) {
        if (namespaces.isHosts(NamespaceType.MOUNT)) {
            return namespaces.isHosts(NamespaceType.USER)
                    ? null
                    : "the mount namespace is the caller's own, in which nothing can be mounted from within another user"
                            + " namespace; add one of type mount";
        }
        Namespaces.Joined joined = namespaces.joined().get(NamespaceType.MOUNT);
        return joined == null || !joined.isCallers() || namespaces.isHosts(NamespaceType.USER)
                ? null
                : "the mount namespace does not belong to the user namespace, so it cannot be joined from within;"
                        + " leave its path out";
    }

    private static @Nullable String wrongKind(Namespace namespace, NamespaceFacts facts) {
        return facts.type() == NamespaceKind.flag(namespace.type())
                ? null
                : namespace.path() + " is a " + NamespaceKind.name(facts.type()) + " namespace, not "
                        + namespace.type().wire();
    }
}
