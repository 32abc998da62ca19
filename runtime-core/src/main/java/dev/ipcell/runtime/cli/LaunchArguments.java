// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.launch.CgroupDriver;
import dev.ipcell.runtime.launch.LaunchOptions;
import dev.ipcell.shim.PlanFailedException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The options that {@code run} and {@code create} share. */
final class LaunchArguments {
    static final Option BUNDLE =
            Option.valued("bundle", 'b', "DIR", "directory with config.json (default: the working directory)");

    private static final List<Option> SHARED = List.of(
            BUNDLE,
            Option.valued("pid-file", (char) 0, "FILE", "write the container's pid there"),
            Option.valued("console-socket", (char) 0, "SOCKET", "send the terminal's master to who listens there"),
            Option.valued("pidfd-socket", (char) 0, "SOCKET", "send a pidfd of the container to who listens there"),
            Option.valued("preserve-fds", (char) 0, "N", "pass N of the caller's descriptors, from 3 on"),
            Option.flag("no-pivot", (char) 0, "move the root instead of pivot_root(2), as a ramdisk needs"),
            Option.flag("no-new-keyring", (char) 0, "share the caller's session keyring"),
            Option.valued("trace", (char) 0, "FILE", "write each operation's time there, as Chrome trace events"),
            FaultOption.OPTION);

    private LaunchArguments() {}

    /** The shared options, and a command's own. */
    static List<Option> and(Option... own) {
        List<Option> all = new ArrayList<>(SHARED);
        all.addAll(List.of(own));
        return all;
    }

    static LaunchOptions parse(Call call, LaunchOptions.End end, boolean keep)
            throws Failure, PlanFailedException, IOException {
        Arguments arguments = call.arguments();
        return new LaunchOptions(
                arguments.value("bundle", "."),
                ContainerId.checked(call.operand("the container's ID")),
                call.root(),
                end,
                keep,
                arguments.value("pid-file"),
                arguments.value("console-socket"),
                arguments.value("pidfd-socket"),
                InheritedDescriptors.count(call),
                arguments.has("no-pivot"),
                arguments.has("no-new-keyring"),
                driver(call),
                arguments.value("trace"),
                CommandLine.log(call.global()),
                FaultOption.of(call));
    }

    /** Which of the managers it is: a caller without the rights of root can have only units of their own. */
    static CgroupDriver driver(Call call) {
        String manager = call.global().value("cgroup-manager", "");
        if (manager.equals("disabled")) {
            return CgroupDriver.NONE;
        }
        if (!manager.equals("systemd") && !call.global().has("systemd-cgroup")) {
            return CgroupDriver.CGROUPFS;
        }
        String rootless = call.global().value("rootless", "auto");
        boolean user = rootless.equals("auto") ? call.hello().caller().euid() != 0 : rootless.equals("true");
        return user ? CgroupDriver.SYSTEMD_USER : CgroupDriver.SYSTEMD;
    }
}
