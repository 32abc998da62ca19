// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.state;

import dev.ipcell.runtime.cgroup.ContainerCgroups;
import dev.ipcell.runtime.cgroup.Freezer;
import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.PlanFailure;
import dev.ipcell.shim.ProcessFacts;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.shim.linux.Errno;
import dev.ipcell.spec.ContainerStatus;
import dev.ipcell.spec.InvalidSpecException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds containers, and what has become of them. */
public final class ContainerLookup {
    private static final String BOOT_ID = "/proc/sys/kernel/random/boot_id";

    /** A sysctl is read through a buffer of the size asked for, which the kernel has to find. */
    private static final int BOOT_ID_LIMIT = 64;

    private static final String ORIGIN = "the container's state";
    private static final int STATE_LIMIT = 4 << 20;
    private static final int O_DIRECTORY = 0x10000;
    private static final int LOCK_EX = 2;
    private static final int LOCK_WAIT_MILLIS = 10_000;

    private final Executor executor;
    private final String stateRoot;
    private final Slots slots;

    /**
     * A lookup by this executor.
     *
     * @param stateRoot the directory that holds the state of containers
     * @param slots the executor's slots that are free
     */
    public ContainerLookup(Executor executor, String stateRoot, Slots slots) {
        this.executor = executor;
        this.stateRoot = stateRoot;
        this.slots = slots;
    }

    /** What is looked at along with a container's status, which saves a turn. */
    public interface Along {
        /**
         * Adds operations, all of them optional: nothing is known of the container's status yet.
         *
         * @param directory its state directory
         */
        void look(Program program, StoredContainer stored, String directory);

        /** Takes the answer. It is not called if the container's status was clear without a look. */
        void seen(BatchResult result);
    }

    /** The container, or a failure that says that there is none. */
    public FoundContainer find(String id) throws Failure, PlanFailedException, IOException {
        return orFail(id, look(id, Slot.NONE));
    }

    /** The same, and what else is there to be seen. */
    public FoundContainer find(String id, Along along) throws Failure, PlanFailedException, IOException {
        Program program = new Program();
        Look look = new Look(id, program);
        return orFail(id, look.found(executor.run(Batch.of(program)), Slot.NONE, slots.open("init"), along));
    }

    /** The same, and no other call can change it until this one has ended. */
    public FoundContainer lock(String id) throws Failure, PlanFailedException, IOException {
        return orFail(id, lockIfThere(id));
    }

    /** The locked container, or null if there is none. */
    public @Nullable FoundContainer lockIfThere(String id) throws Failure, PlanFailedException, IOException {
        Slot lock = slots.open("state");
        Program program = new Program();
        Step open =
                program.add(Step.optional(ORIGIN, new FileOp.OpenFd(lock, Slot.CWD, directory(id), O_DIRECTORY, 0, 0)));
        // All at once; without the directory there is nothing to lock and nothing to read.
        Step locked = program.add(Step.optional(ORIGIN, new FileOp.Lock(lock, LOCK_EX, LOCK_WAIT_MILLIS)));
        Look look = new Look(id, program);
        BatchResult result = executor.run(Batch.of(program));
        if (result.errno(open) == Errno.ENOENT) {
            return null;
        }
        if (result.errno(open) != 0 || result.errno(locked) != 0) {
            throw unlocked(id, result, open, locked);
        }
        return look.found(result, lock, slots.open("init"), null);
    }

    private PlanFailedException unlocked(String id, BatchResult result, Step open, Step locked) {
        boolean opened = result.errno(open) == 0;
        Step failed = opened ? locked : open;
        return new PlanFailedException(new PlanFailure(
                PlanFailure.Kind.OPERATION,
                failed,
                0,
                result.errno(failed),
                opened ? "flock" : "openat2",
                opened ? "" : directory(id),
                false,
                List.of()));
    }

