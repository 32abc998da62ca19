// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import dev.ipcell.shim.linux.Errno;
import dev.ipcell.shim.linux.Fd;
import dev.ipcell.shim.linux.Mounts;
import dev.ipcell.shim.linux.Namespaces;
import dev.ipcell.shim.linux.SyscallException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * A file on which a namespace is mounted. What is checked is what is mounted on, or unmounted: the path is looked up
 * once, without following a symbolic link at its end, and the rest is done by descriptor.
 */
final class Pin {
    private Pin() {}

    static void make(Fd namespace, Path file) throws IOException {
        boolean made = create(file);
        try (Fd place = place(file)) {
            requireFree(file, place);
            Mounts.bind(namespace, place);
        } catch (IOException e) {
            if (made) {
                deleteIfEmpty(file);
            }
            throw e;
        }
    }

    static void remove(Path file) throws IOException {
        try (Fd place = place(file)) {
            requireNoLink(file, attributes(place));
            if (!Namespaces.isNamespace(place)) {
                throw new IpcException(file + " is no namespace file");
            }
            try (Fd namespace = place.reopen(Fd.O_RDONLY)) {
                IpcNamespace.requireIpc(namespace);
            }
            Mounts.unmount(place, Mounts.MNT_DETACH);
        } catch (SyscallException e) {
            if (e.errno() == Errno.ENOENT) {
                return;
            }
            throw e;
        }
        deleteIfEmpty(file);
    }

    private static Fd place(Path file) throws SyscallException {
        return Mounts.openTree(file, Mounts.AT_SYMLINK_NOFOLLOW);
    }

    /** True if the file was not there. A link is, wherever it leads. */
    private static boolean create(Path file) throws IOException {
        try {
            Files.createFile(file);
            return true;
        } catch (FileAlreadyExistsException e) {
            return false;
        }
    }

    private static void requireFree(Path file, Fd place) throws IOException {
        if (Namespaces.isNamespace(place)) {
            throw new IpcException(file + " is a pin already");
        }
        BasicFileAttributes attributes = attributes(place);
        requireNoLink(file, attributes);
        if (!attributes.isRegularFile() || attributes.size() != 0) {
            throw new IpcException(file + " is there, and is no empty file");
        }
    }

    private static void requireNoLink(Path file, BasicFileAttributes attributes) throws IOException {
        if (attributes.isSymbolicLink()) {
            throw new IpcException(file + " is a symbolic link");
        }
    }

    /** Of what the descriptor stands for, be it a symbolic link. */
    private static BasicFileAttributes attributes(Fd place) throws IOException {
        return Files.readAttributes(place.procPath(), BasicFileAttributes.class);
    }

    /** Others pin namespaces too, and not on empty files only; what is in theirs stays. */
    private static void deleteIfEmpty(Path file) throws IOException {
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (attributes.isRegularFile() && attributes.size() == 0) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException e) {
            // Somebody else removed it.
        }
    }
}
