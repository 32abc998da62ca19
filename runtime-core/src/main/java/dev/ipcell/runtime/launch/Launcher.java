// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.cgroup.CgroupLayout;
import dev.ipcell.runtime.cgroup.CgroupOps;
import dev.ipcell.runtime.cgroup.CgroupOwner;
import dev.ipcell.runtime.cgroup.CgroupPath;
import dev.ipcell.runtime.cgroup.Controllers;
import dev.ipcell.runtime.cgroup.DeviceAccess;
import dev.ipcell.runtime.cgroup.OccupiedCgroup;
import dev.ipcell.runtime.cgroup.ResourceOrigin;
import dev.ipcell.runtime.cgroup.ResourcePlan;
import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.launch.ConfinementPlan.Wanted;
import dev.ipcell.runtime.notify.NotifySocket;
import dev.ipcell.runtime.scope.ScopePlan;
import dev.ipcell.runtime.scope.Systemd;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.FileFacts;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.NamespaceFacts;
import dev.ipcell.shim.NamespaceOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.DeviceRule;
import dev.ipcell.spec.InvalidSpecException;
import dev.ipcell.spec.Linux;
import dev.ipcell.spec.Mount;
import dev.ipcell.spec.Namespace;
import dev.ipcell.spec.NamespaceType;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.Process;
import dev.ipcell.spec.Spec;
import dev.ipcell.spec.SpecDocument;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Finds out, through the executor's eyes, what the plan of a container depends on: the bundle, the machine's cgroups, the namespaces to
 * join. It only looks; nothing is changed, and no privilege is needed beyond reading.
 */
final class Launcher {
    private static final String BOOT_ID = "/proc/sys/kernel/random/boot_id";

    /** A sysctl is read through a buffer of the size asked for, which the kernel has to find. */
    private static final int BOOT_ID_LIMIT = 64;

    private static final int CONFIG_LIMIT = 8 << 20;
    private static final int PROC_LIMIT = 4 << 20;
    private static final int PASSWD_LIMIT = 1 << 20;
    private static final int DIRECTORY = Kernel.O_PATH | Kernel.O_DIRECTORY;

    private final Conversation conversation;
    private final @Nullable Systemd systemd;
    private final @Nullable DocumentCache documents;
    private final Slots slots = new Slots();

    /**
     * @param systemd that will be asked for a scope; null if there will be none, or only the plan is wanted
     * @param documents that were read before; null if nothing is kept
     */
    Launcher(Conversation conversation, @Nullable Systemd systemd, @Nullable DocumentCache documents) {
        this.conversation = conversation;
        this.systemd = systemd;
        this.documents = documents;
    }

    /**
     * Looks at a bundle and its surroundings.
     *
     * @param options what the caller chose; paths are relative to the caller's working directory
     * @throws Failure if the configuration is wrong or asks for what is not supported; all findings at once
     */
    Launch inspect(LaunchOptions options) throws Failure, PlanFailedException, IOException {
        String directory = options.bundle();
        Program program = new Program();
        Slot bundleSlot = slots.open("bundle");
        program.add("bundle " + directory, new FileOp.OpenFd(bundleSlot, Slot.CWD, directory, DIRECTORY, 0, 0));
        Step path = program.add("bundle " + directory, new FileOp.FdPath(bundleSlot));
        Step config =
                program.add("bundle " + directory, new FileOp.ReadFile(bundleSlot, "config.json", CONFIG_LIMIT, 0));
        Step mountinfo = program.add("cgroups", new FileOp.ReadFile(Slot.CWD, "/proc/self/mountinfo", PROC_LIMIT, 0));
        Step membership = program.add("cgroups", new FileOp.ReadFile(Slot.CWD, "/proc/self/cgroup", PROC_LIMIT, 0));
        Step boot = program.add("the machine's boot id", new FileOp.ReadFile(Slot.CWD, BOOT_ID, BOOT_ID_LIMIT, 0));
        BatchResult result = conversation.run(program);
        DocumentCache.Known known = read(result.value(config));
        SpecDocument document = known.document();
        TerminalRules.check(options, document.spec());
        if (!known.refused().isEmpty()) {
            throw new Failure(1, lines(known.refused()));
        }
        CgroupLayout layout = options.cgroups() == CgroupDriver.NONE
                ? new CgroupLayout(List.of())
                : CgroupLayout.parse(text(result, mountinfo), text(result, membership));
        if (options.cgroups().isSystemd() && !layout.isUnifiedOnly()) {
            throw new Failure(
                    "the systemd cgroup driver: needs version 2 of cgroups alone, and this machine has version 1"
                            + " too; boot it with systemd.unified_cgroup_hierarchy=1, or use the cgroupfs driver");
        }
        Bundle bundle = new Bundle(text(result, path), bundleSlot, document, result.value(config));
        return surroundings(
                options,
                bundle,
                layout,
                text(result, mountinfo),
                text(result, boot).strip());
    }

