/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel offers and the C library's headers may not know yet. */
#ifndef IPCELL_KERNEL_H
#define IPCELL_KERNEL_H

#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef O_PATH
#define O_PATH 010000000
#endif

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4u
#endif

#define NSFS_MAGIC 0x6e736673

#define NS_GET_USERNS 0xb701
#define NS_GET_NSTYPE 0xb703

#ifndef F_ADD_SEALS
#define F_ADD_SEALS 1033
#endif
#ifndef F_GET_SEALS
#define F_GET_SEALS 1034
#endif
#define IPCELL_F_SEALS 0x0f     /* F_SEAL_SEAL | SHRINK | GROW | WRITE */
#define IPCELL_F_SEAL_EXEC 0x20 /* Linux 6.3 */
#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC 1u
#endif
#ifndef MFD_ALLOW_SEALING
#define MFD_ALLOW_SEALING 2u
#endif
#define IPCELL_MFD_EXEC 0x10u

#define RESOLVE_NO_XDEV 0x01
#define RESOLVE_NO_MAGICLINKS 0x02
#define RESOLVE_NO_SYMLINKS 0x04
#define RESOLVE_BENEATH 0x08
#define RESOLVE_IN_ROOT 0x10

#ifndef FSOPEN_CLOEXEC
#define FSOPEN_CLOEXEC 1
#endif
#ifndef FSMOUNT_CLOEXEC
#define FSMOUNT_CLOEXEC 1
#endif
#define IPCELL_FSCONFIG_SET_FLAG 0
#define IPCELL_FSCONFIG_SET_STRING 1
#define IPCELL_FSCONFIG_CMD_CREATE 6

#define IPCELL_OPEN_TREE_CLONE 1u
#define IPCELL_OPEN_TREE_CLOEXEC 02000000u
#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH 0x04
#endif
#ifndef MOVE_MOUNT_T_EMPTY_PATH
#define MOVE_MOUNT_T_EMPTY_PATH 0x40
#endif
#define IPCELL_MOUNT_ATTR_RDONLY 1
#define IPCELL_MOUNT_ATTR_IDMAP 0x100000
#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif
#ifndef CLONE_FILES
#define CLONE_FILES 0x400
#endif
#ifndef CLONE_PARENT_SETTID
#define CLONE_PARENT_SETTID 0x100000
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif
#define IPCELL_CLONE_INTO_CGROUP 0x200000000ULL

#define IPCELL_SECCOMP_SET_MODE_FILTER 1
#define IPCELL_SECCOMP_FILTER_FLAG_NEW_LISTENER (1u << 3)

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

#ifndef SYS_open_tree
#define SYS_open_tree 428
#define SYS_move_mount 429
#define SYS_fsopen 430
#define SYS_fsconfig 431
#define SYS_fsmount 432
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

/* openat2(2) */
/* As statx(2) fills it in; newer kernels put more into the end. */
struct kernel_statx {
	uint32_t mask, blksize;
	uint64_t attributes;
	uint32_t nlink, uid, gid;
	uint16_t mode, spare;
	uint64_t ino, size, blocks, attributes_mask;
	uint64_t times[8];
	uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
	uint64_t mnt_id;
	uint64_t rest[13];
};
#define IPCELL_STATX_INO 0x100u
#define IPCELL_STATX_MNT_ID 0x1000u

struct kernel_open_how {
	uint64_t flags, mode, resolve;
};

/* mount_setattr(2) */
struct kernel_mount_attr {
	uint64_t set, clear, propagation, userns_fd;
};

/* clone3(2), as of Linux 5.7 */
struct kernel_clone_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size,
		cgroup;
};

/* rt_sigaction(2); all zero is SIG_DFL */
struct kernel_sigaction {
	uint64_t handler, flags, restorer, mask;
};

/* getdents64(2) */
struct kernel_dirent {
	uint64_t ino;
	int64_t off;
	uint16_t size;
	uint8_t type;
	char name[];
};

/* capset(2) */
struct kernel_cap_header {
	uint32_t version;
	int pid;
};
struct kernel_cap_data {
	uint32_t effective, permitted, inheritable;
};
#define KERNEL_CAP_VERSION_3 0x20080522u

#endif
