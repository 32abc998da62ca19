// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.ChildOp;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.CredentialOp;
import dev.ipcell.shim.NamespaceOp;
import dev.ipcell.shim.NetworkOp;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.IdMapping;
import dev.ipcell.spec.NamespaceType;
import dev.ipcell.spec.TimeOffset;
import dev.ipcell.spec.TimeOffsets;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the child comes into its namespaces (runtime-spec, config-linux.md, "Namespaces").
 *
 * <p>Without a user namespace clone3(2) makes all at once, or all but that of the network. With one it makes only that and the PID namespace; once its ids are mapped, the
 * child becomes root in it and makes the others, so that they belong to it and their files to its root. A new PID namespace belongs to
 * a user namespace that is joined only if the child is cloned from within.
 */
final class NamespacePlan {
    private static final String ORIGIN = Launch.at("/linux/namespaces");
    private static final int MAPPED = 5;

    /** The only device of a new network namespace. It is down there; runc and crun set it up. */
    private static final String LOOPBACK = "lo";

    private static final int LOOPBACK_INDEX = 1;

    /** Kinds that need no user namespace first; a cgroup namespace has to wait until the child is in its cgroup. */
    private static final EnumSet<NamespaceType> AT_ONCE = EnumSet.of(
            NamespaceType.MOUNT, NamespaceType.UTS, NamespaceType.IPC, NamespaceType.NETWORK, NamespaceType.PID);

    private static final EnumSet<NamespaceType> WITH_USER = EnumSet.of(NamespaceType.USER, NamespaceType.PID);

    private final Launch launch;
    private final Namespaces namespaces;
    private final Slot process;
    private final boolean cgroupsLate;
    private final List<Back> back = new ArrayList<>();

    /** A namespace of the parent's own that it returns to. */
    private record Back(Slot slot, NamespaceType type) {}

    /**
     * @param process the child's slot
     * @param cgroupsLate whether the parent makes cgroups while the child is on its way, which joins them late
     */
    NamespacePlan(Launch launch, Slot process, boolean cgroupsLate) {
        this.launch = launch;
        this.namespaces = launch.namespaces();
        this.process = process;
        this.cgroupsLate = cgroupsLate;
    }

    private boolean makesUser() {
        return namespaces.isFresh(NamespaceType.USER);
    }

    private boolean hasUser() {
        return !namespaces.isHosts(NamespaceType.USER);
    }

    /** What the child is cloned with. */
    int cloneFlags() {
        int flags = namespaces.flags(hasUser() ? WITH_USER : AT_ONCE);
        flags &= makesNetworkAlone() ? ~Kernel.CLONE_NEWNET : ~0;
        // Then the child enters that by other means.
        return launch.usableEmptyMounts() == null ? flags : flags & ~Kernel.CLONE_NEWNS;
    }

    /** A network namespace takes four times as long as all others, and as long as the cgroups that the parent makes meanwhile. */
    private boolean makesNetworkAlone() {
        return cgroupsLate && !hasUser() && namespaces.isFresh(NamespaceType.NETWORK);
    }

    /**
     * What the parent does before the clone, because the child cannot afterwards.
     *
     * @param whileJoined what it does then in the namespaces that the child inherits
     */
    void beforeClone(Program parent, Program whileJoined) {
        for (Map.Entry<NamespaceType, Namespaces.Joined> entry :
                namespaces.joined().entrySet()) {
            NamespaceType type = entry.getKey();
            Namespaces.Joined joined = entry.getValue();
            if (type == NamespaceType.PID) {
                // It holds for the children made after it, not for the caller (setns(2)).
                parent.add(Launch.at(joined.pointer()), new NamespaceOp.SetNs(joined.slot(), Kernel.CLONE_NEWPID));
            } else if (hasUser() && type != NamespaceType.USER && joined.isCallers()) {
                // From within the user namespace it could not be entered any more.
                Slot slot = launch.slots().open("own-" + type.wire());
                String path = "/proc/self/ns/" + NamespaceKind.procName(type);
                parent.add(Launch.at(joined.pointer()), new NamespaceOp.OpenNs(slot, Slot.CWD, path));
                parent.add(Launch.at(joined.pointer()), new NamespaceOp.SetNs(joined.slot(), NamespaceKind.flag(type)));
                back.add(new Back(slot, type));
            }
        }
        for (Step step : whileJoined.steps()) {
            parent.add(step);
        }
        Namespaces.Joined user = namespaces.joined().get(NamespaceType.USER);
        if (user != null && namespaces.isFresh(NamespaceType.PID)) {
            parent.add(Launch.at(user.pointer()), new NamespaceOp.CloneInside(user.slot()));
        }
    }

    /** What the parent does right after the clone. */
    void afterClone(Program parent) {
        for (Back own : back) {
            parent.add(
                    "the caller's own namespaces", new NamespaceOp.SetNs(own.slot(), NamespaceKind.flag(own.type())));
        }
        if (makesUser()) {
            parent.add(ORIGIN, new ProcessOp.AwaitChild(process, MAPPED));
            map(parent, "uid_map", "/linux/uidMappings", launch.linux().uidMappings());
            map(parent, "gid_map", "/linux/gidMappings", launch.linux().gidMappings());
            parent.add(ORIGIN, new ProcessOp.ReleaseChild(process, MAPPED));
        }
    }

