// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The planner's end of a conversation with an executor: HELLO, then batches and their results. For one thread.
 *
 * <p>The executor may be gone at any moment; then each call throws {@link IOException}, and there is nothing to clean up: it, or
 * its guardian, has taken back what was done.
 */
public final class Executor {
    private static final int HELLO = 1;
    private static final int RESULT = 2;
    private static final int BATCH = 16;
    private static final int REFUSAL = 17;
    private static final int FINAL = 1;
    private static final int TRACE = 2;
    private static final int IF_OK = 4;
    private static final int QUIET = 8;
    private static final int MAX_FRAME = 16 << 20;
    private static final int HEAD = 5;

    private final InputStream in;
    private final OutputStream out;
    private final Intake intake;
    private final List<Step> numbered = new ArrayList<>();
    private final WireWriter writer = new WireWriter(numbered);
    private final Hello hello;
    private boolean sealing;
    private boolean sealDue;
    private Fault fault = Fault.NONE;
    private @Nullable Observer observer;

    /** Is asked before a message is read. */
    public interface Intake {
        /** Takes every message at once. */
        Intake OPEN = bytes -> {};

        /**
         * May wait until there is room for a message of so many bytes.
         *
         * @throws WireException if there is none
         */
        void before(int bytes) throws IOException;
    }

    /** Is told of each batch before it is sent. */
    public interface Observer {
        /** May have batches of its own carried out; it is not told of those. */
        void before(Batch batch) throws IOException, PlanFailedException;
    }

    /**
     * Reads the executor's HELLO.
     *
     * @throws IOException if the executor went away
     * @throws WireException if the other end is something else
     */
    public Executor(InputStream in, OutputStream out) throws IOException {
        this(in, out, Intake.OPEN);
    }

    /**
     * The same for a planner that has more than one executor to answer.
     *
     * @throws IOException if the executor went away
     * @throws WireException if the other end is something else
     */
    public Executor(InputStream in, OutputStream out, Intake intake) throws IOException {
        this.in = in;
        this.out = out;
        this.intake = intake;
        this.hello = Hello.decode(receive(HELLO));
    }

    /** Tells an executor, in the place of a first batch, why it is not served; it then finds another planner. */
    public static void refuse(OutputStream out, String reason) throws IOException {
        out.write(new WireWriter(new ArrayList<>()).raw(reason).frame(REFUSAL));
        out.flush();
    }

    /** Who calls, and how. */
    public Hello hello() {
        return hello;
    }

    /** From here on somebody is told of each batch. */
    public void observe(Observer by) {
        observer = by;
    }

    private void tell(Batch batch) throws IOException {
        Observer told = observer;
        if (told == null) {
            return;
        }
        observer = null;
        try {
            told.before(batch);
        } catch (PlanFailedException interrupted) {
            // What comes next will fail in the same way, and say so.
        } finally {
            observer = told;
        }
    }

    /** From here on every batch without a fault of its own has this one. */
    public void inject(Fault forAll) {
        fault = forAll;
    }

    /**
     * Has the executor go over to a sealed copy of itself and start its guardian once the next batch is carried out: while it does, the
     * planner can think about that batch's result. Only if that fails it is heard of, in the place of the result after that one.
     */
    public void sealAfterNext() {
        sealDue = true;
    }

    /** Has the executor do so now. */
    public void seal() throws IOException {
        out.write(sealFrame(0));
        out.flush();
        sealing = true;
    }

    private byte[] sealFrame(int flags) {
        Program program = new Program();
        program.add("the executor's sealed copy", new ProcessOp.Seal());
        program.add("the guardian", new ProcessOp.Guard());
        return frame(Batch.of(program), flags | QUIET);
    }

    /** The flags of a batch behind one that may have failed unheard: an executor that could not be sealed goes into no container. */
    private int flags() {
        return sealing ? IF_OK : 0;
    }

    /**
     * Has a batch carried out and waits for its end.
     *
     * @throws PlanFailedException if an operation failed; everything with an undo is undone
     * @throws IOException if the executor went away
     */
    public BatchResult run(Batch batch) throws IOException, PlanFailedException {
        return run(batch, null);
    }

