// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.Hello;
import dev.ipcell.spec.InvalidSpecException;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.SpecDocument;
import dev.ipcell.spec.SpecReader;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Configurations that were read before, found again by their content: the same bytes say the same, whoever wrote them and wherever they
 * are. So a resident planner reads a container's configuration once for all its {@code exec} calls. Bounded in number and in bytes; what
 * was not asked for the longest is forgotten first. Safe for several threads.
 */
public final class DocumentCache {
    private static final int MAX_COUNT = 64;

    /** What is kept of a document takes some five times its bytes, of one that is made for it several times as much. */
    private static final int MAX_BYTES = 256 << 10;

    private final int maxCount;
    private final int maxBytes;
    private final LinkedHashMap<Content, Known> known = new LinkedHashMap<>(16, 0.75f, true);
    private int bytes;
    private long hits;
    private volatile MachineLook.@Nullable Seen machine;
    private final Hello.@Nullable Root root;

    /** With the planner's bounds. */
    public DocumentCache() {
        this(MAX_COUNT, MAX_BYTES, OwnRoot.find());
    }

    DocumentCache(int maxCount, int maxBytes, Hello.@Nullable Root root) {
        this.maxCount = maxCount;
        this.maxBytes = maxBytes;
        this.root = root;
    }

    /**
     * A valid configuration.
     *
     * @param json its bytes, which nobody changes
     * @param refused what it asks for that cannot be carried out
     */
    record Known(byte[] json, SpecDocument document, List<Problem> refused) {
        /** @throws InvalidSpecException if it is not valid */
        static Known read(byte[] json) throws InvalidSpecException {
            SpecDocument document = SpecReader.read(json);
            return new Known(json, document, Refusals.of(document.spec(), document.positions()));
        }

        boolean isReadFrom(byte[] other) {
            return Arrays.equals(json, other);
        }
    }

    /** A document's bytes, as a key. Nobody else has them, so nobody can change them. */
    private record Content(byte[] bytes, int hash) {
        static Content of(byte[] bytes) {
            return new Content(bytes, Arrays.hashCode(bytes));
        }

        Content kept() {
            return new Content(bytes.clone(), hash);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Content that && hash == that.hash && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    /**
     * What these bytes say. A configuration that is not valid is read anew each time.
     *
     * @throws InvalidSpecException if it is not valid
     */
    Known read(byte[] json) throws InvalidSpecException {
        if (json.length > maxBytes) {
            return Known.read(json);
        }
        Content content = Content.of(json);
        Known found = find(content);
        if (found == null) {
            Content kept = content.kept();
            found = Known.read(kept.bytes());
            keep(kept, found);
        }
        return found;
    }

    /**
     * What the bundle's configuration probably says, by this process's own eyes: the caller may have another root directory. Null if that
     * cannot be told without waiting.
     */
    @Nullable
    Known peek(Hello hello, String bundle) {
        String directory = bundle.startsWith("/") ? bundle : hello.cwd() + "/" + bundle;
        File file = new File(directory, "config.json");
        if (!file.isFile() || file.length() > maxBytes) {
            return null; // Nothing may be taken out of a FIFO here.
        }
        try (FileInputStream in = new FileInputStream(file)) {
            byte[] json = in.readNBytes(maxBytes + 1);
            return json.length > maxBytes ? null : read(json);
        } catch (IOException | InvalidSpecException unknown) {
            return null; // It will be told once the caller's executor has read it.
        }
    }

    /** Whether this process has the same root directory, and so sees the same mounts if it is in the same namespace. */
    boolean sees(Hello.Root callers) {
        return root != null && root.same(callers);
    }

    /** The machine as it was seen last, by any caller. */
    MachineLook.@Nullable Seen machine() {
        return machine;
    }

    void machine(MachineLook.Seen seen) {
        if (seen.bytes().length <= maxBytes) {
            machine = seen;
        }
    }

    private synchronized @Nullable Known find(Content content) {
        Known found = known.get(content);
        hits += found == null ? 0 : 1;
        return found;
    }

    private synchronized void keep(Content content, Known read) {
        if (known.put(content, read) == null) {
            bytes += content.bytes().length;
        }
        while (known.size() > maxCount || bytes > maxBytes) {
            Map.Entry<Content, Known> oldest = known.firstEntry();
            known.remove(oldest.getKey());
            bytes -= oldest.getKey().bytes().length;
        }
    }

    /** How many are kept. */
    synchronized int count() {
        return known.size();
    }

    /** How many bytes those have. */
    synchronized int bytes() {
        return bytes;
    }

    /** How often one was found. */
    public synchronized long hits() {
        return hits;
    }
}
