// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Confinement of a process by AppArmor or SELinux (runtime-spec, config.md, "Linux Process"). Both are told through files of the thread's
 * own in proc, and take effect at the exec. What is mounted on the container's {@code /proc} could swallow that (CVE-2019-16884,
 * CVE-2025-52881), so the caller's proc is opened before the container has any mount, and must be one.
 */
final class ConfinementPlan {
    private static final String APPARMOR = "/sys/module/apparmor/parameters/enabled";
    private static final String SELINUX = "/sys/fs/selinux/enforce";
    private static final String PROC = "the caller's proc";
    private static final int FLAG_LIMIT = 64;
    private static final int RESOLVE = Kernel.RESOLVE_BENEATH | Kernel.RESOLVE_NO_XDEV | Kernel.RESOLVE_NO_MAGICLINKS;

    private final @Nullable Wanted profile;
    private final @Nullable Wanted label;
    private final @Nullable Wanted mountLabel;
    private final Step apparmor = flag(APPARMOR);
    private final Step selinux = flag(SELINUX);
    private @Nullable Slot proc;

    /**
     * A profile or label, and who asked for it.
     *
     * @param document the place is in, with a blank behind it, or empty for an option
     * @param place pointer or option
     */
    record Wanted(String document, String place, String value) {
        String origin() {
            return document + place;
        }

        /** Null for no text, which asks for nothing. */
        static @Nullable Wanted of(String document, String place, @Nullable String value) {
            return value == null || value.isEmpty() ? null : new Wanted(document, place, value);
        }
    }

    /** Something that this kernel cannot give. */
    record Missing(Wanted wanted, String message) {}

    private ConfinementPlan(@Nullable Wanted profile, @Nullable Wanted label, @Nullable Wanted mountLabel) {
        this.profile = profile;
        this.label = label;
        this.mountLabel = mountLabel;
    }

    /** The plan, or null if nothing is asked for. */
    static @Nullable ConfinementPlan of(@Nullable Wanted profile, @Nullable Wanted label, @Nullable Wanted mountLabel) {
        return profile == null && label == null && mountLabel == null
                ? null
                : new ConfinementPlan(profile, label, mountLabel);
    }

    private static Step flag(String file) {
        return Step.optional("security modules", new FileOp.ReadFile(Slot.CWD, file, FLAG_LIMIT, 0));
    }

    /** Asks which modules the kernel has. */
    void lookUp(Program program) {
        if (profile != null) {
            program.add(apparmor);
        }
        if (label != null || mountLabel != null) {
            program.add(selinux);
        }
    }

    /** What is asked for in vain; a process that was to be confined never runs without (as with runc). */
    List<Missing> missing(BatchResult result) {
        List<Missing> missing = new ArrayList<>();
        if (profile != null && !text(result, apparmor).startsWith("Y")) {
            missing.add(new Missing(
                    profile,
                    "AppArmor is not enabled in this kernel, and \"" + profile.value()
                            + "\" is to confine by it; leave the profile out, or boot with apparmor=1"));
        }
        boolean labels = !text(result, selinux).isEmpty();
        for (Wanted wanted : new Wanted[] {label, mountLabel}) {
            if (wanted != null && !labels) {
                missing.add(new Missing(
                        wanted,
                        "SELinux is not enabled in this kernel, and \"" + wanted.value()
                                + "\" is a label of it; leave the label out, or boot with selinux=1"));
            }
        }
        return missing;
    }

    private static String text(BatchResult result, Step step) {
        return new String(result.value(step), StandardCharsets.UTF_8);
    }

    /** Opens the caller's proc; before the process is in a mount namespace with mounts of the container. */
    void open(Program child, Slots slots) {
        if (profile == null && label == null) {
            return;
        }
        Slot slot = slots.open("callers-proc");
        child.add(PROC, new DescriptorOp.OpenFd(slot, Slot.CWD, "/proc", Kernel.O_PATH | Kernel.O_DIRECTORY, 0, 0));
        child.add(PROC, new DescriptorOp.Verify(slot, Kernel.S_IFDIR, -1, -1, Kernel.PROC_SUPER_MAGIC));
        proc = slot;
    }

    /** Labels the keyring that comes next; the exec takes that back. */
    void labelKeys(Program child) {
        if (label != null) {
            write(child, label, "keycreate", label.value());
        }
    }

    /** The process is confined from its exec on; nothing of the caller's is open any more when it waits for that. */
    void atExec(Program child) {
        if (profile != null) {
            write(child, profile, "apparmor/exec", "exec " + profile.value());
        }
        if (label != null) {
            write(child, label, "exec", label.value());
        }
        if (proc != null) {
            child.add(PROC, new DescriptorOp.CloseFd(proc));
        }
    }

    private void write(Program child, Wanted wanted, String attribute, String text) {
        child.add(
                wanted.origin(),
                new FileOp.WriteFile(
                        Objects.requireNonNull(proc, "opened before"),
                        "thread-self/attr/" + attribute,
                        Kernel.O_WRONLY,
                        0,
                        RESOLVE,
                        text.getBytes(StandardCharsets.UTF_8)));
    }
}
