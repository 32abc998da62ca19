// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An executor that only pretends: it says HELLO, answers every batch with success and plausible values, and does nothing. With it the
 * planner's whole way can be walked without privilege, which is how the build trains the AOT cache (JEP 483).
 */
final class PretendExecutor {
    /** The one directory that is not there: to open it fails. */
    static final String MISSING = "/no/such/bundle";

    /** The inode of every namespace that is opened and not its own. */
    static final long NAMESPACE = 4712;

    private static final long FIRST_USER_NAMESPACE = 0xEFFFFFFDL;
    private static final int ENOENT = 2;
    private static final String STATE = "state.json";

    private static final int HELLO = 1;
    private static final int RESULT = 2;
    private static final int FINAL = 1;
    private static final int IF_OK = 4;
    private static final int QUIET = 8;
    private static final int BATCH_HEAD = 16;
    private static final int UNDO = 1;
    private static final int OPEN_FD = 1;
    private static final int READ_FILE = 3;
    private static final int FD_PATH = 13;
    private static final int STAT = 14;
    private static final int OUTPUT = 18;
    private static final int OPEN_NS = 20;
    private static final int CLONE = 30;
    private static final int OPEN_PROCESS = 73;
    private static final int LIST_DIR = 76;
    private static final int LINK_ADDRESSES = 102;
    private static final int LINK_INDEX = 7;
    private static final int NAMESPACES = 3;
    private static final int ROOT_SIZE = 24;
    private static final int CLONE_NEWIPC = 0x8000000;
    private static final int CLONE_NEWUSER = 0x10000000;

    private final Path directory;
    private final Map<Integer, Path> opened = new HashMap<>();
    private final StringBuilder said = new StringBuilder();
    private byte[] pending = new byte[0];
    private int at;
    private boolean missing;
    private boolean failing;
    private boolean unknown;
    private boolean ended;

    /**
     * @param directory stands for every directory that is opened
     * @param arguments the command line that it pretends to have been called with
     */
    PretendExecutor(Path directory, List<String> arguments) {
        this.directory = directory;
        answer(HELLO, hello(arguments));
    }

    /** What the planner reads. */
    InputStream input() {
        return new InputStream() {
            @Override
            public int read() {
                return at == pending.length ? -1 : pending[at++] & 0xff;
            }

            @Override
            public int read(byte[] into, int offset, int length) {
                int size = Math.min(length, pending.length - at);
                System.arraycopy(pending, at, into, offset, size);
                at += size;
                return size == 0 && length > 0 ? -1 : size;
            }
        };
    }

    /** What the planner writes: whole frames. */
    OutputStream output() {
        return new OutputStream() {
            @Override
            public void write(int value) {
                throw new UnsupportedOperationException("a frame is written at once");
            }

            @Override
            public void write(byte[] frames, int offset, int length) throws IOException {
                ByteBuffer rest = ByteBuffer.wrap(frames, offset, length).order(ByteOrder.LITTLE_ENDIAN);
                while (rest.hasRemaining()) {
                    int size = rest.getInt();
                    batch(rest.slice(rest.position() + 1, size - 1).order(ByteOrder.LITTLE_ENDIAN));
                    rest.position(rest.position() + size);
                }
            }
        };
    }

    /** True once the planner has sent its last batch. */
    boolean ended() {
        return ended;
    }

    /** What the planner had it print. */
    String said() {
        return said.toString();
    }

    private void batch(ByteBuffer body) throws IOException {
        int kind = body.getInt(body.position());
        if (failing && (kind & IF_OK) != 0) {
            return;
        }
        ended |= (kind & FINAL) != 0;
        body.position(body.position() + BATCH_HEAD);
        ByteArrayOutputStream values = new ByteArrayOutputStream();
        int count = 0;
        int failed = 0;
        while (body.hasRemaining() && failed == 0) {
            int opcode = body.getShort();
            int flags = body.getShort();
            int id = body.getInt();
            int size = body.getInt();
            ByteBuffer fields = body.slice(body.position(), size).order(ByteOrder.LITTLE_ENDIAN);
            body.position(body.position() + size);
            string(fields);
            byte @Nullable [] value = (flags & UNDO) != 0 ? null : value(opcode, fields);
            if (value != null) {
                values.write(words(id, unknown ? ENOENT : 0, value.length).array());
                unknown = false;
                values.write(value);
                count++;
            }
            failed = missing ? id : 0;
        }
        failing = failed != 0;
        if (!failing && (kind & QUIET) != 0) {
            return;
        }
        ByteArrayOutputStream result = new ByteArrayOutputStream();
        result.write(
                words(failed == 0 ? 0 : 1, failed, failed == 0 ? 0 : ENOENT, 0).array());
        result.write(text(failed == 0 ? "" : "openat2"));
        result.write(text(failed == 0 ? "" : MISSING));
        result.write(words(count).array());
        values.writeTo(result);
        result.write(words(0, 0).array());
        answer(RESULT, result.toByteArray());
    }

