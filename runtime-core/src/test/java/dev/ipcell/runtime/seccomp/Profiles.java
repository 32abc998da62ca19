// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.seccomp;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.ipcell.shim.linux.Libseccomp;
import dev.ipcell.spec.InvalidSpecException;
import dev.ipcell.spec.Linux;
import dev.ipcell.spec.Seccomp;
import dev.ipcell.spec.SpecDocument;
import dev.ipcell.spec.SpecReader;
import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/** Profiles as they stand in a configuration, and what becomes of them. */
final class Profiles {
    static final int ALLOW = 0x7fff0000;
    static final int KILL_THREAD = 0;
    static final int EPERM = 0x50001;
    static final int ENOSYS = 0x50026;

    private Profiles() {}

    /** A configuration with this section; single quotes stand for double ones. */
    static SpecDocument document(String section) {
        String text = "{'ociVersion':'1.2.0','root':{'path':'rootfs'},'linux':{'seccomp':" + section + "}}";
        try {
            return SpecReader.read(text.replace('\'', '"').getBytes(UTF_8));
        } catch (InvalidSpecException e) {
            throw new IllegalArgumentException(e);
        }
    }

    static Seccomp seccomp(String section) {
        Linux linux = Objects.requireNonNull(document(section).spec().linux());
        return Objects.requireNonNull(linux.seccomp());
    }

    /** A section with this default action and these members besides. */
    static Seccomp seccomp(String defaultAction, String members) {
        return seccomp("{'defaultAction':'SCMP_ACT_" + defaultAction + "'," + members + "}");
    }

    static SeccompProfile profile(Seccomp seccomp) throws SeccompRefusal {
        return SeccompProfile.of(seccomp, "6.1.0", "build");
    }

    static SeccompFilter compile(Seccomp seccomp) throws SeccompRefusal {
        return profile(seccomp).compile();
    }

    /** A machine with the filter of a section of this default action and members. */
    static BpfMachine machine(String defaultAction, String members) throws SeccompRefusal {
        return new BpfMachine(compile(seccomp(defaultAction, members)).program());
    }

    /** A profile of the size and kind that engines ship: an allow list. */
    static Seccomp allowList() {
        try (InputStream in = Profiles.class.getResourceAsStream("/seccomp/allow-list.json")) {
            return seccomp(new String(Objects.requireNonNull(in).readAllBytes(), UTF_8));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    static Libseccomp library() {
        try {
            return Libseccomp.load(SeccompLibrary.find().toPath());
        } catch (IOException | SeccompRefusal e) {
            throw new IllegalStateException(e);
        }
    }
}
