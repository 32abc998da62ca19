/* SPDX-License-Identifier: Apache-2.0 */
/* The last operations of a program: where it runs, and what it becomes. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "executor.h"
#include "kernel.h"

#define MAX_STRINGS 16384
#define MAX_CANDIDATES 256

int op_CHDIR(struct context *ctx, const struct op *op)
{
	char path[4096];
	if (chdir(op->field[0].s) < 0)
		return fail(ctx, "chdir", op->field[0].s);
	/* The raw call: outside the root it says "(unreachable)/..." where the C library fails or hides it (CVE-2024-21626). */
	long size = syscall(SYS_getcwd, path, sizeof path);
	if (size < 0)
		return fail(ctx, "getcwd", op->field[0].s);
	return path[0] == '/' ? 0 : fail_with(ctx, ENOENT, "getcwd", op->field[0].s);
}

/* Ignored signals and a signal mask would outlive execve(2). */
static void reset_signals(void)
{
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

int op_EXEC(struct context *ctx, const struct op *op)
{
	static const char *argv[MAX_STRINGS], *environment[MAX_STRINGS], *candidates[MAX_CANDIDATES];
	const struct field *f = op->field;
	if (field_strings(&f[0], argv, MAX_STRINGS) < 1 || field_strings(&f[1], environment, MAX_STRINGS) < 0 ||
	    field_strings(&f[2], candidates, MAX_CANDIDATES) < 1)
		return fail_with(ctx, E2BIG, "execve", "too many strings");
	int error = announce_exec(ctx);
	if (error)
		return error;
	reset_signals();
	int denied = -1, at = 0;
	for (; candidates[at]; at++) {
		execve(candidates[at], (char *const *)argv, (char *const *)environment);
		if (errno == EACCES && denied < 0)
			denied = at;
		else if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
			return fail(ctx, "execve", candidates[at]);
	}
	if (denied >= 0)
		return fail_with(ctx, EACCES, "execve", candidates[denied]);
	return fail(ctx, "execve", candidates[at - 1]);
}
