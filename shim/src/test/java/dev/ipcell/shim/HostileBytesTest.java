// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static dev.ipcell.shim.RawBytes.op;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.linux.Errno;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes that no planner would send. Each batch begins with a good operation, of which nothing may be seen afterwards. */
class HostileBytesTest {
    private static final int UNDO = 1;
    private static final int CLOSE_FD = 2;
    private static final int OPEN_FD = 1;
    private static final int CLONE = 30;
    private static final int KILL = 34;
    private static final int GUARD = 39;
    private static final int SYNC_POINT = 50;
    private static final int HOSTNAME = 53;
    private static final int GROUPS = 56;
    private static final int UMASK = 61;
    private static final int EXEC = 66;

    private static final byte[] GOOD = op(UMASK, 0, 2, none().u32(022));

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    private Path marker = Path.of("/");
    private byte[] marks = {};

    @BeforeEach
    void choose_a_mark() {
        marker = directory.resolve("marker");
        marks = op(6, 0, 1, none().u32(-100).string(marker.toString()).u32(0700).u32(0));
    }

    /** @param operations what follows the good one */
    record Case(String name, byte[] operations, String expected) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static RawBytes none() {
        return new RawBytes();
    }

    private static RawBytes text(int size, String bytes) {
        return none().u32(size).raw(bytes.getBytes(US_ASCII));
    }

    private static Case field(String name, int opcode, RawBytes fields) {
        return new Case(name, op(opcode, 0, 2, fields), "a bad field");
    }

    private static byte[] program(byte[]... operations) {
        RawBytes all = none();
        for (byte[] operation : operations) {
            all.raw(operation);
        }
        return all.done();
    }

    private static byte[] cloneOf(byte[] program) {
        RawBytes fields = none().u32(3).u32(0).u32(-1).string("child");
        return op(CLONE, 0, 2, fields.u32(program.length).raw(program));
    }

    private static Stream<Case> fields() {
        return Stream.of(
                field("an integer that is cut", UMASK, none().u16(1)),
                field("a field that is missing", UMASK, none()),
                field("a slot just beyond the last", CLOSE_FD, none().u32(256)),
                field("a slot far beyond the last", CLOSE_FD, none().u32(Integer.MAX_VALUE)),
                field("a negative slot", CLOSE_FD, none().u32(-2)),
                field("the most negative slot", CLOSE_FD, none().u32(Integer.MIN_VALUE)),
                field(
                        "no slot to fill",
                        OPEN_FD,
                        none().u32(-1).u32(-100).string("x").u32(0).u32(0).u32(0)),
                field(
                        "the working directory to fill",
                        OPEN_FD,
                        none().u32(-100).u32(-100).string("x").u32(0).u32(0).u32(0)),
                field("a string without its NUL", HOSTNAME, text(3, "abc")),
                field("a string with another byte for its NUL", HOSTNAME, text(3, "abcd")),
                field("a string with a NUL inside", HOSTNAME, text(3, "a\0c\0")),
                field("a string one byte too long", HOSTNAME, text(4, "abc\0")),
                field("a string of 4 GiB", HOSTNAME, text(-1, "abc\0")),
                field("a string of 2 GiB", HOSTNAME, text(Integer.MIN_VALUE, "abc\0")),
                field("bytes one too long", GROUPS, text(4, "abc")),
                field("bytes of 4 GiB", GROUPS, text(-1, "abc")),
                field("a list of 4 billion strings", EXEC, none().u32(-1).string("a")),
                field(
                        "a list with one string too few",
                        EXEC,
                        none().u32(3).string("a").string("b")),
                field(
                        "a program of 4 GiB",
                        CLONE,
                        none().u32(3).u32(0).u32(-1).string("child").u32(-1)));
    }

    private static Stream<Case> operations() {
        byte[] negativeSize =
                none().u16(UMASK).u16(0).u32(2).u32(-1).raw(new byte[64]).done();
        byte[] labelTooLong =
                none().u16(UMASK).u16(0).u32(2).u32(9).u32(900).raw(new byte[5]).done();
        String unknown = "an unknown operation";
        String number = "an operation's number out of range";
        return Stream.of(
                new Case("a head that is cut", Arrays.copyOf(GOOD, 11), "an operation that ends too early"),
                new Case(
                        "a body that is cut",
                        Arrays.copyOf(GOOD, GOOD.length - 1),
                        "an operation longer than its batch"),
                new Case("a size of 4 GiB", negativeSize, "an operation longer than its batch"),
                new Case("a label beyond its operation", labelTooLong, "a bad label"),
                new Case(
                        "a byte too many",
                        op(UMASK, 0, 2, none().u32(0).raw(new byte[1])),
                        "an operation with too many bytes"),
                new Case("opcode 0", op(0, 0, 2, none()), unknown),
                new Case("an opcode in a gap", op(79, 0, 2, none()), unknown),
                new Case("the opcode behind the table", op(128, 0, 2, none()), unknown),
                new Case("the last opcode there can be", op(0xffff, 0, 2, none()), unknown),
                new Case("number 0", op(UMASK, 0, 0, none().u32(0)), number),
                new Case("a number just too high", op(UMASK, 0, 2048, none().u32(0)), number),
                new Case("a number far too high", op(UMASK, 0, -1, none().u32(0)), number));
    }

