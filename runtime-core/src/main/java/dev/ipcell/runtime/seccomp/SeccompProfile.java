// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.seccomp;

import dev.ipcell.spec.Seccomp;
import java.io.File;
import org.jspecify.annotations.Nullable;

/**
 * A profile that can be carried out, on its way to a filter: look {@link #cacheName} up, give the content to {@link #cached}, and only
 * if that is null {@link #compile} and keep what {@link #encode} says. All but {@code compile} is plain Java; that calls libseccomp.
 */
public final class SeccompProfile {
    private final Seccomp seccomp;
    private final File library;
    private final byte[] text;

    private SeccompProfile(Seccomp seccomp, File library, byte[] text) {
        this.seccomp = seccomp;
        this.library = library;
        this.text = text;
    }

    /**
     * Checks the profile.
     *
     * @param seccomp the configuration's section
     * @param kernelRelease as uname(2) tells it
     * @param buildId ours: a later build may compile the same profile in another way
     * @throws SeccompRefusal if it asks for something that is not possible, or libseccomp is missing
     */
    public static SeccompProfile of(Seccomp seccomp, String kernelRelease, String buildId) throws SeccompRefusal {
        ProfileChecks.check(seccomp);
        File library = SeccompLibrary.find();
        String identity = SeccompLibrary.identity(library);
        return new SeccompProfile(
                seccomp, library, CachedFilter.bytes(CanonicalText.of(seccomp, buildId, kernelRelease, identity)));
    }

    /** True if loading the filter brings a listener, for the configuration's listenerPath. */
    public boolean notifies() {
        return ProfileChecks.notifies(seccomp);
    }

    /** The name of the file to keep the filter in. */
    public String cacheName() {
        return CachedFilter.name(text);
    }

    /** The filter in the content of such a file; null if the content is anything else than this profile's whole filter. */
    public @Nullable SeccompFilter cached(byte[] content) {
        return CachedFilter.decode(text, content);
    }

    /** What to keep of a filter in such a file. */
    public byte[] encode(SeccompFilter filter) {
        return CachedFilter.encode(text, filter);
    }

    /**
     * Compiles the filter.
     *
     * @throws SeccompRefusal if library or kernel lack what it takes
     */
    public SeccompFilter compile() throws SeccompRefusal {
        return SeccompCompiler.compile(seccomp, library);
    }
}
