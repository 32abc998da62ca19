// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.seccomp.SeccompFilter;
import dev.ipcell.runtime.seccomp.SeccompProfile;
import dev.ipcell.runtime.seccomp.SeccompRefusal;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.ChildOp;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.CredentialOp;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Hello;
import dev.ipcell.shim.PathOp;
import dev.ipcell.shim.ProcessOp;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.JsonArray;
import dev.ipcell.spec.JsonObject;
import dev.ipcell.spec.JsonWriter;
import dev.ipcell.spec.Seccomp;
import dev.ipcell.spec.SourceMap;
import dev.ipcell.spec.State;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The system call filter of a process (runtime-spec, config-linux.md, "Seccomp"). To compile one takes longer than a whole launch, so what
 * was compiled is kept beside the containers' states, in a directory whose name can be no container's.
 */
final class SeccompPlan {
    private static final String ORIGIN = Launch.at("/linux/seccomp");
    private static final String DIRECTORY = "@seccomp";
    private static final int CACHE_LIMIT = 1 << 20;
    private static final int CACHE_MODE = 0700;
    private static final int FILE_MODE = 0600;
    private static final int LOADED = 4;

    private final Seccomp seccomp;
    private final SeccompProfile profile;
    private final String directory;
    private final Step lookup;
    private final Slot listener;
    private final int caller;
    private @Nullable SeccompFilter filter;
    private boolean isKept = true;

    private SeccompPlan(Seccomp seccomp, SeccompProfile profile, String stateRoot, Slots slots, int caller) {
        this.seccomp = seccomp;
        this.profile = profile;
        this.caller = caller;
        this.directory = stateRoot + "/" + DIRECTORY;
        this.lookup = Step.optional(ORIGIN, new FileOp.ReadFile(Slot.CWD, file(), CACHE_LIMIT, 0));
        this.listener = profile.notifies() ? slots.open("seccomp-listener") : Slot.NONE;
    }

    /** The plan, or null for a configuration without a filter. */
    static @Nullable SeccompPlan of(
            @Nullable Seccomp seccomp, SourceMap positions, Hello hello, String stateRoot, Slots slots) throws Failure {
        if (seccomp == null) {
            return null;
        }
        try {
            SeccompProfile profile = SeccompProfile.of(seccomp, hello.kernel(), hello.buildId());
            return new SeccompPlan(seccomp, profile, stateRoot, slots, hello.pid());
        } catch (SeccompRefusal refusal) {
            throw new Failure(1, Launcher.lines(refusal.problems(positions)));
        }
    }

    private String file() {
        return directory + "/" + profile.cacheName();
    }

    /** Asks for what was compiled before. */
    void lookUp(Program program) {
        program.add(lookup);
    }

    /** Takes the answer, and compiles what is not there. */
    void resolve(BatchResult result, SourceMap positions) throws Failure {
        SeccompFilter kept = result.errno(lookup) == 0 ? profile.cached(result.value(lookup)) : null;
        isKept = kept != null;
        try {
            filter = kept == null ? profile.compile() : kept;
        } catch (SeccompRefusal refusal) {
            throw new Failure(1, Launcher.lines(refusal.problems(positions)));
        }
    }

    /** Keeps what was compiled; without it the next launch only takes longer. */
    void keep(Program parent) {
        if (!isKept && filter != null) {
            int mayExist = PathOp.MakeDir.MAY_EXIST;
            parent.add(Step.optional(ORIGIN, new PathOp.MakeDir(Slot.CWD, directory, CACHE_MODE, mayExist)));
            String temporary = FileOp.WriteFileAtomic.temporary(file(), caller);
            FileOp.WriteFileAtomic write =
                    new FileOp.WriteFileAtomic(Slot.CWD, file(), temporary, FILE_MODE, profile.encode(filter));
            parent.add(Step.optional(ORIGIN, write, write.removal()));
        }
    }

    /** Loads it in a process that still has its capabilities, unless it can be loaded without, later. */
    void beforeCapabilitiesGo(Program child, boolean noNewPrivileges) {
        if (!noNewPrivileges || profile.notifies()) {
            load(child, false);
        }
    }

    /**
     * Loads it in a process that cannot gain privileges.
     *
     * @param atExec so that of the executor's calls only the exec itself is under the filter
     */
    void afterNoNewPrivileges(Program child, boolean noNewPrivileges, boolean atExec) {
        if (noNewPrivileges && !profile.notifies()) {
            load(child, atExec);
        }
    }

    private void load(Program child, boolean atExec) {
        SeccompFilter loaded = Objects.requireNonNull(filter, "resolved before");
        child.add(ORIGIN, new CredentialOp.SetSeccomp(loaded.flags(), loaded.program(), listener, atExec));
        if (!listener.isNone()) {
            child.add(ORIGIN, new ChildOp.SendFd(listener, listener));
            child.add(ORIGIN, new ChildOp.SyncPoint(LOADED));
            child.add(ORIGIN, new ChildOp.AwaitParent(LOADED));
        }
    }

    /** Hands the listener to the agent, while the process waits. */
    void handOver(Program parent, Slot process, int pid, State state) {
        if (listener.isNone()) {
            return;
        }
        String path = seccomp.listenerPath() == null ? "" : seccomp.listenerPath();
        JsonObject message = JsonObject.builder()
                .put("ociVersion", state.ociVersion())
                .put("fds", JsonArray.ofStrings(List.of("seccompFd")))
                .put("pid", pid)
                .putIfPresent("metadata", seccomp.listenerMetadata())
                .put("state", state.toSpecJson())
                .build();
        parent.add(ORIGIN, new ProcessOp.AwaitChild(process, LOADED));
        parent.add(
                Launch.at("/linux/seccomp/listenerPath"),
                new ContainerOp.SendSocket(listener, Slot.CWD, path, JsonWriter.compact(message)));
        // As long as anybody holds it, calls wait for an answer, also when the agent is gone (seccomp_unotify(2)).
        parent.add(ORIGIN, new DescriptorOp.CloseFd(listener));
        parent.add(ORIGIN, new ProcessOp.ReleaseChild(process, LOADED));
    }
}
