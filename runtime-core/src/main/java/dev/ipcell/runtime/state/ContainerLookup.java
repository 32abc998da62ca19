// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.state;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.shim.Batch;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.ContainerOp;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.Executor;
import dev.ipcell.shim.FileFacts;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.PlanFailure;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.shim.linux.Errno;
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

    /** A state has some 3 KiB; so many make an answer that is no large one for the planner. */
    private static final int AT_ONCE = 16;

    private static final int O_DIRECTORY = 0x10000;
    private static final int LOCK_EX = 2;
    private static final int LOCK_WAIT_MILLIS = 10_000;

    private final Executor executor;
    private final String stateRoot;
    private final Slots slots;
    private @Nullable Slot locked;

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
        Step open = program.add(
                Step.optional(ORIGIN, new DescriptorOp.OpenFd(lock, Slot.CWD, directory(id), O_DIRECTORY, 0, 0)));
        // All at once; without the directory there is nothing to lock and nothing to read.
        Step lockIt = program.add(Step.optional(ORIGIN, new DescriptorOp.Lock(lock, LOCK_EX, LOCK_WAIT_MILLIS)));
        Step own = program.add(Step.optional(ORIGIN, new FileOp.Stat(lock, "", 0)));
        Step current = program.add(Step.optional(ORIGIN, new FileOp.Stat(Slot.CWD, directory(id), 0)));
        Look look = new Look(id, program);
        BatchResult result = executor.run(Batch.of(program));
        if (result.errno(open) == Errno.ENOENT) {
            return null;
        }
        if (result.errno(open) != 0 || result.errno(lockIt) != 0) {
            throw unlocked(id, result, open, lockIt);
        }
        if (!isSame(result, own, current)) {
            // It was removed while its lock was awaited; what has its name now is another's.
            return null;
        }
        locked = lock;
        return look.found(result, lock, slots.open("init"), null);
    }

    private static boolean isSame(BatchResult result, Step own, Step current) {
        if (result.errno(own) != 0 || result.errno(current) != 0) {
            return false;
        }
        FileFacts one = FileFacts.decode(result.value(own));
        FileFacts other = FileFacts.decode(result.value(current));
        return one.ino() == other.ino() && one.dev() == other.dev();
    }

    /** The directory that {@link #lockIfThere} has locked, even if there is no container in it; null if there was none. */
    public @Nullable Slot locked() {
        return locked;
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
        for (int from = 0; from < names.size(); from += AT_ONCE) {
            some(names.subList(from, Math.min(from + AT_ONCE, names.size())), process, found, unknown);
            executor.renumber();
        }
        return found;
    }

    /** Looks at some in two turns, however many they are. */
    private void some(List<String> names, Slot process, List<FoundContainer> found, List<String> unknown)
            throws PlanFailedException, IOException {
        Program read = new Program();
        List<Look> looks = new ArrayList<>();
        for (String name : names) {
            looks.add(new Look(name, read));
        }
        BatchResult states = executor.run(Batch.of(read));
        Program program = new Program();
        List<StatusLook> statuses = new ArrayList<>();
        for (Look look : looks) {
            try {
                StoredContainer stored = look.stored(states);
                if (stored != null) {
                    statuses.add(new StatusLook(
                            directory(look.id), stored, look.isThisBoot(states, stored), process, program));
                }
            } catch (Failure failure) {
                unknown.addAll(failure.lines());
            }
        }
        BatchResult result = executor.run(Batch.of(program));
        for (StatusLook look : statuses) {
            found.add(look.found(result, Slot.NONE));
        }
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
            StoredContainer stored = stored(result);
            if (stored == null) {
                return null;
            }
            Program program = new Program();
            StatusLook look = new StatusLook(directory(id), stored, isThisBoot(result, stored), process, program);
            if (program.steps().isEmpty()) {
                return look.found(result, lock);
            }
            if (along != null) {
                along.look(program, stored, directory(id));
            }
            BatchResult status = executor.run(Batch.of(program));
            if (along != null) {
                along.seen(status);
            }
            return look.found(status, lock);
        }

        /** What is remembered of the container, or null if there is none. */
        @Nullable
        StoredContainer stored(BatchResult result) throws Failure {
            int errno = result.errno(read);
            if (errno == Errno.ENOENT || errno == Errno.ENOTDIR) {
                return null;
            }
            if (errno != 0) {
                throw new Failure("the state of container \"" + id + "\" cannot be read: " + Errno.text(errno) + " ("
                        + Errno.name(errno) + ")");
            }
            return parse(id, result.value(read));
        }

        boolean isThisBoot(BatchResult result, StoredContainer stored) {
            return stored.bootId().equals(new String(result.value(boot), StandardCharsets.UTF_8).strip());
        }
    }

    private static StoredContainer parse(String id, byte[] json) throws Failure {
        try {
            return StoredContainer.read(json);
        } catch (InvalidSpecException | NumberFormatException damaged) {
            throw new DamagedStateFailure(id, String.valueOf(damaged.getMessage()));
        }
    }
}
