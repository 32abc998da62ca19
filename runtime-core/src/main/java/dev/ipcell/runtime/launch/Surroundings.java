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
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.FileFacts;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Hello;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.DeviceRule;
import dev.ipcell.spec.Linux;
import dev.ipcell.spec.Mount;
import dev.ipcell.spec.NamespaceType;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.Process;
import dev.ipcell.spec.Spec;
import dev.ipcell.spec.SpecDocument;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a configuration points at: the root, namespaces to join, sources of bind mounts, cgroups, devices. It is asked for with the
 * operations that the constructor adds, and the answer becomes a {@link Launch}.
 */
final class Surroundings {
    private static final int PROC_LIMIT = 4 << 20;
    private static final int PASSWD_LIMIT = 1 << 20;

    private final LaunchOptions options;
    private final Hello hello;
    private final Slots slots;
    private final SpecDocument document;
    private final Spec spec;
    private final Linux linux;
    private final CgroupLayout layout;
    private final CgroupPath place;
    private final List<Mount> mounts;
    private final Slot rootfs;
    private final Step rootfsPath;
    private final Step passwd;
    private final NamespaceLook namespaces;
    private final Map<Integer, Slot> sourceSlots = new HashMap<>();
    private final Map<Integer, Step> sources = new HashMap<>();
    private final Map<Integer, BindSource> bindSources = new HashMap<>();
    private final @Nullable Step available;
    private final @Nullable OccupiedCgroup occupied;
    private final int owner;
    private final @Nullable Step delegated;
    private final @Nullable SeccompPlan seccomp;
    private final @Nullable ConfinementPlan confinement;
    private final @Nullable RdtPlan rdt;
    private final MountLook look;
    private final EmptyMounts.@Nullable Look emptyMounts;
    private final NetDevicePlan netDevices;
    private final @Nullable StreamPlan streams;

    /**
     * Adds the operations that look.
     *
     * @param bundle the bundle's directory
     * @param document a configuration that can be carried out
     * @param machine where cgroups and mounts are
     * @param kept by the planner; null if there is none
     * @throws Failure if its system call filter cannot be had
     */
    Surroundings(
            LaunchOptions options,
            Hello hello,
            Slots slots,
            Slot bundle,
            SpecDocument document,
            MachineLook.Seen machine,
            @Nullable EmptyMounts kept,
            Program program)
            throws Failure {
        this.options = options;
        this.hello = hello;
        this.slots = slots;
        this.document = document;
        this.spec = document.spec();
        this.linux = Objects.requireNonNull(spec.linux(), "refused before");
        this.layout = options.cgroups() == CgroupDriver.NONE ? new CgroupLayout(List.of()) : machine.layout();
        Process process = Objects.requireNonNull(spec.process(), "refused before");
        String mountinfo = machine.mountinfo();
        String origin = Launch.at("/root/path");
        rootfs = slots.open("rootfs");
        int directory = Kernel.O_PATH | Kernel.O_DIRECTORY;
        program.add(origin, new DescriptorOp.OpenFd(rootfs, bundle, spec.root().path(), directory, 0, 0));
        rootfsPath = program.add(origin, new DescriptorOp.FdPath(rootfs));
        passwd = program.add(Step.optional(
                "the user's home", new FileOp.ReadFile(rootfs, "etc/passwd", PASSWD_LIMIT, Kernel.RESOLVE_IN_ROOT)));
        namespaces = NamespaceLook.at(program, slots, linux.namespaces());
        RootPath root = RootPath.of(hello.cwd(), options.bundle(), spec.root().path());
        mounts = root.mounts(spec.mounts());
        openSources(program, bundle, root);
        String controllersFile = Controllers.file(layout);
        available = controllersFile == null
                ? null
                : program.add("cgroups", new FileOp.ReadFile(Slot.CWD, controllersFile, PROC_LIMIT, 0));
        place = new CgroupPath(linux.cgroupsPath(), options.id());
        occupied = options.cgroups().isSystemd()
                ? null // A unit that is there already is systemd's to refuse.
                : OccupiedCgroup.look(
                        program, layout, new CgroupOps(layout, place, null), options.stateRoot() + "/" + options.id());
        owner = Delegation.owner(spec, layout);
        delegated = owner == Delegation.NOBODY
                ? null
                : program.add(Step.optional("cgroups", new FileOp.ReadFile(Slot.CWD, CgroupOwner.LIST, PROC_LIMIT, 0)));
        seccomp = SeccompPlan.of(linux.seccomp(), document.positions(), hello, options.stateRoot(), slots);
        if (seccomp != null) {
            seccomp.lookUp(program);
        }
        confinement = ConfinementPlan.of(
                Wanted.of(Launch.at(""), "/process/apparmorProfile", process.apparmorProfile()),
                Wanted.of(Launch.at(""), "/process/selinuxLabel", process.selinuxLabel()),
                Wanted.of(Launch.at(""), MountLabel.POINTER, linux.mountLabel()));
        if (confinement != null) {
            confinement.lookUp(program);
        }
        rdt = RdtPlan.of(linux.intelRdt(), options.id(), mountinfo);
        if (rdt != null) {
            rdt.lookUp(program);
        }
        look = MountLook.at(program, rootfs, mounts, mountinfo, options.noPivot());
        emptyMounts = kept == null ? null : kept.lookUp(program, slots);
        netDevices = new NetDevicePlan(linux, slots);
        netDevices.lookUp(program);
        streams = StreamPlan.look(program, slots, hello, process, linux);
    }