    private byte @Nullable [] value(int opcode, ByteBuffer fields) throws IOException {
        return switch (opcode) {
            case READ_FILE -> {
                Path base = opened.getOrDefault(fields.getInt(), directory);
                yield read(base, string(fields));
            }
            case OUTPUT -> {
                fields.getInt();
                byte[] data = new byte[fields.getInt()];
                fields.get(data);
                said.append(new String(data, StandardCharsets.UTF_8));
                yield null;
            }
            case OPEN_FD -> {
                int slot = fields.getInt();
                Path base = opened.getOrDefault(fields.getInt(), directory);
                String path = string(fields);
                missing |= path.equals(MISSING);
                opened.put(slot, base.resolve(path));
                yield null;
            }
            case FD_PATH -> {
                Path path = opened.getOrDefault(fields.getInt(), directory);
                yield path.toString().getBytes(StandardCharsets.UTF_8);
            }
            case STAT -> new byte[56];
            case OPEN_NS -> {
                fields.getLong();
                String path = string(fields);
                boolean isUser = path.endsWith("/user");
                yield ByteBuffer.allocate(36)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt(isUser ? CLONE_NEWUSER : CLONE_NEWIPC)
                        .putLong(0)
                        .putLong(path.startsWith("/proc/self/") ? 0 : NAMESPACE)
                        .array();
            }
            case CLONE -> words(4711, 0, 0).array();
            case OPEN_PROCESS -> words('S', 0, 0).array();
            case LINK_ADDRESSES -> link();
            case LIST_DIR -> {
                fields.getInt();
                yield containers(new File(string(fields)));
            }
            default -> null;
        };
    }

    private static byte[] containers(File root) {
        StringBuilder names = new StringBuilder();
        String[] all = root.list();
        for (String name : all == null ? new String[0] : all) {
            if (new File(root, name + "/" + STATE).exists()) {
                names.append(name).append('\0');
            }
        }
        return names.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** A device that is up, with an address for everywhere and one for its link only. */
    private static byte[] link() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(words(LINK_INDEX, 1, 2).array());
        out.writeBytes(words(2, 24, 0x80, 0, 4, 0x010200c0, 4, 0x010200c0, 4, 0xff0200c0)
                .array());
        out.writeBytes(
                words(10, 64, 0x80, 253, 0, 16, 0x80fe, 0, 0, 0x01000000, 0).array());
        return out.toByteArray();
    }

    /**
     * An absolute path is looked for below the directory first, so that a test can stand in for the machine's own files. Plain streams, so
     * that the cache holds nothing that only the training needs.
     */
    private byte[] read(Path base, String path) throws IOException {
        File file = new File(base.toString(), path);
        if (!file.exists()) {
            file = new File(directory.toString(), path);
        }
        if (!file.exists() && path.startsWith("/")) {
            file = new File(path);
        }
        if (!file.exists()) {
            unknown = path.endsWith("/" + STATE);
            return new byte[0];
        }
        try (FileInputStream in = new FileInputStream(file)) {
            return in.readAllBytes();
        }
    }

    private static byte[] hello(List<String> arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(words(0x4c435049, 1).array());
        out.writeBytes(text("training"));
        out.writeBytes(words(arguments.size() + 1).array());
        out.writeBytes(text("ipcell"));
        for (String argument : arguments) {
            out.writeBytes(text(argument));
        }
        out.writeBytes(text("/"));
        out.writeBytes(words(1).array());
        out.writeBytes(text("PATH=/usr/bin:/bin"));
        out.writeBytes(words(1, 0, 0, 0, 0, 0).array());
        ByteBuffer places = ByteBuffer.allocate(NAMESPACES * 16 + ROOT_SIZE).order(ByteOrder.LITTLE_ENDIAN);
        places.putLong(16 + 8, FIRST_USER_NAMESPACE); // behind the mount namespace, and a device
        out.writeBytes(places.array());
        out.writeBytes(text("6.0.0"));
        out.writeBytes(words(-1, -1).array());
        out.writeBytes(text("/usr/bin/ipcell"));
        return out.toByteArray();
    }

    private void answer(int kind, byte[] body) {
        byte[] rest = new byte[pending.length - at];
        System.arraycopy(pending, at, rest, 0, rest.length);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(rest);
        out.writeBytes(words(body.length + 1).array());
        out.write(kind);
        out.writeBytes(body);
        pending = out.toByteArray();
        at = 0;
    }

    private static String string(ByteBuffer in) {
        byte[] bytes = new byte[in.getInt()];
        in.get(bytes);
        in.get();
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static byte[] text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(bytes.length + 5)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(bytes.length)
                .put(bytes)
                .array();
    }

    private static ByteBuffer words(int... values) {
        ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (int value : values) {
            buffer.putInt(value);
        }
        return buffer;
    }
}
