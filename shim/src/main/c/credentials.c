/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on credentials, limits and the process's attributes. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "executor.h"
#include "kernel.h"

#define CAPABILITIES 64
#define MAX_GROUPS 65536

static int fail_number(struct context *ctx, const char *step, const char *what, unsigned long number)
{
	char text[64];
	int error = errno;
	size_t length = strlen(what);
	memcpy(text, what, length);
	append_number(text, length, number);
	return fail_with(ctx, error, step, text);
}

int op_SET_RLIMIT(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	struct {
		uint64_t soft, hard;
	} limit = {f[2].q, f[3].q};
	pid_t pid = slot_pid(ctx, f[0].slot);
	if (pid < 0)
		return fail_with(ctx, ESRCH, "prlimit", "");
	return syscall(SYS_prlimit64, pid, f[1].u, &limit, NULL) == 0
		       ? 0
		       : fail_number(ctx, "prlimit", "resource ", f[1].u);
}

int op_PRCTL(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	long done = prctl((int)f[0].u, (unsigned long)f[1].q, (unsigned long)f[2].q, (unsigned long)f[3].q,
			  (unsigned long)f[4].q);
	return done >= 0 ? 0 : fail_number(ctx, "prctl", "option ", f[0].u);
}

int op_SET_SID(struct context *ctx, const struct op *op)
{
	(void)op;
	return setsid() >= 0 ? 0 : fail(ctx, "setsid", "");
}

/* The raw system calls: this process has one thread, and the C library's wrappers would look for others. */
int op_SET_GROUPS(struct context *ctx, const struct op *op)
{
	static gid_t groups[MAX_GROUPS];
	uint32_t count = op->field[0].b.size / 4;
	if (count > MAX_GROUPS || op->field[0].b.size % 4)
		return fail_with(ctx, EINVAL, "setgroups", "");
	for (uint32_t i = 0; i < count; i++)
		groups[i] = get_u32(op->field[0].b.data + 4 * i);
	return syscall(SYS_setgroups, (size_t)count, groups) == 0 ? 0 : fail(ctx, "setgroups", "");
}

int op_SET_IDS(struct context *ctx, const struct op *op)
{
	uint32_t uid = op->field[0].u, gid = op->field[1].u;
	if (syscall(SYS_setresgid, gid, gid, gid) < 0)
		return fail(ctx, "setresgid", "");
	return syscall(SYS_setresuid, uid, uid, uid) == 0 ? 0 : fail(ctx, "setresuid", "");
}

int op_LIMIT_BOUNDING(struct context *ctx, const struct op *op)
{
	for (unsigned long capability = 0; capability < CAPABILITIES; capability++) {
		int there = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
		if (there < 0)
			break; /* the kernel knows no more */
		bool keep = op->field[0].q >> capability & 1;
		if (there && !keep && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			return fail_number(ctx, "prctl(PR_CAPBSET_DROP)", "capability ", capability);
	}
	return 0;
}

int op_SET_CAPS(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	struct kernel_cap_header header = {.version = KERNEL_CAP_VERSION_3};
	struct kernel_cap_data data[2];
	for (int i = 0; i < 2; i++) {
		data[i].effective = (uint32_t)(f[0].q >> (32 * i));
		data[i].permitted = (uint32_t)(f[1].q >> (32 * i));
		data[i].inheritable = (uint32_t)(f[2].q >> (32 * i));
	}
	return syscall(SYS_capset, &header, data) == 0 ? 0 : fail(ctx, "capset", "");
}

int op_SET_AMBIENT(struct context *ctx, const struct op *op)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return fail(ctx, "prctl(PR_CAP_AMBIENT)", "");
	for (unsigned long capability = 0; capability < CAPABILITIES; capability++) {
		bool raise = op->field[0].q >> capability & 1;
		if (raise && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0)
			return fail_number(ctx, "prctl(PR_CAP_AMBIENT)", "capability ", capability);
	}
	return 0;
}

int op_UMASK(struct context *ctx, const struct op *op)
{
	(void)ctx;
	umask(op->field[0].u & 0777);
	return 0;
}
