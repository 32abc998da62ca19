// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What this package knows about the C library's structures and constants, asserted by the C compiler. */
class LayoutTest {
    private static final String FACTS = """
        #define _GNU_SOURCE
        #include <dirent.h>
        #include <fcntl.h>
        #include <linux/mount.h>
        #include <linux/nsfs.h>
        #include <linux/seccomp.h>
        #include <linux/stat.h>
        #include <mqueue.h>
        #include <sched.h>
        #include <signal.h>
        #include <spawn.h>
        #include <stddef.h>
        #include <sys/mman.h>
        #include <sys/socket.h>
        #include <sys/syscall.h>
        #include <sys/vfs.h>
        #include <sys/wait.h>
        #define SAME(a, b) _Static_assert((a) == (b), #a)
        SAME(sizeof(struct statx), 256);
        SAME(offsetof(struct statx, stx_ino), 0x20);
        SAME(offsetof(struct statx, stx_dev_major), 0x88);
        SAME(offsetof(struct statx, stx_dev_minor), 0x8c);
        SAME(offsetof(struct statfs, f_type), 0);
        SAME(sizeof(((struct statfs *)0)->f_type), 8);
        _Static_assert(sizeof(struct statfs) <= 256, "statfs");
        _Static_assert(sizeof(posix_spawn_file_actions_t) <= 512, "actions");
        _Static_assert(sizeof(posix_spawnattr_t) <= 512, "attributes");
        _Static_assert(sizeof(siginfo_t) <= 512, "siginfo");
        SAME(sizeof(sigset_t), 128);
        SAME(sizeof(long), 8);
        SAME(O_CLOEXEC, 0x80000); SAME(SOCK_CLOEXEC, 0x80000); SAME(O_PATH, 0x200000);
        SAME(F_DUPFD_CLOEXEC, 1030); SAME(AT_EMPTY_PATH, 0x1000); SAME(STATX_BASIC_STATS, 0x7ff);
        SAME(AF_UNIX, 1); SAME(SOCK_STREAM, 1); SAME(MSG_NOSIGNAL, 0x4000);
        SAME(POSIX_SPAWN_SETSIGDEF, 4); SAME(POSIX_SPAWN_SETSIGMASK, 8); SAME(SIGPIPE, 13);
        SAME(P_PID, 1); SAME(WEXITED, 4); SAME(WNOWAIT, 0x01000000);
        SAME(offsetof(struct dirent64, d_reclen), 16); SAME(offsetof(struct dirent64, d_name), 19);
        SAME(sizeof(mqd_t), sizeof(int)); SAME(sizeof(struct mq_attr), 64);
        SAME(offsetof(struct mq_attr, mq_maxmsg), 8); SAME(offsetof(struct mq_attr, mq_msgsize), 16);
        SAME(offsetof(struct mq_attr, mq_curmsgs), 24);
        SAME(O_WRONLY, 1); SAME(O_NONBLOCK, 0x800); SAME(AT_SYMLINK_NOFOLLOW, 0x100); SAME(SYS_pidfd_send_signal, 424);
        SAME(SYS_pidfd_open, 434); SAME(SYS_open_tree, 428); SAME(SYS_move_mount, 429);
        SAME(SYS_fsopen, 430); SAME(SYS_fsconfig, 431); SAME(SYS_fsmount, 432);
        SAME(FSCONFIG_SET_STRING, 1); SAME(FSCONFIG_CMD_CREATE, 6); SAME(FSOPEN_CLOEXEC, 1); SAME(FSMOUNT_CLOEXEC, 1);
        SAME(MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, 0xe); SAME(MOVE_MOUNT_F_EMPTY_PATH, 4);
        SAME(SECCOMP_SET_MODE_FILTER, 1); SAME(MFD_CLOEXEC, 1);
        SAME(NS_GET_USERNS, 0xb701); SAME(NS_GET_NSTYPE, 0xb703); SAME(CLONE_NEWIPC, 0x08000000);
        SAME(CLONE_NEWNS, 0x00020000); SAME(CLONE_NEWCGROUP, 0x02000000); SAME(CLONE_NEWUTS, 0x04000000);
        SAME(CLONE_NEWUSER, 0x10000000); SAME(CLONE_NEWPID, 0x20000000); SAME(CLONE_NEWNET, 0x40000000);
        """;

    @TempDir
    private Path directory;

    @Test
    void structures_and_constants_are_those_of_the_headers() throws IOException, InterruptedException {
        Path source = Files.writeString(directory.resolve("facts.c"), FACTS);
        Process gcc = new ProcessBuilder("gcc", "-fsyntax-only", source.toString())
                .redirectErrorStream(true)
                .start();
        String complaints = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(gcc.waitFor()).as(complaints).isZero();
    }
}
