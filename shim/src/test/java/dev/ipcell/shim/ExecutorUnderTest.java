// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.SpawnedExecutor.Stdio;
import dev.ipcell.shim.linux.Errno;
import dev.ipcell.shim.linux.Processes;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A test's own executor, in its sanitizer build. After the test it must have ended without a complaint of a sanitizer, together with
 * every process that it started, and must have carried out, or failed at, what the test's {@link Shows} and {@link Fails} promise.
 */
final class ExecutorUnderTest implements AfterEachCallback {
    static final Path SANITIZED = Path.of(Objects.requireNonNull(System.getProperty("ipcell.executor.sanitized")));

    /** No exit code of the executor's own, so a sanitizer's report cannot be taken for one. */
    private static final int SANITIZER = 99;

    private static final Map<String, String> ENVIRONMENT =
            Map.of("ASAN_OPTIONS", "exitcode=" + SANITIZER, "UBSAN_OPTIONS", "exitcode=" + SANITIZER);

    private static final long PATIENCE_MILLIS = 20_000;

    private final Set<Class<? extends Op>> carriedOut = new HashSet<>();
    private final Set<Class<? extends Op>> failed = new HashSet<>();
    private @Nullable Running running;
    private @Nullable PlanFailure lastFailure;

    private record Running(SpawnedExecutor process, Executor planner, Drain out, Drain err, Watchdog watchdog) {}

    /** What a batch brought; {@code index} counts its steps from 0. */
    record Outcome(BatchResult result, List<Step> steps) {
        byte[] bytes(int index) {
            return result.value(steps.get(index));
        }

        String text(int index) {
            return new String(bytes(index), StandardCharsets.UTF_8);
        }

        int number(int index) {
            return result.number(steps.get(index));
        }
    }

    /** Starts it from a certain file, with further variables in its environment. */
    void start(Path executable, Map<String, String> variables) throws IOException {
        Map<String, String> environment = new HashMap<>(ENVIRONMENT);
        environment.putAll(variables);
        SpawnedExecutor process =
                SpawnedExecutor.start(executable, List.of(), environment, Stdio.PIPE, Stdio.PIPE, Stdio.PIPE);
        Drain out = new Drain(process.stdout());
        Drain err = new Drain(process.stderr());
        Watchdog watchdog = new Watchdog(process, PATIENCE_MILLIS);
        running = new Running(process, new Executor(process.input(), process.output()), out, err, watchdog);
    }

    private Running running() throws IOException {
        if (running == null) {
            start(SANITIZED, Map.of());
        }
        return Objects.requireNonNull(running);
    }

    Hello hello() throws IOException {
        return running().planner().hello();
    }

    int pid() throws IOException {
        return hello().pid();
    }

    /** Its directory, or a file of it, in {@code /proc}. */
    Path proc(String name) throws IOException {
        return Path.of("/proc/" + pid(), name);
    }

    /** Has it go on in a sealed copy of itself; the answer is awaited with the next batch's. */
    void seal() throws IOException {
        running().planner().seal();
        carriedOut.add(ProcessOp.Seal.class);
    }

    /** The same once the next batch is carried out; awaited with the batch after that. */
    void sealAfterNext() throws IOException {
        running().planner().sealAfterNext();
        carriedOut.add(ProcessOp.Seal.class);
    }

    /** Has these carried out; each CLONE is undone, at last, by killing the child. */
    Outcome run(Op... ops) throws IOException {
        return run(steps(ops), Fault.NONE);
    }

    Outcome run(Step... steps) throws IOException {
        return run(List.of(steps), Fault.NONE);
    }

    Outcome run(List<Step> steps, Fault fault) throws IOException {
        try {
            return attempt(steps, fault);
        } catch (PlanFailedException e) {
            throw new AssertionError(words(e.failure()), e);
        }
    }

    private Outcome attempt(List<Step> steps, Fault fault) throws IOException, PlanFailedException {
        try {
            Batch batch = new Batch(program(steps), false, false, fault);
            BatchResult result = running().planner().run(batch);
            steps.forEach(this::remember);
            return new Outcome(result, steps);
        } catch (PlanFailedException e) {
            lastFailure = e.failure();
            if (lastFailure.step() != null) {
                failed.add(lastFailure.step().op().getClass());
            }
            throw e;
        }
    }

    /** The number that the next step will have. */
    int nextId() throws IOException {
        return running().planner().sent() + 1;
    }

    /** Has these carried out, and expects that it does not go well: {@code "step detail: ERRNO"}, after "child: " if it was there. */
    String failure(Op... ops) throws IOException {
        return failure(steps(ops), Fault.NONE);
    }