    private void openSources(Program program, Slot bundle, RootPath root) {
        for (int i = 0; i < mounts.size(); i++) {
            Mount mount = mounts.get(i);
            if (mount.isBind() || "bind".equals(mount.type())) {
                String source = mount.source() == null ? "" : mount.source();
                String origin = Launch.at("/mounts/" + i + "/source (" + source + ")");
                Slot slot = slots.open("bind-source");
                String late = root.late(mounts, i, source);
                if (late != null) {
                    bindSources.put(i, new BindSource(slot, false, 0, late));
                    continue;
                }
                program.add(origin, new DescriptorOp.OpenFd(slot, bundle, source, Kernel.O_PATH, 0, 0));
                sources.put(i, program.add(origin, new FileOp.Stat(slot, "", 0)));
                sourceSlots.put(i, slot);
            }
        }
    }

    /**
     * Takes the answer.
     *
     * @param systemd that will be asked for a scope; null if there will be none, or only the plan is wanted
     * @throws Failure if the configuration asks for what cannot be had here; all findings at once
     */
    Launch resolve(BatchResult result, Bundle bundle, @Nullable Systemd systemd, String bootId) throws Failure {
        Program given = new Program();
        if (streams != null) {
            streams.give(result, given);
        }
        if (seccomp != null) {
            seccomp.resolve(result, document.positions());
        }
        look.resolve(result);
        opened(result);
        Namespaces found = namespaces.resolve(result, hello, document);
        List<Problem> problems = new ArrayList<>();
        findProblems(result, found, problems);
        Controllers controllers = Controllers.of(layout, available == null ? "" : Launcher.text(result, available));
        ResourceOrigin limits = new ResourceOrigin("config.json", "/linux/resources", document.positions());
        ResourcePlan resources = ResourcePlan.forNew(linux.resources(), limits, controllers);
        List<DeviceRule> rules =
                linux.resources() == null ? List.of() : linux.resources().devices();
        DeviceAccess devices = options.cgroups() == CgroupDriver.NONE ? null : new DeviceAccess(rules, limits, layout);
        problems.addAll(resources.problems());
        findGroupProblems(result, problems);
        if (devices != null) {
            problems.addAll(devices.problems());
        }
        ScopePlan scope = options.cgroups().isSystemd()
                ? ScopeRules.plan(options, document, systemd, resources, devices, problems)
                : null;
        String root = Launcher.text(result, rootfsPath);
        if (found.isHosts(NamespaceType.MOUNT) && root.equals("/")) {
            problems.add(document.positions()
                    .problem("/root/path", "is the caller's own root, and there is no mount namespace to mount in"));
        }
        if (!problems.isEmpty()) {
            throw new Failure(1, Launcher.lines(problems));
        }
        long uid =
                Objects.requireNonNull(spec.process(), "refused before").user().uid();
        CgroupOps cgroups = new CgroupOps(
                layout,
                scope == null ? place : new CgroupPath(ScopeRules.cgroup(scope, systemd), options.id()),
                delegated == null ? null : CgroupOwner.of(owner, Launcher.text(result, delegated)));
        return new Launch(
                options,
                bundle,
                hello,
                slots,
                rootfs,
                root,
                found,
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
                emptyMounts == null ? null : emptyMounts.resolve(result),
                netDevices,
                NotifySocket.of(hello),
                Passwd.home(Launcher.text(result, passwd), uid),
                bootId);
    }

    private void findProblems(BatchResult result, Namespaces found, List<Problem> problems) {
        problems.addAll(SysctlPlan.problems(linux.sysctl(), found, document.positions()));
        problems.addAll(IdMapPlan.problems(mounts, found, document.positions()));
        if (!found.isHosts(NamespaceType.USER)) {
            problems.addAll(LockedFlags.problems(mounts, bindSources, document.positions()));
        }
        problems.addAll(netDevices.resolve(result, found, document.positions()));
        String inUse = occupied == null ? null : occupied.problem(result);
        if (inUse != null) {
            problems.add(document.positions().problem("/linux/cgroupsPath", inUse));
        }
    }

    private void findGroupProblems(BatchResult result, List<Problem> problems) {
        if (rdt != null) {
            problems.addAll(rdt.problems(result, document.positions()));
        }
        if (confinement != null) {
            for (ConfinementPlan.Missing missing : confinement.missing(result)) {
                problems.add(document.positions().problem(missing.wanted().place(), missing.message()));
            }
        }
    }

    private void opened(BatchResult result) {
        for (Map.Entry<Integer, Slot> entry : sourceSlots.entrySet()) {
            Step stat = Objects.requireNonNull(sources.get(entry.getKey()), "stat");
            FileFacts facts = FileFacts.decode(result.value(stat));
            bindSources.put(entry.getKey(), new BindSource(entry.getValue(), facts.isDirectory(), facts.flags(), null));
        }
    }
}
