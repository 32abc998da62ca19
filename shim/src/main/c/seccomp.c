/* SPDX-License-Identifier: Apache-2.0 */
/* System call filters. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>

#include "executor.h"
#include "kernel.h"

#define MAX_INSTRUCTIONS BPF_MAXINSNS

enum when { NOW = 0, AT_EXEC = 1 };

static struct {
	bool waits;
	uint32_t flags;
	struct bytes program; /* in the batch, which the child has a copy of */
} later;

/* Where the filter has a listener, its descriptor; else 0. */
static long load(struct context *ctx, uint32_t flags, struct bytes program)
{
	/* The kernel copies the instructions, so they may stand at any address. */
	struct {
		unsigned short length;
		const void *instructions;
	} filter = {(unsigned short)(program.size / sizeof(struct sock_filter)), program.data};
	long done = syscall(SYS_seccomp, IPCELL_SECCOMP_SET_MODE_FILTER, flags, &filter);
	return done >= 0 ? done : fail(ctx, "seccomp", "SECCOMP_SET_MODE_FILTER");
}

int op_SET_SECCOMP(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	struct bytes program = f[1].b;
	bool listens = f[0].u & IPCELL_SECCOMP_FILTER_FLAG_NEW_LISTENER;
	bool has_slot = f[2].slot >= 0;
	if (program.size == 0 || program.size % sizeof(struct sock_filter) ||
	    program.size / sizeof(struct sock_filter) > MAX_INSTRUCTIONS)
		return fail_with(ctx, EINVAL, "seccomp", "a program of that size");
	if (listens != has_slot || f[3].u > AT_EXEC || (listens && f[3].u == AT_EXEC))
		return fail_with(ctx, EINVAL, "seccomp", "what to do with the listener");
	if (f[3].u == AT_EXEC && later.waits)
		return fail_with(ctx, EBUSY, "seccomp", "another filter waits for exec");
	if (f[3].u == AT_EXEC) {
		later.waits = true;
		later.flags = f[0].u;
		later.program = program;
		return 0;
	}
	long listener = load(ctx, f[0].u, program);
	if (listener < 0)
		return (int)listener;
	if (listens)
		slot_fill(ctx, &f[2], (int)listener);
	return 0;
}

bool filter_waits(void)
{
	return later.waits;
}

int load_waiting_filter(struct context *ctx)
{
	return later.waits ? (int)load(ctx, later.flags, later.program) : 0;
}