    /**
     * All containers, by name.
     *
     * @param named whether the caller has named the directory, so that it must be there
     * @param unknown takes why others, whose state makes no sense or cannot be read, are left out
     */
    public List<FoundContainer> all(boolean named, List<String> unknown)
            throws Failure, PlanFailedException, IOException {
        Program program = new Program();
        Step list = program.add(Step.optional("--root", new ContainerOp.ListDir(Slot.CWD, stateRoot, 0)));
        BatchResult result = executor.run(Batch.of(program));
        int errno = result.errno(list);
        if (errno != 0 && (named || errno != Errno.ENOENT)) {
            throw new Failure("--root: " + stateRoot + ": " + Errno.text(errno) + " (" + Errno.name(errno) + ")");
        }
        List<String> names = new ArrayList<>();
        for (String name : new String(result.value(list), StandardCharsets.UTF_8).split("\0", -1)) {
            if (!name.isEmpty()) {
                names.add(name);
            }
        }
        names.sort(null);
        List<FoundContainer> found = new ArrayList<>();
        Slot process = slots.open("init");
        for (String name : names) {
            try {
                FoundContainer container = look(name, Slot.NONE, process);
                if (container != null) {
                    found.add(container);
                }
            } catch (Failure failure) {
                unknown.addAll(failure.lines());
            }
        }
        return found;
    }

    private static FoundContainer orFail(String id, @Nullable FoundContainer found) throws Failure {
        if (found == null) {
            throw new Failure("container does not exist: \"" + id + "\"");
        }
        return found;
    }

    private String directory(String id) {
        return stateRoot + "/" + id;
    }

    private @Nullable FoundContainer look(String id, Slot lock) throws Failure, PlanFailedException, IOException {
        return look(id, lock, slots.open("init"));
    }

    private @Nullable FoundContainer look(String id, Slot lock, Slot process)
            throws Failure, PlanFailedException, IOException {
        Program program = new Program();
        Look look = new Look(id, program);
        return look.found(executor.run(Batch.of(program)), lock, process, null);
    }

    /** What is read of one container. */
    private final class Look {
        private final String id;
        private final Step read;
        private final Step boot;

        /** Adds the operations that read. */
        Look(String id, Program program) {
            this.id = id;
            this.read = program.add(Step.optional(
                    ORIGIN, new FileOp.ReadFile(Slot.CWD, directory(id) + "/" + StoredContainer.FILE, STATE_LIMIT, 0)));
            this.boot = program.add("the machine's boot id", new FileOp.ReadFile(Slot.CWD, BOOT_ID, BOOT_ID_LIMIT, 0));
        }

        /** The container, or null if there is none. */
        @Nullable
        FoundContainer found(BatchResult result, Slot lock, Slot process, @Nullable Along along)
                throws Failure, PlanFailedException, IOException {
            int errno = result.errno(read);
            if (errno == Errno.ENOENT || errno == Errno.ENOTDIR) {
                return null;
            }
            if (errno != 0) {
                throw new Failure("the state of container \"" + id + "\" cannot be read: " + Errno.text(errno) + " ("
                        + Errno.name(errno) + ")");
            }
            StoredContainer stored = parse(id, result.value(read));
            String directory = directory(id);
            boolean thisBoot = stored.bootId().equals(new String(result.value(boot), StandardCharsets.UTF_8).strip());
            ContainerStatus status = thisBoot ? status(stored, directory, process, along) : ContainerStatus.STOPPED;
            return new FoundContainer(stored, status, directory, process, lock);
        }
    }

    private static StoredContainer parse(String id, byte[] json) throws Failure {
        try {
            return StoredContainer.read(json);
        } catch (InvalidSpecException | NumberFormatException damaged) {
            throw new DamagedStateFailure(id, String.valueOf(damaged.getMessage()));
        }
    }

    private ContainerStatus status(StoredContainer stored, String directory, Slot process, @Nullable Along along)
            throws PlanFailedException, IOException {
        Program program = new Program();
        Step open = program.add(Step.optional(
                ORIGIN, new ContainerOp.OpenProcess(process, stored.state().pid(), stored.startTime())));
        Step fifo = program.add(
                Step.optional(ORIGIN, new FileOp.Stat(Slot.CWD, directory + "/" + StoredContainer.FIFO, 0)));
        ContainerCgroups cgroups = new ContainerCgroups(stored.cgroups());
        Freezer freezer = Freezer.of(cgroups.layout(), cgroups);
        Step frozen = freezer == null ? null : program.add(freezer.file().read(cgroups));
        if (along != null) {
            along.look(program, stored, directory);
        }
        BatchResult result = executor.run(Batch.of(program));
        if (along != null) {
            along.seen(result);
        }
        if (result.errno(open) != 0 || ProcessFacts.decode(result.value(open)).hasEnded()) {
            return ContainerStatus.STOPPED;
        }
        if (frozen != null && Freezer.isPaused(new String(result.value(frozen), StandardCharsets.UTF_8))) {
            return ContainerStatus.PAUSED;
        }
        return result.errno(fifo) == 0 ? ContainerStatus.CREATED : ContainerStatus.RUNNING;
    }
}
