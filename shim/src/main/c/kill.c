/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that end processes. They are undo operations too, so the guardian may run them, which is nobody's parent. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "executor.h"
#include "kernel.h"

#define DEEPEST 64 /* levels of cgroups below a container's own */

int op_KILL(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	struct process *process = process_of(ctx, f[0].slot);
	if (!process || process->reaped)
		return 0;
	int pidfd = ctx->slots[process->slot];
	if (pidfd < 0)
		return 0; /* it never came to be */
	if (syscall(SYS_pidfd_send_signal, pidfd, f[1].u, NULL, 0) < 0) {
		/* EBADF: our own death cut its clone short, which leaves a number and no descriptor */
		return errno == ESRCH || errno == EBADF ? 0 : fail(ctx, "pidfd_send_signal", "");
	}
	return f[2].u ? wait_for_end(ctx, process, f[2].u) : 0;
}

static bool is_gone(int error)
{
	return error == -ENOENT || error == -ENODEV;
}

/* Takes a piece of the list, which may end in the middle of a number; false: that is no list. */
static bool kill_piece(const char *piece, ssize_t size, long *pid, int number, int *listed)
{
	for (ssize_t i = 0; i < size; i++) {
		if (piece[i] >= '0' && piece[i] <= '9' && *pid <= INT_MAX / 10 - 1) {
			*pid = *pid * 10 + (piece[i] - '0');
		} else if (piece[i] == '\n') {
			*listed += 1;
			if (*pid > 1) /* 0: outside our PID namespace */
				kill((pid_t)*pid, number);
			*pid = 0;
		} else {
			return false;
		}
	}
	return true;
}

/* Sends a signal to what cgroup.procs lists; returns how many that were, or -errno. */
static int kill_listed(struct context *ctx, int cgroup, const char *path, int number)
{
	char piece[8192];
	int error = 0, listed = 0, fd = openat(cgroup, "cgroup.procs", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return fail(ctx, "openat", path);
	long pid = 0;
	ssize_t size;
	/* To its end: the kernel gives no more than a page at once, which is some 700 processes. */
	while (!error && (size = read(fd, piece, sizeof piece)) != 0) {
		if (size < 0 && errno == EOPNOTSUPP)
			break; /* a threaded cgroup, whose processes the one above it lists */
		if (size < 0)
			error = fail(ctx, "read", path);
		else if (!kill_piece(piece, size, &pid, number, &listed))
			error = fail_with(ctx, EINVAL, "read", path);
	}
	close(fd);
	return error ? error : listed;
}

static int kill_until_empty(struct context *ctx, int cgroup, const char *path, uint64_t end)
{
	for (unsigned pause = 1;; pause = pause < 32 ? pause * 2 : pause) {
		int listed = kill_listed(ctx, cgroup, path, SIGKILL);
		if (listed <= 0)
			return is_gone(listed) ? 0 : listed;
		if (now_nanos() >= end)
			return fail_with(ctx, ETIMEDOUT, "kill", path);
		sleep_millis(pause);
		reap(ctx);
	}
}

/* The first cgroup below one, by its name; false if there is none. No readdir(3): it allocates, and the guardian comes here too. */
static bool first_below(int cgroup, char *name, size_t room)
{
	_Alignas(struct kernel_dirent) char entries[4096];
	bool found = false;
	long got;
	int list = openat(cgroup, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	while (!found && list >= 0 && (got = syscall(SYS_getdents64, list, entries, sizeof entries)) > 0) {
		const struct kernel_dirent *entry;
		for (long at = 0; at < got && !found; at += entry->size) {
			entry = (const struct kernel_dirent *)(entries + at);
			found = entry->type == DT_DIR && strcmp(entry->name, ".") != 0 &&
				strcmp(entry->name, "..") != 0 &&
				(size_t)snprintf(name, room, "%s", entry->name) < room;
		}
	}
	if (list >= 0)
		close(list);
	return found;
}

/* Takes away what the container itself made below its cgroup, as a service manager in it does. */
static int empty_below(struct context *ctx, int cgroup, const char *path, uint64_t end, int depth)
{
	char name[NAME_MAX + 1];
	struct stat st;
	/* A directory's links are its name, its "." and the ".." of each directory in it: here that spares making an inode of each file. */
	if (fstat(cgroup, &st) == 0 && st.st_nlink == 2)
		return 0;
	while (first_below(cgroup, name, sizeof name)) {
		if (depth == 0)
			return fail_with(ctx, ELOOP, "rmdir", path);
		int below = openat(cgroup, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		int error = below < 0 ? fail(ctx, "openat", name) : kill_until_empty(ctx, below, name, end);
		if (!error)
			error = empty_below(ctx, below, name, end, depth - 1);
		if (below >= 0)
			close(below);
		if (error && !is_gone(error))
			return error;
		while (unlinkat(cgroup, name, AT_REMOVEDIR) < 0 && errno != ENOENT) {
			if (errno != EBUSY || now_nanos() >= end)
				return fail(ctx, "rmdir", name);
			sleep_millis(1);
		}
	}
	return 0;
}

int op_KILL_CGROUP(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	uint64_t end = now_nanos() + (uint64_t)f[2].u * 1000000;
	bool removes = f[3].u & 1;
	int base, error = slot_fd(ctx, &f[0], &base);
	/* Most often all have ended by then, and this is the quickest way to know. */
	if (error || (removes && unlinkat(base, f[1].s, AT_REMOVEDIR) == 0))
		return error;
	int cgroup = open_at(ctx, &f[0], f[1].s, O_RDONLY | O_DIRECTORY, 0, 0);
	if (cgroup < 0)
		return is_gone(cgroup) ? 0 : cgroup;
	/* Where the kernel has it (version 2 of cgroups), it reaches cgroups below this one too, and nothing can outrun it by forking. */
	int all = openat(cgroup, "cgroup.kill", O_WRONLY | O_CLOEXEC);
	if (all >= 0) {
		error = write(all, "1", 1) == 1 ? 0 : fail(ctx, "write", f[1].s);
		close(all);
	}
	if (!error)
		error = kill_until_empty(ctx, cgroup, f[1].s, end);
	if (!error)
		error = empty_below(ctx, cgroup, f[1].s, end, DEEPEST);
	close(cgroup);
	if (!error && removes)
		return op_REMOVE_DIR(ctx, op); /* whose fields are the first of ours */
	return is_gone(error) ? 0 : error;
}

int op_SIGNAL_CGROUP(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	int cgroup = open_at(ctx, &f[0], f[1].s, O_RDONLY | O_DIRECTORY, 0, 0);
	int listed = cgroup < 0 ? cgroup : kill_listed(ctx, cgroup, f[1].s, (int)f[2].u);
	if (cgroup >= 0)
		close(cgroup);
	return listed >= 0 || is_gone(listed) ? 0 : listed;
}