    private static Stream<Case> programs() {
        byte[] sync = op(SYNC_POINT, 0, 3, none().u32(1));
        byte[] undo = op(UMASK, UNDO, 0, none().u32(0));
        byte[] undoesNothing = op(GUARD, 0, 3, none());
        String side = "an operation on the wrong side";
        String noUndo = "an undo operation that cannot be one";
        return Stream.of(
                new Case("the child's operation in the parent", sync, side),
                new Case("the parent's operation in the child", cloneOf(op(GUARD, 0, 3, none())), side),
                new Case("a child of a child", cloneOf(cloneOf(sync)), side),
                new Case(
                        "a kill in the child",
                        cloneOf(op(KILL, 0, 3, none().u32(3).u32(9).u32(0))),
                        side),
                new Case("an unknown operation in the child", cloneOf(op(99, 0, 3, none())), "an unknown operation"),
                new Case(
                        "half an operation in the child",
                        cloneOf(Arrays.copyOf(sync, 20)),
                        "an operation longer than its batch"),
                new Case("a bad field in the child", cloneOf(op(SYNC_POINT, 0, 3, none())), "a bad field"),
                new Case(
                        "a bad number in the child",
                        cloneOf(op(SYNC_POINT, 0, 2048, none().u32(1))),
                        "an operation's number out of range"),
                new Case("an undo in the child", cloneOf(program(op(UMASK, 0, 3, none().u32(0)), undo)), noUndo),
                new Case("an undo of what has none", program(undoesNothing, undo), noUndo),
                new Case("an undo that ends us", op(38, UNDO, 0, none().u32(0)), noUndo),
                new Case("an undo that unwinds", op(41, UNDO, 0, none()), noUndo),
                new Case(
                        "an undo that makes a child",
                        op(
                                CLONE,
                                UNDO,
                                0,
                                none().u32(3).u32(0).u32(-1).string("c").u32(0)),
                        noUndo),
                new Case(
                        "an undo that executes",
                        op(EXEC, UNDO, 0, none().u32(0).u32(0).u32(0).u32(0)),
                        noUndo));
    }

    @ParameterizedTest
    @MethodSource({"fields", "operations", "programs"})
    void what_cannot_be_understood_is_refused_before_anything_is_done(Case hostile) throws Exception {
        assertThat(refused(RawBytes.batch(marks, hostile.operations()))).isEqualTo(hostile.expected());
        assertThat(marker).doesNotExist();
        assertThat(executor.exchange(RawBytes.batch(marks, GOOD)).failure())
                .as("it goes on")
                .isNull();
        assertThat(marker).exists();
    }

    private String refused(byte[] frame) throws Exception {
        PlanFailure failure = Objects.requireNonNull(executor.exchange(frame).failure());
        assertThat(failure.kind()).isEqualTo(PlanFailure.Kind.MALFORMED);
        assertThat(failure.errno()).isEqualTo(Errno.EPROTO);
        assertThat(failure.call()).isEqualTo("decode");
        return failure.detail();
    }

    @Test
    void an_undo_with_nothing_before_it_is_refused() throws Exception {
        assertThat(refused(RawBytes.batch(op(UMASK, UNDO, 0, none().u32(0)))))
                .isEqualTo("an undo operation that cannot be one");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 15})
    void a_batch_without_its_head_is_refused(int size) throws Exception {
        assertThat(refused(RawBytes.frame(RawBytes.BATCH, new byte[size]))).isEqualTo("a batch without its head");
    }

    @Test
    void a_batch_of_nothing_is_nothing() throws Exception {
        assertThat(executor.exchange(RawBytes.batch()).failure()).isNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, (16 << 20) + 1, Integer.MAX_VALUE, Integer.MIN_VALUE, -1})
    void a_frame_of_a_length_that_cannot_be_ends_the_executor(int length) throws Exception {
        sendAfterSomethingToUndo(
                none().u32(length).raw(new byte[] {RawBytes.BATCH}).done());
        allIsUndone();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 15, 17, 255})
    void a_frame_of_another_kind_ends_the_executor(int kind) throws Exception {
        byte[] frame = RawBytes.batch(marks);
        frame[4] = (byte) kind;
        sendAfterSomethingToUndo(frame);
        allIsUndone();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4, 5, 6, 20, 21, 33, 60, -1})
    void a_frame_that_is_cut_ends_the_executor(int size) throws Exception {
        byte[] frame = RawBytes.batch(marks, GOOD);
        sendAfterSomethingToUndo(Arrays.copyOf(frame, size < 0 ? frame.length + size : size));
        executor.disconnect();
        allIsUndone();
    }

    private void sendAfterSomethingToUndo(byte[] bytes) throws Exception {
        executor.run(UndoTest.makes(directory.resolve("undone")));
        executor.socket().write(bytes);
    }

    private void allIsUndone() throws Exception {
        assertThat(executor.exitCode()).isEqualTo(1);
        assertThat(executor.stderr()).isEqualTo("ipcell: the planner ended unexpectedly; what was done is undone\n");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void the_longest_frame_is_taken_whole() throws Exception {
        int most = (16 << 20) - 1;
        byte[] empty = RawBytes.batch(write(new byte[0]));
        byte[] full = RawBytes.batch(write(new byte[most - (empty.length - 5)]));
        assertThat(full).hasSize(most + 5);
        assertThat(executor.exchange(full).failure()).isNull();
    }

    private static byte[] write(byte[] data) {
        RawBytes fields =
                none().u32(-100).string("/dev/null").u32(Linux.O_WRONLY).u32(0).u32(0);
        return op(4, 0, 1, fields.u32(data.length).raw(data));
    }
}
