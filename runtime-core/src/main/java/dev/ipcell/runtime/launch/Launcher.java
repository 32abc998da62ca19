// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.scope.Systemd;
import dev.ipcell.shim.BatchResult;
import dev.ipcell.shim.DescriptorOp;
import dev.ipcell.shim.Fault;
import dev.ipcell.shim.FileOp;
import dev.ipcell.shim.Hello;
import dev.ipcell.shim.PlanFailedException;
import dev.ipcell.shim.PlanFailure;
import dev.ipcell.shim.Program;
import dev.ipcell.shim.Slot;
import dev.ipcell.shim.Slots;
import dev.ipcell.shim.Step;
import dev.ipcell.spec.InvalidSpecException;
import dev.ipcell.spec.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Finds out, through the executor's eyes, what the plan of a container depends on: the bundle, the machine's cgroups, the namespaces to
 * join. It only looks; nothing is changed, and no privilege is needed beyond reading.
 *
 * <p>It looks twice, as what the configuration points at is known only when that was read. A resident planner guesses what the
 * configuration and the machine's mounts will be, and looks once; if it has guessed wrong, it looks again.
 */
final class Launcher {
    private static final String BOOT_ID = "/proc/sys/kernel/random/boot_id";

    /** A sysctl is read through a buffer of the size asked for, which the kernel has to find. */
    private static final int BOOT_ID_LIMIT = 64;

    private static final int CONFIG_LIMIT = 8 << 20;
    private static final int DIRECTORY = Kernel.O_PATH | Kernel.O_DIRECTORY;

    private final Conversation conversation;
    private final @Nullable Systemd systemd;
    private final @Nullable PlannerMemory memory;
    private final Slots slots = new Slots();

    /**
     * @param systemd that will be asked for a scope; null if there will be none, or only the plan is wanted
     * @param memory of other calls; null if there is none
     */
    Launcher(Conversation conversation, @Nullable Systemd systemd, @Nullable PlannerMemory memory) {
        this.conversation = conversation;
        this.systemd = systemd;
        this.memory = memory;
    }

    /**
     * Looks at a bundle and its surroundings.
     *
     * @param options what the caller chose; paths are relative to the caller's working directory
     * @throws Failure if the configuration is wrong or asks for what is not supported; all findings at once
     */
    Launch inspect(LaunchOptions options) throws Failure, PlanFailedException, IOException {
        Slot bundle = slots.open("bundle");
        Launch launch = memory == null ? null : inspectOnce(options, bundle, memory);
        if (launch != null) {
            return launch;
        }
        if (memory != null) {
            memory.mistook(conversation.hello(), options.bundle());
        }
        return inspectTwice(options, bundle);
    }

    /** By a guess; null if it was wrong, or there is none. */
    private @Nullable Launch inspectOnce(LaunchOptions options, Slot bundle, PlannerMemory memory)
            throws Failure, PlanFailedException, IOException {
        MachineLook.Seen machine = memory.machine();
        PlannerMemory.Known known = machine == null ? null : memory.peek(conversation.hello(), options.bundle());
        if (machine == null || known == null || !known.refused().isEmpty()) {
            return null;
        }
        Program program = new Program();
        Hello caller = conversation.hello();
        PlannerMemory eyes = memory.sees(caller.root()) ? memory : null;
        boolean exactly = known.hasPropagation() || options.noPivot();
        Looks looks = new Looks(program, bundle, options.bundle(), caller.cwd(), eyes, exactly);
        Surroundings surroundings;
        BatchResult result;
        try {
            TerminalRules.check(options, known.document().spec());
            surroundings = look(options, bundle, known, machine, program);
            conversation.sealAfterNext();
            result = conversation.run(program, looks.machine);
        } catch (Failure refused) {
            return null; // It will be refused once it is read.
        } catch (PlanFailedException failed) {
            if (!mayBeTheGuess(failed.failure())) {
                throw failed;
            }
            return null;
        }
        byte[] config = result.value(looks.config);
        if (!known.isReadFrom(config) || !machine.same(looks.machine.seen(result, memory))) {
            return null;
        }
        check(options, machine);
        Bundle found = new Bundle(looks.directory(result), bundle, known.document(), config);
        return surroundings.resolve(
                result, found, systemd, text(result, looks.boot).strip());
    }

