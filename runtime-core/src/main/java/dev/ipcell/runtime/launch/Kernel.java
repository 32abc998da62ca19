// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

/** The kernel's numbers that a launch plan is made of; each has the name it has in the kernel's headers. */
final class Kernel {
    static final int CLONE_NEWTIME = 0x80;
    static final int CLONE_NEWNS = 0x20000;
    static final int CLONE_NEWCGROUP = 0x2000000;
    static final int CLONE_NEWUTS = 0x4000000;
    static final int CLONE_NEWIPC = 0x8000000;
    static final int CLONE_NEWUSER = 0x10000000;
    static final int CLONE_NEWPID = 0x20000000;
    static final int CLONE_NEWNET = 0x40000000;

    static final int O_WRONLY = 1;
    static final int O_CREAT = 0100;
    static final int O_APPEND = 02000;
    static final int O_DIRECTORY = 0x10000;
    static final int O_NOFOLLOW = 0x20000;
    static final int O_PATH = 0x200000;

    static final int RESOLVE_NO_XDEV = 1;
    static final int RESOLVE_NO_MAGICLINKS = 2;
    static final int RESOLVE_NO_SYMLINKS = 4;
    static final int RESOLVE_BENEATH = 8;
    static final int RESOLVE_IN_ROOT = 0x10;

    static final int AT_EMPTY_PATH = 0x1000;
    static final int AT_RECURSIVE = 0x8000;
    static final int OPEN_TREE_CLONE = 1;

    static final int MOUNT_ATTR_RDONLY = 1;
    static final int MOUNT_ATTR_NOSUID = 2;
    static final int MOUNT_ATTR_NODEV = 4;
    static final int MOUNT_ATTR_NOEXEC = 8;
    static final int MOUNT_ATTR_ATIME = 0x70;
    static final int MOUNT_ATTR_RELATIME = 0;
    static final int MOUNT_ATTR_NOATIME = 0x10;
    static final int MOUNT_ATTR_STRICTATIME = 0x20;
    static final int MOUNT_ATTR_NODIRATIME = 0x80;
    static final int MOUNT_ATTR_NOSYMFOLLOW = 0x200000;

    static final int MS_UNBINDABLE = 0x20000;
    static final int MS_PRIVATE = 0x40000;
    static final int MS_SLAVE = 0x80000;
    static final int MS_SHARED = 0x100000;

    static final int S_IFMT = 0170000;
    static final int S_IFREG = 0100000;
    static final int S_IFDIR = 0040000;
    static final int S_IFCHR = 0020000;

    /** A line feed comes out as carriage return and line feed (termios(3)). */
    static final int ONLCR = 0000004;

    static final int S_IFBLK = 0060000;
    static final int S_IFIFO = 0010000;

    static final int DEVPTS_SUPER_MAGIC = 0x1cd1;
    static final int PROC_SUPER_MAGIC = 0x9fa0;

    static final int PR_SET_PDEATHSIG = 1;
    static final int PR_SET_KEEPCAPS = 8;
    static final int PR_SET_CHILD_SUBREAPER = 36;
    static final int PR_SET_NO_NEW_PRIVS = 38;

    static final int LOCK_EX = 2;

    static final int SIGKILL = 9;

    private Kernel() {}
}
