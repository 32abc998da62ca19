/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on how a process is scheduled, and on the other things that it keeps across execve(2). */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>

#include "executor.h"
#include "kernel.h"

#define KEYCTL_JOIN_SESSION_KEYRING 1
#define IOPRIO_WHO_PROCESS 1
#define SCHED_ATTR_SIZE_FIRST 48 /* also what a stated size of 0 stands for */
#define MAX_MASK 1024

int op_SET_SCHEDULER(struct context *ctx, const struct op *op)
{
	struct bytes attributes = op->field[0].b;
	/* The kernel reads as many bytes as the first of them state. */
	if (attributes.size < SCHED_ATTR_SIZE_FIRST || get_u32(attributes.data) > attributes.size)
		return fail_with(ctx, EINVAL, "sched_setattr", "");
	return syscall(SYS_sched_setattr, 0, attributes.data, 0) == 0 ? 0 : fail(ctx, "sched_setattr", "");
}

int op_SET_IO_PRIORITY(struct context *ctx, const struct op *op)
{
	return syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, op->field[0].u) == 0 ? 0 : fail(ctx, "ioprio_set", "");
}

int op_SET_PERSONALITY(struct context *ctx, const struct op *op)
{
	return personality(op->field[0].u) >= 0 ? 0 : fail(ctx, "personality", "");
}

/* Masks are byte strings, and the kernel reads words. */
static unsigned long *words(struct bytes mask)
{
	static unsigned long copy[MAX_MASK / sizeof(unsigned long)];
	memset(copy, 0, sizeof copy);
	memcpy(copy, mask.data, mask.size < MAX_MASK ? mask.size : MAX_MASK);
	return copy;
}

int op_SET_MEMORY_POLICY(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	unsigned long bits =
		f[1].b.size ? MAX_MASK : 0; /* the kernel refuses only bits that are set beyond its nodes */
	if (syscall(SYS_set_mempolicy, f[0].u, bits ? words(f[1].b) : NULL, bits) < 0)
		return fail(ctx, "set_mempolicy", "");
	return 0;
}

int op_SET_AFFINITY(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	pid_t pid = slot_pid(ctx, f[0].slot);
	if (pid < 0)
		return fail_with(ctx, ESRCH, "sched_setaffinity", "");
	if (syscall(SYS_sched_setaffinity, pid, MAX_MASK, words(f[1].b)) < 0)
		return fail(ctx, "sched_setaffinity", "");
	return 0;
}

int op_JOIN_KEYRING(struct context *ctx, const struct op *op)
{
	long id = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, op->field[0].s, 0, 0, 0);
	/* A kernel without keyrings, or one whose quota is used up: runc goes on too, because few would notice. */
	return id >= 0 || errno == ENOSYS || errno == EDQUOT ? 0 : fail(ctx, "keyctl", op->field[0].s);
}