    /** Nothing was done; but a signal would be forgotten, and a failure made on purpose not be seen. */
    private static boolean mayBeTheGuess(PlanFailure failure) {
        return failure.kind() == PlanFailure.Kind.OPERATION && !failure.call().equals(Fault.CALL);
    }

    private Launch inspectTwice(LaunchOptions options, Slot bundle) throws Failure, PlanFailedException, IOException {
        Program first = new Program();
        Looks looks =
                new Looks(first, bundle, options.bundle(), conversation.hello().cwd(), null, true);
        BatchResult result = conversation.run(first);
        byte[] config = result.value(looks.config);
        PlannerMemory.Known known = read(config);
        TerminalRules.check(options, known.document().spec());
        if (!known.refused().isEmpty()) {
            throw new Failure(1, lines(known.refused()));
        }
        MachineLook.Seen machine = Objects.requireNonNull(looks.machine.seen(result, memory), "read");
        check(options, machine);
        Bundle found = new Bundle(looks.directory(result), bundle, known.document(), config);
        Program second = new Program();
        Surroundings surroundings = look(options, bundle, known, machine, second);
        conversation.sealAfterNext();
        return surroundings.resolve(
                conversation.run(second),
                found,
                systemd,
                text(result, looks.boot).strip());
    }

    private static void check(LaunchOptions options, MachineLook.Seen machine) throws Failure {
        if (options.cgroups().isSystemd() && !machine.layout().isUnifiedOnly()) {
            throw new Failure(
                    "the systemd cgroup driver: needs version 2 of cgroups alone, and this machine has version 1"
                            + " too; boot it with systemd.unified_cgroup_hierarchy=1, or use the cgroupfs driver");
        }
    }

    /** The steps of the first look. */
    private static final class Looks {
        private final String cwd;
        private final @Nullable Step path;
        final Step config;
        final MachineLook machine;
        final Step boot;

        /**
         * @param cwd the caller's working directory; empty if it could not be told
         * @param eyes that see the same mounts as the caller; null: there are none
         * @param exactly see {@link PlannerMemory#mounts}
         */
        Looks(
                Program program,
                Slot bundle,
                String directory,
                String cwd,
                @Nullable PlannerMemory eyes,
                boolean exactly) {
            this.cwd = cwd;
            String origin = "bundle " + directory;
            program.add(origin, new DescriptorOp.OpenFd(bundle, Slot.CWD, directory, DIRECTORY, 0, 0));
            boolean isCwd = directory.equals(".") && cwd.startsWith("/");
            path = isCwd ? null : program.add(origin, new DescriptorOp.FdPath(bundle));
            config = program.add(origin, new FileOp.ReadFile(bundle, "config.json", CONFIG_LIMIT, 0));
            machine = eyes == null ? MachineLook.at(program) : MachineLook.shared(program, eyes, exactly);
            boot = program.add("the machine's boot id", new FileOp.ReadFile(Slot.CWD, BOOT_ID, BOOT_ID_LIMIT, 0));
        }

        /** The bundle's, without links. */
        String directory(BatchResult result) {
            return path == null ? cwd : text(result, path);
        }
    }

    private Surroundings look(
            LaunchOptions options, Slot bundle, PlannerMemory.Known known, MachineLook.Seen machine, Program program)
            throws Failure {
        EmptyMounts kept = memory == null ? null : memory.emptyMounts();
        return new Surroundings(options, conversation.hello(), slots, bundle, known.document(), machine, kept, program);
    }

    private PlannerMemory.Known read(byte[] config) throws Failure {
        try {
            return memory == null ? PlannerMemory.Known.read(config) : memory.read(config);
        } catch (InvalidSpecException invalid) {
            throw new Failure(1, lines(invalid.problems()));
        }
    }

    static List<String> lines(List<Problem> problems) {
        List<String> lines = new ArrayList<>(problems.size());
        for (Problem problem : problems) {
            lines.add("config.json " + problem.render());
        }
        return lines;
    }

    static String text(BatchResult result, Step step) {
        return new String(result.value(step), StandardCharsets.UTF_8);
    }
}