    private DocumentCache.Known read(byte[] config) throws Failure {
        try {
            return documents == null ? DocumentCache.Known.read(config) : documents.read(config);
        } catch (InvalidSpecException invalid) {
            throw new Failure(1, lines(invalid.problems()));
        }
    }

    static List<String> lines(List<Problem> problems) {
        List<String> lines = new ArrayList<>(problems.size());
        for (Problem problem : problems) {
            lines.add("config.json " + problem.render());
        }
        return lines;
    }

    private static String text(BatchResult result, Step step) {
        return new String(result.value(step), StandardCharsets.UTF_8);
    }

    private Launch surroundings(
            LaunchOptions options, Bundle bundle, CgroupLayout layout, String mountinfo, String bootId)
            throws Failure, PlanFailedException, IOException {
        Spec spec = bundle.document().spec();
        Linux linux = Objects.requireNonNull(spec.linux(), "refused before");
        Program program = new Program();
        Slot rootfs = slots.open("rootfs");
        String origin = Launch.at("/root/path");
        program.add(origin, new FileOp.OpenFd(rootfs, bundle.slot(), spec.root().path(), DIRECTORY, 0, 0));
        Step rootfsPath = program.add(origin, new FileOp.FdPath(rootfs));
        Step passwd = program.add(Step.optional(
                "the user's home", new FileOp.ReadFile(rootfs, "etc/passwd", PASSWD_LIMIT, Kernel.RESOLVE_IN_ROOT)));
        Map<Integer, Step> joins = openNamespaces(program, linux.namespaces());
        Map<Integer, Step> sources = new HashMap<>();
        Map<Integer, Slot> sourceSlots = openSources(program, spec.mounts(), bundle, sources);
        String controllersFile = Controllers.file(layout);
        Step available = controllersFile == null
                ? null
                : program.add("cgroups", new FileOp.ReadFile(Slot.CWD, controllersFile, PROC_LIMIT, 0));
        CgroupPath place = new CgroupPath(linux.cgroupsPath(), options.id());
        OccupiedCgroup occupied = options.cgroups().isSystemd()
                ? null // A unit that is there already is systemd's to refuse.
                : OccupiedCgroup.look(
                        program, layout, new CgroupOps(layout, place, null), options.stateRoot() + "/" + options.id());
        int owner = Delegation.owner(spec, layout);
        Step delegated = owner == Delegation.NOBODY
                ? null
                : program.add(Step.optional("cgroups", new FileOp.ReadFile(Slot.CWD, CgroupOwner.LIST, PROC_LIMIT, 0)));
        SeccompPlan seccomp = SeccompPlan.of(
                linux.seccomp(), bundle.document().positions(), conversation.hello(), options.stateRoot(), slots);
        if (seccomp != null) {
            seccomp.lookUp(program);
        }
        ConfinementPlan confinement = confinement(spec, linux);
        if (confinement != null) {
            confinement.lookUp(program);
        }
        RdtPlan rdt = RdtPlan.of(linux.intelRdt(), options.id(), mountinfo);
        if (rdt != null) {
            rdt.lookUp(program);
        }
        MountLook look = MountLook.at(program, rootfs, spec.mounts(), mountinfo, options.noPivot());
        NetDevicePlan netDevices = new NetDevicePlan(linux, slots);
        netDevices.lookUp(program);
        StreamPlan streams = StreamPlan.look(
                program, slots, conversation.hello(), Objects.requireNonNull(spec.process(), "refused before"), linux);
        conversation.sealAfterNext();
        BatchResult result = conversation.run(program);
        Program given = new Program();
        if (streams != null) {
            streams.give(result, given);
        }
        if (seccomp != null) {
            seccomp.resolve(result, bundle.document().positions());
        }

        look.resolve(result);
        Namespaces namespaces = namespaces(linux.namespaces(), joins, result, bundle.document());
        List<Problem> problems = SysctlPlan.problems(
                linux.sysctl(), namespaces, bundle.document().positions());
        problems.addAll(
                IdMapPlan.problems(spec.mounts(), namespaces, bundle.document().positions()));
        problems.addAll(netDevices.resolve(result, namespaces, bundle.document().positions()));
        String inUse = occupied == null ? null : occupied.problem(result);
        if (inUse != null) {
            problems.add(bundle.document().positions().problem("/linux/cgroupsPath", inUse));
        }
        Controllers controllers = Controllers.of(layout, available == null ? "" : text(result, available));
        ResourceOrigin limits = new ResourceOrigin(
                "config.json", "/linux/resources", bundle.document().positions());
        ResourcePlan resources = ResourcePlan.forNew(linux.resources(), limits, controllers);
        List<DeviceRule> rules =
                linux.resources() == null ? List.of() : linux.resources().devices();
        DeviceAccess devices = options.cgroups() == CgroupDriver.NONE ? null : new DeviceAccess(rules, limits, layout);
        problems.addAll(resources.problems());
        if (rdt != null) {
            problems.addAll(rdt.problems(result, bundle.document().positions()));
        }
        if (confinement != null) {
            for (ConfinementPlan.Missing missing : confinement.missing(result)) {
                problems.add(
                        bundle.document().positions().problem(missing.wanted().place(), missing.message()));
            }
        }
        if (devices != null) {
            problems.addAll(devices.problems());
        }
        ScopePlan scope = options.cgroups().isSystemd()
                ? ScopeRules.plan(options, bundle.document(), systemd, resources, devices, problems)
                : null;
        if (namespaces.isHosts(NamespaceType.MOUNT) && text(result, rootfsPath).equals("/")) {
            problems.add(bundle.document()
                    .positions()
                    .problem("/root/path", "is the caller's own root, and there is no mount namespace to mount in"));
        }
        if (!problems.isEmpty()) {
            throw new Failure(1, lines(problems));
        }
        Map<Integer, BindSource> bindSources = new HashMap<>();
        for (Map.Entry<Integer, Slot> entry : sourceSlots.entrySet()) {
            Step stat = Objects.requireNonNull(sources.get(entry.getKey()), "stat");
            boolean directory = FileFacts.decode(result.value(stat)).isDirectory();
            bindSources.put(entry.getKey(), new BindSource(entry.getValue(), directory));
        }
        long uid =
                Objects.requireNonNull(spec.process(), "refused before").user().uid();
        CgroupOps cgroups = new CgroupOps(
                layout,
                scope == null ? place : new CgroupPath(ScopeRules.cgroup(scope, systemd), options.id()),
                delegated == null ? null : CgroupOwner.of(owner, text(result, delegated)));
        return new Launch(
                options,
                bundle,
                conversation.hello(),
                slots,
                rootfs,
                text(result, rootfsPath),
                namespaces,
                cgroups,
                scope,
                resources,
                devices,
                rdt,
                bindSources,
                seccomp,
                confinement,
                look,
                given.steps(),
                netDevices,
                NotifySocket.of(conversation.hello()),
                Passwd.home(text(result, passwd), uid),
                bootId);
    }

