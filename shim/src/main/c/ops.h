/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operation table: the one place where an operation's number, name and fields are written down for C.
 * `ipcell --op-table` prints it, and a test compares that with the Java records, so the two ends cannot drift.
 *
 * Wire format, all integers little-endian. A frame is `u32 length, u8 kind, body`; length counts kind and body.
 * A field's letter in the table:
 *   u  u32
 *   q  u64
 *   o  u32, a slot that the operation fills (a descriptor already there is closed first)
 *   i  u32, a slot that the operation reads; -100 (AT_FDCWD) and -1 (none) where the operation allows it
 *   s  string: u32 length, the bytes, one NUL that the length does not count; no NUL inside
 *   b  bytes: u32 length, the bytes
 *   l  list of strings: u32 count, then that many `s`
 *   p  program: u32 length, then operations, to be run by the child
 *
 *   operation  u16 opcode, u16 flags (OP_*), u32 id, u32 size of all that follows, s label, fields
 *   HELLO      u32 magic, u32 version, s build id, l argv, s cwd, l environment (chosen names), u32 pid, u32 uid, u32
 *              gid, u32 euid, u32 egid, u32 tty mask (bit n: descriptor n is a terminal), 3 x (u64 dev, u64 ino) of
 *              /proc/self/ns/{mnt,user,pid} (0 0: not there), u64 dev, u64 ino, u64 mount id (0: not known) of /,
 *              s kernel release, u64 effective capabilities, s executable path (empty unless an
 *              argument is "planner")
 *   BATCH      u32 flags (BATCH_*), u32 fault op id (0: none), u32 fault action (FAULT_*), u32 fault errno, operations
 *   RESULT     u32 status (RESULT_*), u32 failed op id, u32 errno (for RESULT_SIGNAL: the signal), u32 place (PLACE_*),
 *              s step (the system call that failed), s detail (what it was done to, or what the kernel said),
 *              u32 count, that many values (u32 op id, u32 errno or 0, b value),
 *              l what the unwinding could not undo,
 *              u32 count, that many timings (u32 op id, u32 pid, u64 start ns CLOCK_MONOTONIC, u64 duration ns)
 *   REFUSAL    in the place of a first BATCH: words that say why this planner does not serve this caller
 */
#ifndef IPCELL_OPS_H
#define IPCELL_OPS_H

#define WIRE_MAGIC 0x4c435049u /* "IPCL" */
#define WIRE_VERSION 1u
#define MAX_FRAME (16u << 20)
#define MAX_SLOTS 256
#define MAX_FIELDS 10
#define MAX_OP_ID 2047

enum frame_kind { FRAME_HELLO = 1, FRAME_RESULT = 2, FRAME_BATCH = 16, FRAME_REFUSAL = 17 };

enum op_flags {
	OP_UNDO = 1, /* not run in turn: it is the undo of the operation before it */
	OP_OPTIONAL =
		2 /* a failure is reported as the value's errno, and does not end the batch; of an undo it is not told */
};

enum batch_flags {
	BATCH_FINAL = 1, /* the planner may go: no RESULT is sent, failures are printed on stderr from the label */
	BATCH_TRACE = 2, /* RESULT carries the timings of the operations */
	BATCH_IF_OK =
		4, /* passed over, without a RESULT, if the batch before it failed: sent before its RESULT is there */
	BATCH_QUIET = 8 /* a RESULT is sent only if it fails */
};

/* Beside the operations of flock(2). */
enum { LOCK_EMPTY = 0x100, LOCK_UNDO = 0x200 };

enum fault_action {
	FAULT_NONE = 0,
	FAULT_FAIL = 1,
	FAULT_KILL_EXECUTOR = 2,
	FAULT_KILL_PLANNER = 3,
	FAULT_STOP_EXECUTOR = 4
};

enum result_status { RESULT_OK = 0, RESULT_FAILED = 1, RESULT_MALFORMED = 2, RESULT_SIGNAL = 3 };

enum place { PLACE_PARENT = 0, PLACE_CHILD = 1 };

