// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads {@code process} and what is in it. */
final class ProcessReader {
    private static final Capability[] CAPABILITIES = Capability.values();

    private ProcessReader() {}

    static Process process(ObjectReader in) {
        Long oomScoreAdj = in.integer("oomScoreAdj", Integer.MIN_VALUE, Integer.MAX_VALUE);
        return new Process(
                in.flag("terminal"),
                consoleSize(in.object("consoleSize")),
                user(in.object("user")),
                in.strings("args"),
                in.string("commandLine"),
                in.strings("env"),
                in.requiredString("cwd"),
                capabilities(in.object("capabilities")),
                rlimits(in.objects("rlimits")),
                in.flag("noNewPrivileges"),
                in.string("apparmorProfile"),
                oomScoreAdj == null ? null : (Integer) oomScoreAdj.intValue(),
                scheduler(in.object("scheduler")),
                in.string("selinuxLabel"),
                ioPriority(in.object("ioPriority")),
                cpuAffinity(in.object("execCPUAffinity")),
                in.unknown());
    }

    private static @Nullable ConsoleSize consoleSize(@Nullable ObjectReader in) {
        return in == null
                ? null
                : new ConsoleSize(in.requiredUint64("height"), in.requiredUint64("width"), in.unknown());
    }

    private static User user(@Nullable ObjectReader in) {
        if (in == null) {
            return new User(0, 0, null, List.of(), null, Map.of());
        }
        return new User(
                in.requiredUint32("uid"),
                in.requiredUint32("gid"),
                in.uint32("umask"),
                in.uint32s("additionalGids"),
                in.string("username"),
                in.unknown());
    }

    private static @Nullable Capabilities capabilities(@Nullable ObjectReader in) {
        if (in == null) {
            return null;
        }
        return new Capabilities(
                capabilitySet(in, "bounding"),
                capabilitySet(in, "effective"),
                capabilitySet(in, "inheritable"),
                capabilitySet(in, "permitted"),
                capabilitySet(in, "ambient"),
                in.unknown());
    }

    /** A name that Linux does not know is a warning here, since the specification forbids to fail for it. */
    private static List<Capability> capabilitySet(ObjectReader in, String name) {
        List<String> wires = in.strings(name);
        List<Capability> set = new ArrayList<>(wires.size());
        for (int i = 0; i < wires.size(); i++) {
            Capability capability = capability(wires.get(i));
            if (capability == null) {
                String pointer = JsonPointer.child(JsonPointer.child(in.pointer(), name), i);
                in.problems().warning(pointer, "unknown capability " + Quoted.of(wires.get(i)) + " is left out");
            } else if (!set.contains(capability)) {
                set.add(capability);
            }
        }
        return List.copyOf(set);
    }

    private static @Nullable Capability capability(String wire) {
        for (Capability capability : CAPABILITIES) {
            if (capability.wire().equals(wire)) {
                return capability;
            }
        }
        return null;
    }

    private static List<Rlimit> rlimits(List<ObjectReader> array) {
        List<Rlimit> rlimits = new ArrayList<>(array.size());
        for (ObjectReader in : array) {
            rlimits.add(new Rlimit(
                    in.requiredChoice("type", "resource limit", RlimitType.values()),
                    in.requiredUint64("soft"),
                    in.requiredUint64("hard"),
                    in.unknown()));
        }
        return List.copyOf(rlimits);
    }

    private static @Nullable Scheduler scheduler(@Nullable ObjectReader in) {
        if (in == null) {
            return null;
        }
        return new Scheduler(
                in.requiredChoice("policy", "scheduling policy", SchedulerPolicy.values()),
                in.int32("nice"),
                in.int32("priority"),
                in.choices("flags", "scheduling flag", SchedulerFlag.values()),
                in.uint64OrZero("runtime"),
                in.uint64OrZero("deadline"),
                in.uint64OrZero("period"),
                in.unknown());
    }

    private static @Nullable IoPriority ioPriority(@Nullable ObjectReader in) {
        if (in == null) {
            return null;
        }
        return new IoPriority(
                in.requiredChoice("class", "input/output class", IoPriorityClass.values()),
                in.int32("priority"),
                in.unknown());
    }

    private static @Nullable CpuAffinity cpuAffinity(@Nullable ObjectReader in) {
        return in == null ? null : new CpuAffinity(in.string("initial"), in.string("final"), in.unknown());
    }
}