    /** One write for all lines: the kernel takes no second (user_namespaces(7)). */
    private void map(Program parent, String file, String pointer, List<IdMapping> mappings) {
        byte[] data = IdMaps.lines(mappings).getBytes(StandardCharsets.US_ASCII);
        parent.add(Launch.at(pointer), new ContainerOp.WriteProc(process, file, data));
    }

    /** What the child does to be in all of them, but for one of cgroups that it joins late: {@link #enterCgroup}. */
    void enter(Program child) {
        if (makesUser()) {
            child.add(ORIGIN, new ChildOp.SyncPoint(MAPPED));
            child.add(ORIGIN, new ChildOp.AwaitParent(MAPPED));
            time(child);
            becomeRoot(child);
        }
        Namespaces.Joined user = namespaces.joined().get(NamespaceType.USER);
        if (user != null) {
            if (!namespaces.isFresh(NamespaceType.PID)) {
                child.add(Launch.at(user.pointer()), new NamespaceOp.SetNs(user.slot(), Kernel.CLONE_NEWUSER));
            }
            time(child);
            becomeRoot(child);
        }
        join(child);
        EnumSet<NamespaceType> rest =
                cgroupsLate ? EnumSet.noneOf(NamespaceType.class) : EnumSet.of(NamespaceType.CGROUP);
        if (makesNetworkAlone()) {
            rest.add(NamespaceType.NETWORK);
        }
        if (hasUser()) {
            rest.addAll(AT_ONCE);
            rest.remove(NamespaceType.PID);
        }
        int flags = namespaces.flags(rest);
        if (flags != 0) {
            child.add(ORIGIN, new NamespaceOp.Unshare(flags));
        }
        if (namespaces.isFresh(NamespaceType.NETWORK)) {
            child.add(ORIGIN, new NetworkOp.LinkUp(Slot.NONE, LOOPBACK, LOOPBACK_INDEX));
        }
        if (namespaces.isHosts(NamespaceType.USER)) {
            time(child);
        }
    }

    /** What is left to the child once it is in its cgroups: they are the roots that a new cgroup namespace shows. */
    void enterCgroup(Program child) {
        child.add(ORIGIN, new NamespaceOp.Unshare(Kernel.CLONE_NEWCGROUP));
    }

    /** Whatever is made from here on belongs to the root of the namespace, user and group (mq_overview(7): the queues' directory). */
    private static void becomeRoot(Program child) {
        child.add("root of the user namespace", CredentialOp.SetGroups.of(List.of()));
        child.add("root of the user namespace", new CredentialOp.SetIds(0, 0));
    }

    /** With a user namespace, those that belong to the caller's have been inherited already. */
    private void join(Program child) {
        for (Map.Entry<NamespaceType, Namespaces.Joined> entry :
                namespaces.joined().entrySet()) {
            NamespaceType type = entry.getKey();
            Namespaces.Joined joined = entry.getValue();
            boolean done = type == NamespaceType.PID || type == NamespaceType.USER || (hasUser() && joined.isCallers());
            if (!done) {
                child.add(Launch.at(joined.pointer()), new NamespaceOp.SetNs(joined.slot(), NamespaceKind.flag(type)));
            }
        }
    }

    /**
     * Its offsets can be set only while nobody is in it, so the child makes it and then enters it (time_namespaces(7)). After a change of user its files in /proc would not be its own any more
     * (proc_pid(5)).
     */
    private void time(Program child) {
        if (!namespaces.isFresh(NamespaceType.TIME)) {
            return;
        }
        child.add(ORIGIN, new NamespaceOp.Unshare(Kernel.CLONE_NEWTIME));
        TimeOffsets offsets = launch.linux().timeOffsets();
        if (offsets != null) {
            String text = offset("monotonic", offsets.monotonic()) + offset("boottime", offsets.boottime());
            child.add(
                    Launch.at("/linux/timeOffsets"),
                    new ContainerOp.WriteProc(Slot.NONE, "timens_offsets", text.getBytes(StandardCharsets.US_ASCII)));
        }
        Slot slot = launch.slots().scratch("time-namespace");
        child.add(ORIGIN, new NamespaceOp.OpenNs(slot, Slot.CWD, "/proc/self/ns/time_for_children"));
        child.add(ORIGIN, new NamespaceOp.SetNs(slot, Kernel.CLONE_NEWTIME));
        launch.slots().release(slot);
    }

    private static String offset(String clock, @Nullable TimeOffset offset) {
        return offset == null ? "" : clock + " " + offset.secs() + " " + offset.nanosecs() + "\n";
    }

    /** The names that its UTS namespace is given. */
    void names(Program child) {
        String hostname = launch.spec().hostname();
        if (hostname != null && !hostname.isEmpty()) {
            child.add(Launch.at("/hostname"), new NamespaceOp.SetHostname(hostname));
        }
        String domainname = launch.spec().domainname();
        if (domainname != null && !domainname.isEmpty()) {
            child.add(Launch.at("/domainname"), new NamespaceOp.SetDomainname(domainname));
        }
    }
}
