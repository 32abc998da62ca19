// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

/** Numbers of the kernel's interfaces that the executor's tests name. */
final class Linux {
    static final int O_RDONLY = 0;
    static final int O_WRONLY = 1;
    static final int O_RDWR = 2;
    static final int O_CREAT = 0x40;
    static final int O_EXCL = 0x80;
    static final int O_TRUNC = 0x200;
    static final int O_DIRECTORY = 0x10000;
    static final int O_PATH = 0x200000;

    static final int RESOLVE_NO_SYMLINKS = 4;
    static final int RESOLVE_BENEATH = 8;
    static final int RESOLVE_IN_ROOT = 0x10;

    static final int S_IFIFO = 0010000;
    static final int S_IFCHR = 0020000;
    static final int S_IFDIR = 0040000;
    static final int S_IFREG = 0100000;

    static final int LOCK_EX = 2;
    static final int ANY = -1;

    static final int CLONE_NEWNS = 0x20000;
    static final int CLONE_NEWUTS = 0x4000000;
    static final int CLONE_NEWIPC = 0x8000000;
    static final int CLONE_NEWUSER = 0x10000000;
    static final int CLONE_NEWPID = 0x20000000;
    static final int CLONE_NEWNET = 0x40000000;

    static final int SIGINT = 2;
    static final int SIGKILL = 9;
    static final int SIGUSR1 = 10;
    static final int SIGTERM = 15;
    static final int SIGCONT = 18;

    static final int RLIMIT_NOFILE = 7;
    static final int PR_SET_NO_NEW_PRIVS = 38;
    static final int CAP_KILL = 5;
    static final int CAP_SETGID = 6;
    static final int CAP_SETUID = 7;

    static final int AT_EMPTY_PATH = 0x1000;
    static final int AT_RECURSIVE = 0x8000;
    static final int OPEN_TREE_CLONE = 1;
    static final long MOUNT_ATTR_RDONLY = 1;
    static final long MS_PRIVATE = 0x40000;
    static final long MS_SHARED = 0x100000;

    private Linux() {}
}
