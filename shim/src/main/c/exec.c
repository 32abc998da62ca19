/* SPDX-License-Identifier: Apache-2.0 */
/* The last operations of a program: where it runs, and what it becomes. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "executor.h"
#include "kernel.h"

#define MAX_STRINGS 16384
#define MAX_CANDIDATES 256
#define OWN_ENVIRONMENT 1u

int op_CHDIR(struct context *ctx, const struct op *op)
{
	static char path[PATH_MAX];
	static bool denied;
	const uint32_t flags = op->field[1].u;
	/* Then we are where the one before led, and a filter may have come that lets nobody ask. */
	if (flags & 2 && !denied)
		return 0;
	denied = false;
	if (chdir(op->field[0].s) < 0) {
		denied = flags & 1 && (errno == EACCES || errno == EPERM);
		return denied ? 0 : fail(ctx, "chdir", op->field[0].s);
	}
	/* The raw call: outside the root it says "(unreachable)/..." where the C library fails or hides it (CVE-2024-21626). */
	long size = syscall(SYS_getcwd, path, sizeof path);
	if (size < 0)
		return fail(ctx, "getcwd", op->field[0].s);
	return path[0] == '/' ? 0 : fail_with(ctx, ENOENT, "getcwd", op->field[0].s);
}

/* Ignored signals and a signal mask would outlive execve(2). By raw calls: the C library keeps some signals to itself. */
void reset_signals(void)
{
	struct kernel_sigaction standard = {0};
	uint64_t none = 0;
	for (int number = 1; number <= 64; number++)
		syscall(SYS_rt_sigaction, number, &standard, NULL, sizeof none);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none);
}

/* A filter older than faccessat2(2) refuses it. The old call goes by the real ids, which are the effective ones by then. */
static bool may_execute(const char *path)
{
	return faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0 || (errno == EPERM && access(path, X_OK) == 0);
}

/* The first candidate that looks as if it could be executed; -errno as execvp(3) would choose it. */
static int find(struct context *ctx, const char *const *candidates)
{
	int denied = -1, at = 0;
	for (; candidates[at]; at++) {
		struct stat st;
		if (may_execute(candidates[at]) && stat(candidates[at], &st) == 0) {
			if (!S_ISDIR(st.st_mode))
				return at;
			errno = EACCES;
		}
		if (errno == EACCES && denied < 0)
			denied = at;
	}
	return denied >= 0 ? fail_with(ctx, EACCES, "execve", candidates[denied])
			   : fail(ctx, "execve", candidates[at - 1]);
}

/* The parent becomes a command: nothing of us stays behind, so nobody can be told of a failure any more. */
static int become(struct context *ctx, const char *const *argv, const char *const *environment,
		  const char *const *candidates)
{
	int at = find(ctx, candidates);
	if (at < 0)
		return at;
	forget_undo();
	end_guard();
	end_planner(ctx);
	umask(ctx->caller_umask);
	reset_signals();
	execve(candidates[at], (char *const *)argv, (char *const *)environment);
	dprintf(STDERR_FILENO, "ipcell: exec: \"%s\": %s (%s)\n", candidates[at], strerror(errno), errno_name(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static bool with_own(const char **environment, int room)
{
	int count = 0;
	while (environment[count])
		count++;
	for (char **entry = environ; *entry && count < room - 1; entry++)
		environment[count++] = *entry;
	environment[count] = NULL;
	return count < room - 1;
}

int op_EXEC(struct context *ctx, const struct op *op)
{
	static const char *argv[MAX_STRINGS], *environment[MAX_STRINGS], *candidates[MAX_CANDIDATES];
	const struct field *f = op->field;
	int arguments = field_strings(&f[0], argv, MAX_STRINGS),
	    paths = field_strings(&f[2], candidates, MAX_CANDIDATES);
	if (arguments < 0 || paths < 0 || field_strings(&f[1], environment, MAX_STRINGS) < 0 ||
	    (f[3].u & OWN_ENVIRONMENT && !with_own(environment, MAX_STRINGS)))
		return fail_with(ctx, E2BIG, "execve", "too many strings");
	if (arguments == 0 || paths == 0)
		return fail_with(ctx, EINVAL, "execve", "nothing to execute");
	if (!ctx->in_child)
		return become(ctx, argv, environment, candidates);
	/* A filter may keep us from telling that there is nothing to execute, so that is looked for before. */
	int error = filter_waits() ? find(ctx, candidates) : 0;
	if (error >= 0)
		error = announce_exec(ctx);
	if (error)
		return error;
	reset_signals();
	error = load_waiting_filter(ctx);
	if (error)
		return error;
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

int op_CHECK_EXEC(struct context *ctx, const struct op *op)
{
	static const char *candidates[MAX_CANDIDATES];
	int paths = field_strings(&op->field[0], candidates, MAX_CANDIDATES);
	if (paths <= 0)
		return fail_with(ctx, paths < 0 ? E2BIG : EINVAL, "execve", "nothing to execute");
	int at = find(ctx, candidates);
	return at < 0 ? at : 0;
}
