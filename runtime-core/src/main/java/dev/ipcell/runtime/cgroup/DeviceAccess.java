// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.shim.CgroupOp;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.spec.DeviceRule;
import dev.ipcell.spec.Problem;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Which devices a container may use: its rules in their order, then the devices that every container gets. What none of them speaks of is
 * denied. Version 1 has a controller for it; without that an eBPF program in the unified hierarchy decides.
 */
public final class DeviceAccess {
    private static final int O_WRONLY = 1;
    private static final int O_DIRECTORY = 0x10000;

    private final List<DeviceRule> rules;
    private final ResourceOrigin origin;
    private final CgroupLayout layout;

    /** The rules of {@code resources.devices}. */
    public DeviceAccess(List<DeviceRule> rules, ResourceOrigin origin, CgroupLayout layout) {
        this.rules = rules;
        this.origin = origin;
        this.layout = layout;
    }

    /** All rules in their order, with those for the devices that every container gets. */
    public List<DeviceRule> rules() {
        List<DeviceRule> all = new ArrayList<>(rules);
        all.addAll(DefaultDevices.RULES);
        return all;
    }

    /** The rules that cannot be carried out; if there is one, {@link #add} must not be called. */
    public List<Problem> problems() {
        List<Problem> problems = new ArrayList<>();
        if (layout.version1("devices") == null) {
            if (layout.unified() == null) {
                problems.add(origin.problem(
                        "/devices", "needs a devices controller, which no mounted cgroup hierarchy has"));
            }
            return problems;
        }
        DeviceList list = new DeviceList();
        for (int i = 0; i < rules.size(); i++) {
            if (!list.add(rules.get(i))) {
                problems.add(origin.problem(
                        "/devices/" + i,
                        "version 1 of cgroups cannot take back a part of what an earlier rule "
                                + (rules.get(i).allow() ? "denies" : "allows") + "; say it in that rule"));
            }
        }
        return problems;
    }

    /** Adds what puts the rules into force in a new cgroup. */
    public void add(Program program, Slots slots, CgroupDirectories directories) {
        add(program, slots, directories, 0);
    }

    /** Adds what puts the rules into force in a cgroup that has some already. */
    public void replace(Program program, Slots slots, CgroupDirectories directories) {
        add(program, slots, directories, CgroupOp.BpfDevice.REPLACE);
    }

    private void add(Program program, Slots slots, CgroupDirectories directories, int flags) {
        Hierarchy version1 = layout.version1("devices");
        Hierarchy unified = layout.unified();
        if (version1 != null) {
            write(program, directories.directory(version1));
        } else if (unified != null) {
            Slot slot = slots.open("cgroup");
            String label = origin.label("/devices");
            String directory = directories.directory(unified);
            program.add(label, new DescriptorOp.OpenFd(slot, Slot.CWD, directory, O_DIRECTORY, 0, 0));
            program.add(label, new CgroupOp.BpfDevice(slot, DeviceProgram.of(rules()), flags));
            program.add(label, new DescriptorOp.CloseFd(slot));
            slots.release(slot);
        } else {
            throw new IllegalStateException("no devices controller");
        }
    }

    private void write(Program program, String directory) {
        DeviceList list = new DeviceList();
        if (rules.isEmpty() || !DeviceProgram.isForAll(rules.getFirst())) {
            write(program, directory, list, 0, "no device but those allowed");
        }
        for (int i = 0; i < rules.size(); i++) {
            int before =
                    DeviceProgram.isForAll(rules.get(i)) ? 0 : list.writes().size();
            list.add(rules.get(i));
            write(program, directory, list, before, origin.label("/devices/" + i));
        }
        int before = list.writes().size();
        for (DeviceRule rule : DefaultDevices.RULES) {
            // One that cannot be carried out is about what a rule denies of what else is allowed: the answer is
            // stricter.
            list.add(rule);
        }
        List<String> lines = new ArrayList<>();
        for (DeviceList.Write write :
                list.writes().subList(before, list.writes().size())) {
            if (!write.allow()) {
                throw new IllegalStateException("a default rule that denies");
            }
            lines.add(write.text());
        }
        if (!lines.isEmpty()) {
            program.add("default device rules", new FileOp.WriteLines(Slot.CWD, directory + "/devices.allow", lines));
        }
    }

    private static void write(Program program, String directory, DeviceList list, int from, String label) {
        for (int i = from; i < list.writes().size(); i++) {
            DeviceList.Write write = list.writes().get(i);
            String file = directory + (write.allow() ? "/devices.allow" : "/devices.deny");
            program.add(
                    label,
                    new FileOp.WriteFile(
                            Slot.CWD, file, O_WRONLY, 0, 0, write.text().getBytes(StandardCharsets.UTF_8)));
        }
    }
}