    private static @Nullable ConfinementPlan confinement(Spec spec, Linux linux) {
        Process process = Objects.requireNonNull(spec.process(), "refused before");
        String document = Launch.at("");
        return ConfinementPlan.of(
                Wanted.of(document, "/process/apparmorProfile", process.apparmorProfile()),
                Wanted.of(document, "/process/selinuxLabel", process.selinuxLabel()),
                Wanted.of(document, MountLabel.POINTER, linux.mountLabel()));
    }

    private Map<Integer, Step> openNamespaces(Program program, List<Namespace> namespaces) {
        Map<Integer, Step> joins = new HashMap<>();
        for (int i = 0; i < namespaces.size(); i++) {
            String path = namespaces.get(i).path();
            if (path != null && !path.isEmpty()) {
                Slot slot = slots.open(namespaces.get(i).type().wire() + "-namespace");
                joins.put(i, program.add(origin(i, path), new NamespaceOp.OpenNs(slot, Slot.CWD, path)));
            }
        }
        return joins;
    }

    private static String origin(int index, String path) {
        return Launch.at("/linux/namespaces/" + index + "/path (" + path + ")");
    }

    private Map<Integer, Slot> openSources(
            Program program, List<Mount> mounts, Bundle bundle, Map<Integer, Step> stats) {
        Map<Integer, Slot> opened = new HashMap<>();
        for (int i = 0; i < mounts.size(); i++) {
            Mount mount = mounts.get(i);
            if (mount.isBind() || "bind".equals(mount.type())) {
                String source = mount.source() == null ? "" : mount.source();
                String origin = Launch.at("/mounts/" + i + "/source (" + source + ")");
                Slot slot = slots.open("bind-source");
                program.add(origin, new FileOp.OpenFd(slot, bundle.slot(), source, Kernel.O_PATH, 0, 0));
                stats.put(i, program.add(origin, new FileOp.Stat(slot, "", 0)));
                opened.put(i, slot);
            }
        }
        return opened;
    }

    private Namespaces namespaces(
            List<Namespace> configured, Map<Integer, Step> joins, BatchResult result, SpecDocument document)
            throws Failure {
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
            if (facts.id().same(conversation.hello().namespace(NamespaceKind.procName(namespace.type())))) {
                namespaces.callersOwn().add(namespace.type());
            } else {
                Slot slot = ((NamespaceOp.OpenNs) step.op()).slot();
                boolean isCallers = facts.owner().same(conversation.hello().namespace("user"));
                namespaces.joined().put(namespace.type(), new Namespaces.Joined(slot, pointer, isCallers));
            }
        }
        String mount = mount(namespaces);
        if (mount != null) {
            problems.add(document.positions().problem("/linux/namespaces", mount));
        }
        if (!problems.isEmpty()) {
            throw new Failure(1, lines(problems));
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