/* clang-format off */
#define OP_TABLE(X) \
	/* Files. Paths are opened by openat2(2); base is a slot or AT_FDCWD; resolve takes RESOLVE_* flags. */ \
	X(1, OPEN_FD, "oisuuu")          /* slot, base, path, open flags (O_CLOEXEC is added), mode, resolve */ \
	X(2, CLOSE_FD, "i")              /* slot */ \
	X(3, READ_FILE, "isuu")          /* base, path, limit in bytes (more is EFBIG), resolve; value: the content */ \
	X(4, WRITE_FILE, "isuuub")       /* base, path, open flags, mode, resolve, data in one write */ \
	X(98, WRITE_LINES, "isl")        /* base, path, what each write(2) of its own takes, through one descriptor; detail: that one */ \
	X(5, WRITE_FILE_ATOMIC, "issub") /* base, path, temporary file, which is renamed to it, mode, data */ \
	X(6, MAKE_DIR, "isuu")           /* base, path, mode, flags: 1 = EEXIST is success (and its undo is not kept) */ \
	X(7, REMOVE_FILE, "is")          /* base, path; ENOENT is success */ \
	X(8, REMOVE_DIR, "isu")          /* base, path, milliseconds to retry EBUSY for; ENOENT is success */ \
	X(9, LOCK, "iuu")                /* slot, flock(2) operation, milliseconds to wait for it (then EWOULDBLOCK); \
	                                    LOCK_EMPTY: a directory, and then it must be there still (ENOENT) and have \
	                                    nothing in it (EEXIST); LOCK_UNDO: as an undo, of a directory: an empty slot is \
	                                    success; if it is not there any more or if the lock is not to be had (after a \
	                                    time of waiting, EWOULDBLOCK), nothing more is undone, nor with LOCK_EMPTY if \
	                                    there is something in it */ \
	X(10, MAKE_MOUNT_POINT, "oisuu") /* slot (O_PATH), root, path, kind: 0 = file, 1 = directory, 3 = directory reached \
	                                    without any symbolic link, 4 = file or directory, as what the slot held; \
	                                    mode; made if missing, component by component, \
	                                    every step resolved in root */ \
	X(11, SYMLINK, "iss")            /* root, target, path resolved in root; EEXIST is success */ \
	X(12, MAKE_NODE, "isuuuuu")      /* root, path resolved in root, mode with file type, major, minor, uid, gid; an \
	                                    existing node of the same type and number is kept */ \
	X(13, FD_PATH, "i")              /* slot; value: readlink of /proc/self/fd/N */ \
	X(14, STAT, "isu")               /* base, path (may be empty: the slot itself), resolve; value: u64 dev, u64 ino, \
	                                    u32 mode, u32 uid, u32 gid, u64 rdev, u64 size, u64 file system magic, \
	                                    u32 ST_* flags of its mount */ \
	X(15, VERIFY, "iuuuq")           /* slot, S_IFMT type (0: any), device major, minor (-1: any), file system magic \
	                                    (0: any); else EXDEV */ \
	X(16, COPY_FILE, "issu")         /* base, from, to, resolve; at most 4096 bytes, one write; a target that holds \
	                                    more than white space is kept as it is */ \
	X(17, WRITE_PID, "iisuu")        /* process slot, base, path, open flags, resolve: its pid as decimal text */ \
	X(18, OUTPUT, "ub")              /* 1 or 2, data: written whole to our own stdout or stderr */ \
	/* Namespaces. */ \
	X(20, OPEN_NS, "ois")            /* slot, base, path; value: u32 CLONE_NEW* type, u64 dev, u64 ino, u64 dev, u64 ino of \
	                                    the owning user namespace (0 0: out of our sight); no nsfs file: EINVAL, step fstatfs */ \
	X(21, SET_NS, "iu")              /* slot, CLONE_NEW* type */ \
	X(22, UNSHARE, "u")              /* CLONE_NEW* flags */ \
	/* Processes, run by the parent. A process slot holds the pidfd and, beside it, pid, channel and exit status. */ \
	X(30, CLONE, "ouisp")            /* process slot, clone flags, cgroup directory slot (-1: none), comm name, program; \
	                                    value: u32 pid, u64 start time as in /proc/PID/stat */ \
	X(31, AWAIT_CHILD, "iu")         /* process slot, number: until the child has passed SYNC_POINT number */ \
	X(32, RELEASE_CHILD, "iu")       /* process slot, number: lets AWAIT_PARENT number go on */ \
	X(33, AWAIT_EXEC, "iu")          /* process slot: until EXEC has replaced the child's program; flags: 1 = once that begins, signals wait \
	                                    for SUPERVISE, which forwards them */ \
	X(34, KILL, "iuu")               /* process slot, signal, milliseconds to wait for its end (0: do not); gone is success */ \
	X(35, KILL_CGROUP, "isuu")       /* base, cgroup directory, milliseconds: SIGKILL to all in it until it is empty; cgroups below \
	                                    it are removed; flags: 1 = and it itself, at once if it is empty already */ \
	X(36, SUPERVISE, "iui")          /* process slot, flags: 1 = forward signals; slot of the terminal's master (-1: none); \
	                                    until the process ends */ \
	X(37, EXIT_AS, "i")              /* process slot: exit with its status, 128 + n for signal n */ \
	X(38, EXIT, "u")                 /* exit code */ \
	X(39, GUARD, "")                 /* start the guardian, which unwinds should we be killed */ \
	X(40, COMMIT, "")                /* forget all undo operations, end the guardian */ \
	X(41, UNWIND, "")                /* run the undo operations now, last first */ \
	X(42, SEAL, "")                  /* our program is a sealed copy of our file from here on */ \
	X(43, SET_RLIMIT, "iuqq")        /* process slot (-1: this process), RLIMIT_*, soft, hard */ \
	X(44, PRCTL, "uqqqq")            /* option and arguments of prctl(2) */ \
	/* The child's side. */ \
	X(50, SYNC_POINT, "u")           /* number: tell the parent */ \
	X(51, AWAIT_PARENT, "u")         /* number: wait for RELEASE_CHILD */ \
	X(52, SEND_FD, "io")             /* slot, slot in the parent */ \
	X(53, SET_HOSTNAME, "s") \
	X(54, SET_DOMAINNAME, "s") \
	X(55, SET_SID, "") \
	X(56, SET_GROUPS, "b")           /* u32 each */ \
	X(57, SET_IDS, "uu")             /* uid, gid: setresgid, then setresuid */ \
	X(58, LIMIT_BOUNDING, "q")       /* capabilities that stay in the bounding set */ \
	X(59, SET_CAPS, "qqq")           /* effective, permitted, inheritable */ \
	X(60, SET_AMBIENT, "q") \
	X(61, UMASK, "u") \
	X(62, CHDIR, "su")               /* path, flags: 1 = EACCES and EPERM are left to the next CHDIR; 2 = goes only where one before was \
	                                    so denied; fails with ENOENT, step getcwd, where we are then outside the root */ \
	X(63, CLOSE_RANGE, "uuu")        /* first, last, CLOSE_RANGE_* flags; our own channel and socket are close-on-exec */ \
	X(97, CLOSE_OTHERS, "uii")       /* first: closes all from there on but what is in the two slots, and our own channel and signals */ \
	X(64, OPEN_PTY, "oosuuu")        /* master slot, slave slot, path of ptmx, rows, columns (0 0: as our stdin, if it is one), \
					    bits of c_oflag to clear */ \
	X(65, USE_TERMINAL, "i")         /* slave slot: controlling terminal, descriptors 0 to 2 */ \
	X(119, USE_STREAMS, "iii")       /* three slots: descriptors 0 to 2 */ \
	X(66, EXEC, "lllu")              /* argv, environment, candidates for the path, tried in turn while ENOENT, ENOTDIR or \
	                                    EACCES; flags: 1 = our own environment, with the given one added; signals are \
	                                    unblocked and reset before, and the caller's umask is back if we are the parent */ \
	X(67, SET_SECCOMP, "ubiu")       /* SECCOMP_FILTER_FLAG_*, struct sock_filter each 8 bytes, slot that takes the listener (-1: \
	                                    none is asked for), when: 0 = now, 1 = by EXEC, so that of our own calls only execve is \
	                                    under the filter (not with a listener) */ \
	/* Control groups, beyond their files. */ \
	X(68, BPF_DEVICE, "ibu")         /* cgroup directory of version 2, struct bpf_insn of a BPF_PROG_TYPE_CGROUP_DEVICE program, \
	                                    flags: 1 = in place of what is attached there; the verifier's words on failure: \
	                                    detail */ \
	X(69, AWAIT_FILE, "isssu")       /* base, path, text of the line to wait for, text to write there again before every further \
	                                    look ("" none), milliseconds (then ETIMEDOUT) */ \
	X(100, CHOWN, "isuu")            /* base, path whose last component is not followed ("" the slot itself), uid, gid (-1: kept); ENOENT \
	                                    is success */ \
	/* Mounts, all by descriptors. */ \
	X(80, FS_MOUNT, "ossluu")        /* slot, type, source ("" none), parameters "key=value" or "flag", FSMOUNT attributes \
	                                    (MOUNT_ATTR_*), reserved 0; the kernel's own words on failure: detail */ \
	X(81, OPEN_TREE, "oisuu")        /* slot, base, path, open_tree(2) flags, resolve (used when not 0: the path is first \
	                                    opened by openat2) */ \
	X(82, MOUNT_SETATTR, "isuqqq")   /* slot, path ("" the slot itself), AT_* flags, set, clear, propagation */ \
	X(83, MOVE_MOUNT, "iis")         /* slot, destination slot, path ("" the slot itself) */ \
	X(84, PIVOT_ROOT, "i")           /* slot of the new root; the old one is detached, cwd is / */ \
	X(85, MASK_PATH, "isii")         /* root, path resolved in root, slot of a detached read-only tmpfs that the first \
	                                    directory gets and others get copies of, slot of /dev/null for anything else; ENOENT is \
	                                    success */ \
	X(86, READONLY_PATH, "is")       /* root, path resolved in root; ENOENT is success */ \
	X(95, CHROOT, "i")               /* slot of the new root, cwd is / */ \
	X(96, UNMOUNT, "s")              /* path whose last component is not followed: what is mounted there is detached with all below \
	                                    it; EINVAL (nothing is) and ENOENT are success */ \
	X(94, COPY_TREE, "ii")           /* slots of directories: all that is in the first is copied into the second, with owners, modes \
	                                    and times */ \
	X(110, SET_XATTR, "isbu")        /* slot of a directory, name, value, flags: 1 = EOPNOTSUPP is success */ \
	/* A container that is there already. */ \
	X(70, CHECK_EXEC, "l")           /* candidates as EXEC takes them: fails as it would if none can be executed */ \
	X(71, AWAIT_START, "ii")         /* slot of /proc/self/fd, slot of a FIFO (O_PATH): until START opens it; a later failure \
	                                    is told through it */ \
	X(72, START, "isi")              /* base, path of that FIFO, process slot: until the child's program is replaced */ \
	X(73, OPEN_PROCESS, "ouq")       /* process slot, pid, start time in clock ticks (0: any): else ESRCH; value: u32 state \
	                                    character, u64 start time, both as in /proc/PID/stat */ \
	X(74, SEND_SOCKET, "iiss")       /* slot to send, base, path of a listening stream socket, what is said along with it */ \
	X(75, SIGNAL_CGROUP, "isu")      /* base, cgroup directory, signal for all processes in it; gone is success */ \
	X(76, LIST_DIR, "isu")           /* base, path, flags: 1 = not what is in it, but all directories below it, by their paths from it; \
	                                    value: the names, each with a NUL behind it */ \
	X(77, RUN_HOOK, "isllbbu")       /* process slot (-1: this process), path, argv, environment, its standard input before and \
	                                    behind the pid of that process (nothing behind: and no pid), milliseconds (0: no limit); fails as ECANCELED */ \
	X(78, WRITE_PROC, "isb")         /* process slot (-1: this process), name below /proc/PID, data in one write */ \
	/* What a process keeps across exec. */ \
	X(87, SET_SCHEDULER, "b")        /* struct sched_attr as sched_setattr(2) takes it */ \
	X(88, SET_IO_PRIORITY, "u")      /* as ioprio_set(2) takes it */ \
	X(89, SET_PERSONALITY, "u")      /* as personality(2) takes it */ \
	X(90, SET_MEMORY_POLICY, "ub")   /* mode with its flags, mask of nodes */ \
	X(91, SET_AFFINITY, "ib")        /* process slot (-1: this process), mask of processors */ \
	X(92, JOIN_KEYRING, "s")         /* name of a new session keyring; ENOSYS and EDQUOT are success */ \
	/* Network devices, by rtnetlink(7); a slot of a network namespace may be -1: our own. */ \
	X(102, LINK_ADDRESSES, "s")      /* device of our own; value: u32 index, u32 IFF_* flags, u32 count, that many (u32 family, u32 \
	                                    prefix, u32 IFA_F_* flags, u32 scope, b local, b address, b broadcast; empty: none); ENODEV */ \
	/* A device is meant by its index, or by its name if that is 0. */ \
	X(103, MOVE_LINK, "isuisuu")     /* network namespace, device, index, network namespace, its name there: EEXIST if taken, EINVAL \
	                                    if wrong, or a template without an index there; its index there, or 0; flags: 1 = as an undo: \
	                                    no namespace in the slot, no such device or a taken name is success, and the rest of the undo \
	                                    is left out; a taken index is no obstacle */ \
	X(104, ADD_ADDRESS, "isuuuuubbb") /* network namespace, device, index, family, prefix, IFA_F_* flags, scope, local, address, \
	                                    broadcast (empty: none); EEXIST is success */ \
	X(105, LINK_UP, "isu")           /* network namespace, device, index */ \
	/* Ids, and who owns a namespace. */ \
	X(106, MAP_IDS, "obb")           /* slot, uid_map, gid_map: a new user namespace with these maps and nobody in it */ \
	X(107, IDMAP_MOUNT, "iui")       /* slot of a detached mount, AT_* flags, slot of the user namespace whose maps it gets */ \
	X(108, CLONE_INSIDE, "i")        /* slot of a user namespace: the next CLONE makes its child, and that one's new namespaces, in \
	                                    it; nobody may have joined a PID namespace for that child */
/* clang-format on */

#define OP_ENUM(number, name, fields) OP_##name = number,
enum opcode { OP_TABLE(OP_ENUM) };
#undef OP_ENUM

#endif
