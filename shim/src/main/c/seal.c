/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Before it enters a container the executor goes on in a sealed copy of itself, so that nothing in there can write to the file that the
 * host will run next time (CVE-2019-5736). The copy is small enough that making it costs microseconds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "executor.h"
#include "kernel.h"

#define SEALED "--sealed="

static int sealed_copy(struct context *ctx)
{
	struct stat st;
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (self < 0 || fstat(self, &st) < 0)
		return fail(ctx, "open", "/proc/self/exe");
	int copy = (int)syscall(SYS_memfd_create, "ipcell", MFD_CLOEXEC | MFD_ALLOW_SEALING | IPCELL_MFD_EXEC);
	if (copy < 0 && errno == EINVAL) /* before Linux 6.3 every memfd could be executed */
		copy = (int)syscall(SYS_memfd_create, "ipcell", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (copy < 0)
		return fail(ctx, "memfd_create", "");
	off_t left = st.st_size;
	while (left > 0) {
		ssize_t sent = sendfile(copy, self, NULL, (size_t)left);
		if (sent <= 0)
			return fail(ctx, "sendfile", "/proc/self/exe");
		left -= sent;
	}
	close(self);
	if (fcntl(copy, F_ADD_SEALS, IPCELL_F_SEALS | IPCELL_F_SEAL_EXEC) == 0 ||
	    fcntl(copy, F_ADD_SEALS, IPCELL_F_SEALS) == 0)
		return copy;
	return fail(ctx, "fcntl(F_ADD_SEALS)", "");
}

static void inherit(int fd, bool on)
{
	if (fd >= 0)
		fcntl(fd, F_SETFD, on ? 0 : FD_CLOEXEC);
}

static bool any_child(const struct context *ctx)
{
	for (int i = 0; i < MAX_PROCESSES; i++)
		if (ctx->processes[i].slot >= 0 && !ctx->processes[i].foreign)
			return true;
	return false;
}

/* Writes down what is in the slots, and has it kept or closed by execve(2); returns the text's length. */
static size_t pass_slots(struct context *ctx, char *text, size_t length, size_t room, bool on)
{
	for (unsigned slot = 0; slot < MAX_SLOTS; slot++) {
		if (ctx->slots[slot] < 0)
			continue;
		inherit(ctx->slots[slot], on);
		length += (size_t)snprintf(text + length, room - length, ",%u=%d", slot, ctx->slots[slot]);
	}
	return length;
}

/* Processes of others are a number and a slot. */
static void pass_processes(const struct context *ctx, char *text, size_t length, size_t room)
{
	for (int i = 0; i < MAX_PROCESSES; i++)
		if (ctx->processes[i].slot >= 0)
			length += (size_t)snprintf(text + length, room - length, "/%d=%ld", ctx->processes[i].slot,
						   (long)ctx->processes[i].pid);
}

static void take_slots(struct context *ctx, const char *text)
{
	unsigned slot;
	int fd, size;
	for (; sscanf(text, ",%u=%d%n", &slot, &fd, &size) == 2 && slot < MAX_SLOTS; text += size) {
		ctx->slots[slot] = fd;
		inherit(fd, false);
	}
	long pid;
	for (int i = 0; i < MAX_PROCESSES && sscanf(text, "/%u=%ld%n", &slot, &pid, &size) == 2 && slot < MAX_SLOTS;
	     i++, text += size)
		ctx->processes[i] =
			(struct process){.slot = (int32_t)slot, .pid = (pid_t)pid, .channel = -1, .foreign = true};
}

int op_SEAL(struct context *ctx, const struct op *op)
{
	(void)op;
	static char argument[128 + (MAX_SLOTS + MAX_PROCESSES) * sizeof ",255=2147483647"];
	/* Memory does not outlive execve(2), and who undoes needs to know what. */
	if (anything_to_undo() || guarded() || any_child(ctx))
		return fail_with(ctx, EBUSY, "execveat", "there is something to undo already");
	int copy = sealed_copy(ctx);
	if (copy < 0)
		return copy;
	int length = snprintf(argument, sizeof argument, SEALED "%d,%ld,%d,%o", ctx->planner, (long)ctx->planner_pid,
			      ctx->planner_log, ctx->caller_umask);
	size_t used = pass_slots(ctx, argument, (size_t)length, sizeof argument, true);
	pass_processes(ctx, argument, used, sizeof argument);
	const char *argv[] = {"ipcell", argument, NULL};
	inherit(ctx->planner, true);
	inherit(ctx->planner_log, true);
	syscall(SYS_execveat, copy, "", argv, environ, AT_EMPTY_PATH);
	int error = fail(ctx, "execveat", "the sealed copy");
	inherit(ctx->planner, false);
	inherit(ctx->planner_log, false);
	pass_slots(ctx, argument, 0, sizeof argument, false);
	close(copy);
	return error;
}

/* Takes over from the image that sealed us; 0 if this is such a start, -1 if not. */
int sealed_start(struct context *ctx, const char *argument)
{
	long pid;
	unsigned mask;
	int length;
	if (strncmp(argument, SEALED, strlen(SEALED)) != 0)
		return -1;
	/* Only a file in memory has seals at all. */
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), seals = self < 0 ? -1 : fcntl(self, F_GET_SEALS);
	if (self >= 0)
		close(self);
	if (seals < 0 || (seals & IPCELL_F_SEALS) != IPCELL_F_SEALS)
		return -1;
	if (sscanf(argument + strlen(SEALED), "%d,%ld,%d,%o%n", &ctx->planner, &pid, &ctx->planner_log, &mask,
		   &length) != 4)
		return -1;
	ctx->planner_pid = (pid_t)pid;
	ctx->caller_umask = (mode_t)mask;
	inherit(ctx->planner, false);
	inherit(ctx->planner_log, false);
	take_slots(ctx, argument + strlen(SEALED) + length);
	return 0;
}
