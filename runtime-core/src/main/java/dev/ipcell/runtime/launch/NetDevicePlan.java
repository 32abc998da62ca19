// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.ChildOp;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.LinkFacts;
import dev.ipcell.shim.NamespaceOp;
import dev.ipcell.shim.NetworkOp;
import dev.ipcell.shim.Op;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.shim.linux.Errno;
import dev.ipcell.spec.Linux;
import dev.ipcell.spec.NamespaceType;
import dev.ipcell.spec.NetDevice;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.SourceMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Network devices that are moved into the container (runtime-spec, config-linux.md, "Network Devices").
 *
 * <p>The parent moves them, for it is privileged over both network namespaces. A launch that fails gives them back as they were, but for
 * routes. After that they are the container's: with its network namespace the kernel destroys a virtual device, and takes a physical one
 * back.
 */
final class NetDevicePlan {
    private static final String POINTER = "/linux/netDevices";
    private static final String OWN_NAMESPACE = "/proc/self/ns/net";

    /** The {@code IFA_F_*} flags that are not the kernel's own: nodad, homeaddress, managetempaddr, noprefixroute, mcautojoin. */
    private static final int ADDRESS_FLAGS = 0x02 | 0x10 | 0x100 | 0x200 | 0x400;

    /** Beyond every index that a kernel has chosen itself. */
    private static final int FAR = 1_000_000_000;

    private final List<Device> devices = new ArrayList<>();
    private final List<LinkFacts> facts = new ArrayList<>();
    private final Slot namespace;

    /**
     * A configured device.
     *
     * @param name outside
     * @param inside its name inside
     * @param look at what it is like outside
     */
    private record Device(String name, String inside, String pointer, Step look) {
        /**
         * Its index inside, if only that tells it there: with a template its name is the kernel's choice. No other device in the namespace
         * of the caller gives the same. 0: it is told by its name.
         */
        int indexInside(LinkFacts before) {
            if (inside.indexOf('%') < 0) {
                return 0;
            }
            return before.index() < FAR ? FAR + before.index() : before.index();
        }
    }

    NetDevicePlan(Linux linux, Slots slots) {
        for (Map.Entry<String, NetDevice> entry : linux.netDevices().entrySet()) {
            String name = entry.getKey();
            String inside = entry.getValue().nameInside(name);
            String pointer = pointer(name);
            Step look = Step.optional(Launch.at(pointer), new NetworkOp.LinkAddresses(name));
            devices.add(new Device(name, inside, pointer, look));
        }
        namespace = devices.isEmpty() ? Slot.NONE : slots.open("network-namespace-of-container");
    }

    /** The JSON pointer of a device; its name holds no slash. */
    static String pointer(String device) {
        return POINTER + "/" + device.replace("~", "~0");
    }

    boolean isEmpty() {
        return devices.isEmpty();
    }

    /** Looks at the devices where they are. */
    void lookUp(Program program) {
        for (Device device : devices) {
            program.add(device.look());
        }
    }

    /** Takes the answer; what is wrong with the configured devices, given the namespaces that the container gets. */
    List<Problem> resolve(BatchResult result, Namespaces namespaces, SourceMap positions) {
        List<Problem> problems = new ArrayList<>();
        if (!devices.isEmpty() && namespaces.isHosts(NamespaceType.NETWORK)) {
            problems.add(positions.problem(
                    POINTER, "needs a network namespace of the container's own: the one joined is the caller's"));
        }
        for (Device device : devices) {
            int errno = result.errno(device.look());
            if (errno == 0) {
                facts.add(LinkFacts.decode(result.value(device.look())));
            } else {
                String why = errno == Errno.ENODEV ? "there is no such network device" : "cannot be looked at";
                String reason = ": " + Errno.text(errno) + " (" + Errno.name(errno) + ")";
                problems.add(positions.problem(device.pointer(), why + reason));
            }
        }
        return problems;
    }

    /** The child, which is in the container's network namespace, shows it to the parent. */
    void sendNamespace(Program child) {
        if (isEmpty()) {
            return;
        }
        String origin = Launch.at(POINTER);
        child.add(origin, new NamespaceOp.OpenNs(namespace, Slot.CWD, OWN_NAMESPACE));
        child.add(origin, new ChildOp.SendFd(namespace, namespace));
        child.add(origin, new DescriptorOp.CloseFd(namespace));
    }

    /** Moves them, with what the specification wants kept. */
    void move(Program parent) {
        for (int i = 0; i < devices.size(); i++) {
            Device device = devices.get(i);
            LinkFacts before = facts.get(i);
            String origin = Launch.at(device.pointer());
            int index = device.indexInside(before);
            NetworkOp move = new NetworkOp.MoveLink(Slot.NONE, device.name(), 0, namespace, device.inside(), index, 0);
            parent.add(origin, move, back(device, before));
            for (LinkFacts.Address address : before.addresses()) {
                if (address.isPermanent() && address.isGlobal()) {
                    parent.add(origin, add(namespace, device.inside(), index, address));
                }
            }
            parent.add(origin, new NetworkOp.LinkUp(namespace, device.inside(), index));
        }
    }

    private Op[] back(Device device, LinkFacts before) {
        List<Op> undo = new ArrayList<>();
        undo.add(new NetworkOp.MoveLink(
                namespace,
                device.inside(),
                device.indexInside(before),
                Slot.NONE,
                device.name(),
                before.index(),
                NetworkOp.MoveLink.UNDO));
        for (LinkFacts.Address address : before.addresses()) {
            if (address.isPermanent()) {
                undo.add(add(Slot.NONE, device.name(), 0, address));
            }
        }
        if (before.isUp()) {
            undo.add(new NetworkOp.LinkUp(Slot.NONE, device.name(), 0));
        }
        return undo.toArray(new Op[0]);
    }

    private static NetworkOp add(Slot namespace, String device, int index, LinkFacts.Address address) {
        return new NetworkOp.AddAddress(
                namespace,
                device,
                index,
                address.family(),
                address.prefix(),
                address.flags() & ADDRESS_FLAGS,
                address.scope(),
                address.local(),
                address.address(),
                address.broadcast());
    }

    /** From here on they are the container's: without the namespace, no undo finds them. */
    void leave(Program parent) {
        if (!isEmpty()) {
            parent.add(Launch.at(POINTER), new DescriptorOp.CloseFd(namespace));
        }
    }
}
