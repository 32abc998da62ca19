// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.Hello;
import dev.ipcell.shim.linux.MountTable;
import dev.ipcell.spec.InvalidSpecException;
import dev.ipcell.spec.Mount;
import dev.ipcell.spec.Problem;
import dev.ipcell.spec.SpecDocument;
import dev.ipcell.spec.SpecReader;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a resident planner remembers between calls. Safe for several threads.
 *
 * <p>Configurations that were read before, found again by their bytes: the same bytes say the same, whoever wrote them and wherever they
 * are. So a container's configuration is read once for all its {@code exec} calls. Bounded in number and in bytes; what was not asked for
 * the longest is forgotten first.
 *
 * <p>And the machine, as the last caller saw it.
 */
public final class PlannerMemory {
    private static final int MAX_COUNT = 64;

    /** What is kept of a document takes some five times its bytes, of one that is made for it several times as much. */
    private static final int MAX_BYTES = 256 << 10;

    private final int maxCount;
    private final int maxBytes;
    private final LinkedHashMap<Key, Known> known = new LinkedHashMap<>(16, 0.75f, true);
    private final LinkedHashMap<File, Glance> glances = new LinkedHashMap<>(16, 0.75f, true);
    private int bytes;
    private long hits;
    private volatile MachineLook.@Nullable Seen machine;
    private final Hello.@Nullable Root root;
    private final MountTable mounts = new MountTable();
    private volatile @Nullable EmptyMounts emptyMounts;

    /** With the planner's bounds. */
    public PlannerMemory() {
        this(MAX_COUNT, MAX_BYTES, OwnRoot.find());
    }

    PlannerMemory(int maxCount, int maxBytes, Hello.@Nullable Root root) {
        this.maxCount = maxCount;
        this.maxBytes = maxBytes;
        this.root = root;
    }

    /**
     * A valid configuration.
     *
     * @param bytes from which it was read, which nobody changes
     * @param refused what it asks for that cannot be carried out
     */
    record Known(byte[] bytes, SpecDocument document, List<Problem> refused) {
        /** @throws InvalidSpecException if it is not valid */
        static Known read(byte[] bytes) throws InvalidSpecException {
            SpecDocument document = SpecReader.read(bytes);
            return new Known(bytes, document, Refusals.of(document.spec(), document.positions()));
        }

        /** Whether it has a mount that may hear of others or tell of its own. */
        boolean hasPropagation() {
            for (Mount mount : document.spec().mounts()) {
                for (String option : mount.options()) {
                    if (option.endsWith("shared") || option.endsWith("slave")) {
                        return true;
                    }
                }
            }
            return false;
        }

        boolean isReadFrom(byte[] other) {
            return Arrays.equals(bytes, other);
        }
    }

    /** What a configuration is found by: the bytes that it is to be read from. */
    private record Key(byte[] bytes, int hash) {
        static Key of(byte[] bytes) {
            return new Key(bytes, Arrays.hashCode(bytes));
        }

        /** The same for what is kept: a copy, so that nobody else can change it. */
        Key kept() {
            return new Key(bytes.clone(), hash);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Key that && hash == that.hash && Arrays.equals(bytes, that.bytes);
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    /**
     * A file that was read before.
     *
     * @param modified when it was written last, in milliseconds since 1970
     * @param content what it said then
     */
    private record Glance(long length, long modified, Key content) {}

    /**
     * What these bytes say. A configuration that is not valid is read anew each time.
     *
     * @throws InvalidSpecException if it is not valid
     */
    Known read(byte[] config) throws InvalidSpecException {
        if (config.length > maxBytes) {
            return Known.read(config);
        }
        Key key = Key.of(config);
        Known found = find(key);
        if (found == null) {
            Key kept = key.kept();
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
        File file = config(hello, bundle);
        long length = file.length();
        long modified = file.lastModified();
        Known seen = glance(file, length, modified);
        if (seen != null || !file.isFile() || length > maxBytes) {
            return seen; // Nothing may be taken out of a FIFO here.
        }
        try (FileInputStream in = new FileInputStream(file)) {
            byte[] config = in.readNBytes(maxBytes + 1);
            if (config.length > maxBytes) {
                return null;
            }
            Known known = read(config);
            keep(file, new Glance(length, modified, Key.of(known.bytes())));
            return known;
        } catch (IOException | InvalidSpecException unknown) {
            return null; // It will be told once the caller's executor has read it.
        }
    }

    /** That what was told about this bundle or the mounts may be wrong: both are to be read again, even if they look the same. */
    void mistook(Hello hello, String bundle) throws IOException {
        synchronized (this) {
            glances.remove(config(hello, bundle));
        }
        mounts.forget();
    }

    private static File config(Hello hello, String bundle) {
        String directory = bundle.startsWith("/") ? bundle : hello.cwd() + "/" + bundle;
        return new File(directory, "config.json");
    }

    /** Whether this process has the same root directory, and so sees the same mounts if it is in the same namespace. */
    public boolean sees(Hello.Root callers) {
        return root != null && root.same(callers);
    }

    /**
     * The mounts that this process sees.
     *
     * @param exactly whether it matters how they propagate, or that they are still where they were mounted
     */
    byte[] mounts(boolean exactly) throws IOException {
        return exactly ? mounts.readAgain() : mounts.read();
    }

    /** Tells of a mount namespace that is there as long as this process is. */
    public void emptyMounts(EmptyMounts kept) {
        emptyMounts = kept;
    }

    /** Null if there is none. */
    @SuppressWarnings("exports") // an annotation that callers need not have
    public @Nullable EmptyMounts emptyMounts() {
        return emptyMounts;
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

    private synchronized @Nullable Known find(Key key) {
        Known found = known.get(key);
        hits += found == null ? 0 : 1;
        return found;
    }

    /** What a file that seems to be as it was said then. */
    private synchronized @Nullable Known glance(File file, long length, long modified) {
        Glance seen = glances.get(file);
        return seen == null || seen.length() != length || seen.modified() != modified ? null : find(seen.content());
    }

    private synchronized void keep(File file, Glance seen) {
        if (known.containsKey(seen.content())) {
            glances.put(file, seen);
        }
        if (glances.size() > maxCount) {
            glances.remove(glances.firstEntry().getKey());
        }
    }

    private synchronized void keep(Key key, Known read) {
        if (known.put(key, read) == null) {
            bytes += key.bytes().length;
        }
        while (known.size() > maxCount || bytes > maxBytes) {
            Map.Entry<Key, Known> oldest = known.firstEntry();
            known.remove(oldest.getKey());
            bytes -= oldest.getKey().bytes().length;
            forgetGlances(oldest.getKey());
        }
    }

    private void forgetGlances(Key content) {
        for (Iterator<Glance> all = glances.values().iterator(); all.hasNext(); ) {
            if (all.next().content().equals(content)) {
                all.remove();
            }
        }
    }

    /** How many files are known by their length and time. */
    synchronized int glances() {
        return glances.size();
    }

    /** How many configurations are kept. */
    synchronized int count() {
        return known.size();
    }

    /** How many bytes they have. */
    synchronized int bytes() {
        return bytes;
    }

    /** How often a configuration was found. */
    public synchronized long hits() {
        return hits;
    }
}