    String failure(Step... steps) throws IOException {
        return failure(List.of(steps), Fault.NONE);
    }

    String failure(List<Step> steps, Fault fault) throws IOException {
        try {
            attempt(steps, fault);
        } catch (PlanFailedException e) {
            return words(e.failure());
        }
        throw new AssertionError("it went well");
    }

    PlanFailure lastFailure() {
        return Objects.requireNonNull(lastFailure);
    }

    static String words(PlanFailure failure) {
        String place = failure.inChild() ? "child: " : "";
        String what = failure.detail().isEmpty() ? failure.call() : failure.call() + " " + failure.detail();
        return place + what + ": " + Errno.name(failure.errno());
    }

    /** Sends these as the last batch. */
    void finish(Op... ops) throws IOException {
        finish(steps(ops));
    }

    void finish(List<Step> steps) throws IOException {
        running().planner().finish(program(steps));
        steps.forEach(this::remember);
    }

    /** Sends these as the last batch, behind another. */
    void runAndFinish(List<Op> first, List<Op> last) throws IOException, PlanFailedException {
        List<Step> steps = steps(first.toArray(new Op[0]));
        List<Step> lastSteps = steps(last.toArray(new Op[0]));
        running().planner().runAndFinish(Batch.of(program(steps)), Batch.last(program(lastSteps)));
        steps.forEach(this::remember);
        lastSteps.forEach(this::remember);
    }

    private static Program program(List<Step> steps) {
        Program program = new Program();
        steps.forEach(program::add);
        return program;
    }

    private static List<Step> steps(Op... ops) {
        List<Step> steps = new ArrayList<>();
        for (Op op : ops) {
            steps.add(
                    op instanceof ProcessOp.Clone clone
                            ? Step.of("a child", op, new ProcessOp.Kill(clone.process(), Linux.SIGKILL, 5000))
                            : Step.of(op.describe(), op));
        }
        return steps;
    }

    private void remember(Step step) {
        carriedOut.add(step.op().getClass());
        if (step.op() instanceof ProcessOp.Clone clone) {
            clone.program().steps().forEach(this::remember);
        }
    }

    /** The socket, for bytes that no planner would send. */
    OutputStream socket() throws IOException {
        return running().process().output();
    }

    OutputStream stdin() throws IOException {
        return running().process().stdin();
    }

    /** What it has written to its standard output so far; everything, after {@link #exitCode}. */
    String stdout() throws IOException {
        return running().out().text();
    }

    String stderr() throws IOException {
        return running().err().text();
    }

    void signal(int number) throws IOException {
        Processes.kill(pid(), number);
    }

    /** Closes the planner's end of the socket. */
    void disconnect() throws IOException {
        socket().close();
    }

    /** Waits until it and all that had its standard streams have ended. */
    int exitCode() throws IOException, InterruptedException {
        boolean silent =
                running().out().ended(PATIENCE_MILLIS) && running().err().ended(PATIENCE_MILLIS);
        int code = running().process().waitFor();
        assertThat(silent).as("nothing outlives the executor").isTrue();
        return code;
    }

    /** Sends these bytes, and takes the answer to a batch. */
    BatchResult exchange(byte[] frame) throws IOException {
        socket().write(frame);
        byte[] answer = exactly(new WireReader(exactly(4)).u32());
        return new BatchResult(Arrays.copyOfRange(answer, 1, answer.length), List.of());
    }

    private byte[] exactly(int length) throws IOException {
        byte[] data = running().process().input().readNBytes(length);
        if (data.length < length) {
            throw new EOFException("the executor went away");
        }
        return data;
    }

    /** Ends it, if it has not ended, and sees that no sanitizer has anything to say; the next batch starts a new one. */
    int end() throws IOException, InterruptedException {
        disconnect();
        int code = exitCode();
        Running ended = running();
        running = null;
        ended.watchdog().close();
        ended.process().close();
        assertThat(ended.watchdog().hasBitten()).as("it stood still").isFalse();
        assertThat(ended.err().text()).doesNotContain("Sanitizer", "runtime error:");
        assertThat(code).isNotIn(SANITIZER, 128 + 4, 128 + 6, 128 + 7, 128 + 8, 128 + 11);
        return code;
    }

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        if (running != null) {
            end();
        }
        if (context.getExecutionException().isEmpty()) {
            keepsItsPromise(context.getRequiredTestMethod());
        }
    }

    private void keepsItsPromise(Method test) {
        Shows shows = test.getAnnotation(Shows.class);
        if (shows != null) {
            assertThat(carriedOut).contains(shows.value());
        }
        Fails fails = test.getAnnotation(Fails.class);
        if (fails != null) {
            assertThat(failed).contains(fails.value());
        }
    }
}
