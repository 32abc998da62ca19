// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cli;

import dev.ipcell.runtime.failure.Failure;
import java.util.ArrayList;
import java.util.List;

/** The options that every command takes; engines write them before its name. */
final class GlobalOptions {
    private static final Option VERSION = Option.flag("version", 'v', "show the version");

    /** Those that may stand behind the name too. */
    static final List<Option> ANYWHERE = List.of(
            Option.valued("root", (char) 0, "DIR", "where the state of containers is kept (default /run/ipcell)"),
            Option.valued("log", (char) 0, "FILE", "append errors to this file too"),
            Option.valued("log-format", (char) 0, "text|json", "how (default text)"),
            Option.valued("cgroup-manager", (char) 0, "cgroupfs|systemd|disabled", "who makes cgroups"),
            Option.flag("systemd-cgroup", (char) 0, "the same as --cgroup-manager systemd"),
            Option.valued("rootless", (char) 0, "auto|true|false", "true: with systemd, the caller's own manager"),
            FaultOption.OPTION,
            Option.flag("debug", (char) 0, "tell what is done, and where in ipcell an internal error arose"),
            Option.flag("help", 'h', "show this"));

    static final List<Option> ALL = all();

    private GlobalOptions() {}

    private static List<Option> all() {
        List<Option> all = new ArrayList<>(ANYWHERE);
        all.add(VERSION);
        return all;
    }

    /** Their values. */
    static void check(Call call) throws Failure {
        Arguments global = call.global();
        oneOf(global, "log-format", "text", "json");
        oneOf(global, "rootless", "auto", "true", "false");
        oneOf(global, "cgroup-manager", "cgroupfs", "systemd", "disabled");
        if ("".equals(global.given("root")) || isTop(call.root())) {
            throw new Failure("--root must be a directory of its own, not \"" + global.given("root") + "\"");
        }
    }

    /** An option's value, the first if it was not given, is one of these. */
    static String oneOf(Arguments arguments, String option, String... allowed) throws Failure {
        String value = arguments.value(option, allowed[0]);
        for (String each : allowed) {
            if (each.equals(value)) {
                return value;
            }
        }
        StringBuilder names = new StringBuilder();
        for (int i = 0; i < allowed.length; i++) {
            names.append(i == 0 ? "" : i + 1 < allowed.length ? ", " : " or ").append(allowed[i]);
        }
        throw new Failure("--" + option + " must be " + names + ", not \"" + value + "\"");
    }

    /** True for the machine's root directory, however it is written. */
    private static boolean isTop(String path) {
        int depth = 0;
        for (String part : path.split("/", -1)) {
            if (part.equals("..")) {
                depth = Math.max(0, depth - 1);
            } else if (!part.isEmpty() && !part.equals(".")) {
                depth++;
            }
        }
        return depth == 0;
    }
}
