/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that end processes. They are undo operations too, so the guardian may run them, which is nobody's parent. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>

#include "executor.h"
#include "kernel.h"

int op_KILL(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	struct process *process = process_of(ctx, f[0].slot);
	if (!process || process->reaped)
		return 0;
	int pidfd = ctx->slots[process->slot];
	if (pidfd < 0)
		return 0; /* it never came to be */
	if (syscall(SYS_pidfd_send_signal, pidfd, f[1].u, NULL, 0) < 0 && errno != ESRCH)
		return fail(ctx, "pidfd_send_signal", "");
	return f[2].u ? wait_for_end(ctx, process, f[2].u) : 0;
}

/* Opens a file of a cgroup that may be gone. */
static int open_file(struct context *ctx, const struct field *f, const char *name, uint64_t flags)
{
	char path[PATH_MAX];
	if (snprintf(path, sizeof path, "%s/%s", f[1].s, name) >= (int)sizeof path)
		return fail_with(ctx, ENAMETOOLONG, "openat2", f[1].s);
	return open_at(ctx, &f[0], path, flags, 0, 0);
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
static int kill_listed(struct context *ctx, const struct field *f, int number)
{
	char piece[8192];
	int error = 0, listed = 0, fd = open_file(ctx, f, "cgroup.procs", O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return fd;
	long pid = 0;
	ssize_t size;
	/* To its end: the kernel gives no more than a page at once, which is some 700 processes. */
	while (!error && (size = read(fd, piece, sizeof piece)) != 0) {
		if (size < 0)
			error = fail(ctx, "read", f[1].s);
		else if (!kill_piece(piece, size, &pid, number, &listed))
			error = fail_with(ctx, EINVAL, "read", f[1].s);
	}
	close(fd);
	return error ? error : listed;
}

int op_KILL_CGROUP(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	uint64_t end = now_nanos() + (uint64_t)f[2].u * 1000000;
	/* Where the kernel has it (version 2 of cgroups), it reaches cgroups below this one too, and nothing can outrun it by forking. */
	int all = open_file(ctx, f, "cgroup.kill", O_WRONLY);
	if (all >= 0) {
		int error = write(all, "1", 1) == 1 ? 0 : fail(ctx, "write", f[1].s);
		close(all);
		if (error && !is_gone(error))
			return error;
	}
	for (unsigned pause = 1;; pause = pause < 32 ? pause * 2 : pause) {
		int listed = kill_listed(ctx, f, SIGKILL);
		if (listed <= 0)
			return is_gone(listed) ? 0 : listed;
		if (now_nanos() >= end)
			return fail_with(ctx, ETIMEDOUT, "kill", f[1].s);
		sleep_millis(pause);
		reap(ctx);
	}
}

int op_SIGNAL_CGROUP(struct context *ctx, const struct op *op)
{
	int listed = kill_listed(ctx, op->field, (int)op->field[2].u);
	return listed >= 0 || is_gone(listed) ? 0 : listed;
}