    /**
     * The same, and meanwhile something else.
     *
     * @throws PlanFailedException if an operation failed; everything with an undo is undone
     * @throws IOException if the executor went away
     */
    @SuppressWarnings("exports") // an annotation that callers need not have
    public BatchResult run(Batch batch, @Nullable Runnable meanwhile) throws IOException, PlanFailedException {
        tell(batch);
        boolean seals = sealDue;
        sealDue = false;
        byte[] frame = frame(batch, flags());
        if (seals) {
            sendBoth(frame, sealFrame(IF_OK));
        } else {
            out.write(frame);
            out.flush();
        }
        if (meanwhile != null) {
            meanwhile.run();
        }
        sealing = false;
        BatchResult result = result();
        sealing = seals;
        return result;
    }

    /** An executor that has to tell that it could not be sealed, and cannot because we are gone, takes the planner for lost. */
    private void awaitSeal() throws IOException {
        if (!sealing) {
            return;
        }
        sealing = false;
        out.write(frame(Batch.of(new Program()), 0));
        out.flush();
        try {
            result();
        } catch (PlanFailedException unprepared) {
            // It goes into no container: what ends the call is told by the last batch.
            receive(RESULT);
        }
    }

    /** Sends the last batch; the executor goes on alone. */
    public void finish(Program program) throws IOException {
        finish(Batch.last(program));
    }

    /** Sends the last batch; the executor goes on alone. */
    public void finish(Batch batch) throws IOException {
        if (!batch.isFinal()) {
            throw new IllegalArgumentException("not a final batch");
        }
        tell(batch);
        awaitSeal();
        out.write(frame(batch, 0));
        out.flush();
    }

    /**
     * Numbers the operations from one again, of which a conversation can have some 2,000. Only while there is no process that may still
     * tell of an operation with its former number.
     */
    public void renumber() {
        numbered.clear();
    }

    /** How many operations were sent so far, or since they were numbered again; the next one has this number plus one. */
    public int sent() {
        return numbered.size();
    }

    /**
     * Has a batch carried out, and the last one behind it, which goes along with it: the executor goes on alone without another word
     * from here. If the first fails, the last one is passed over.
     *
     * @throws PlanFailedException if an operation of the first failed; then the executor still listens
     * @throws IOException if the executor went away
     */
    public BatchResult runAndFinish(Batch batch, Batch last) throws IOException, PlanFailedException {
        tell(batch);
        tell(last);
        sendBoth(frame(batch, flags()), frame(last, IF_OK));
        sealing = false;
        return result();
    }

    private void sendBoth(byte[] first, byte[] second) throws IOException {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        out.write(both);
        out.flush();
    }

    private byte[] frame(Batch batch, int flags) {
        WireWriter wire = writer.again();
        wire.u32((batch.isFinal() ? FINAL : 0) | (batch.trace() ? TRACE : 0) | flags);
        // Not equals(): a record's is made at run time, which every cold call would pay for.
        Fault injected = batch.fault().opId() == 0 ? fault : batch.fault();
        wire.u32(injected.opId()).u32(injected.action().wire()).u32(injected.errno());
        wire.steps(batch.program().steps());
        return wire.frame(BATCH);
    }

    private BatchResult result() throws IOException, PlanFailedException {
        BatchResult result = new BatchResult(receive(RESULT), numbered);
        @Nullable PlanFailure failure = result.failure();
        if (failure != null) {
            throw new PlanFailedException(failure);
        }
        return result;
    }

    private byte[] receive(int kind) throws IOException {
        byte[] head = exactly(HEAD);
        int length = new WireReader(head).u32();
        if (length < 1 || length > MAX_FRAME) {
            throw new WireException("a frame of " + length + " bytes");
        }
        int got = head[HEAD - 1];
        if (got != kind) {
            throw new WireException("a frame of kind " + got + " where " + kind + " was due");
        }
        intake.before(length);
        return exactly(length - 1);
    }

    private byte[] exactly(int length) throws IOException {
        byte[] data = room(length);
        if (in.readNBytes(data, 0, length) < length) {
            throw new EOFException("the executor went away");
        }
        return data;
    }

    /** Without room for a message it is passed over, so that the executor can be told. */
    private byte[] room(int length) throws IOException {
        try {
            return new byte[length];
        } catch (OutOfMemoryError full) {
            in.skipNBytes(length);
            throw full;
        }
    }
}
