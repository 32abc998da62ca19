/* SPDX-License-Identifier: Apache-2.0 */
/* The cold way: a JVM for this one call, on the other end of a socket pair. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "executor.h"
#include "kernel.h"

#ifndef IPCELL_BUILD_ID
#define IPCELL_BUILD_ID "unbuilt"
#endif

#define PATH_ROOM 4096

struct planner_paths {
	char java[PATH_ROOM], cache[PATH_ROOM + 32];
};

/* The planner is found from our own place, never by PATH or JAVA_HOME: engines call with an empty environment. */
static bool find_planner(struct planner_paths *paths)
{
	char self[PATH_ROOM / 2];
	const char *path = our_own_path();
	if (!*path || strlen(path) >= sizeof self)
		return false;
	strcpy(self, path);
	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(self, '/');
		if (slash)
			*slash = 0;
	}
	snprintf(paths->java, sizeof paths->java, "%s/lib/ipcell/image/bin/java", self);
	snprintf(paths->cache, sizeof paths->cache, "-XX:AOTCache=%s/lib/ipcell/ipcell-" IPCELL_BUILD_ID ".aot", self);
	return true;
}

/* Nothing in the caller's environment or descriptors reaches the JVM, and nothing the JVM prints reaches the caller's stdout. */
static _Noreturn void become_planner(const struct planner_paths *paths, int socket, int log, pid_t parent)
{
	const char *argv[] = {"ipcell-planner",
#include "jvm_options.h"
			      paths->cache, "-m", "dev.ipcell.runtime/dev.ipcell.runtime.Planner", NULL};
	/* In the C locale the JVM would look for a character set that the cache is not trained for, and names were ASCII. */
	const char *environment[] = {"LC_ALL=C.UTF-8", NULL};
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it died before that */
		_exit(EXIT_FAILURE_CODE);
	umask(077);
	reset_signals();
	syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC);
	if (dup2(socket, 0) == 0 && dup2(log, 1) == 1 && dup2(log, 2) == 2 && chdir("/") == 0)
		execve(paths->java, (char *const *)argv, (char *const *)environment);
	dprintf(log, "cannot start %s: %s\n", paths->java, strerror(errno));
	_exit(EXIT_FAILURE_CODE);
}

void start_planner(struct context *ctx)
{
	static struct planner_paths paths;
	int sockets[2];
	if (!find_planner(&paths))
		give_up(ctx, "cannot find our own place by /proc/self/exe: is /proc mounted?");
	if (access(paths.java, X_OK) < 0) {
		fprintf(stderr, "ipcell: planner image not found: %s: %s (%s); reinstall ipcell\n", paths.java,
			strerror(errno), errno_name(errno));
		leave(ctx, EXIT_FAILURE_CODE);
	}
	ctx->planner_log = (int)syscall(SYS_memfd_create, "ipcell-planner", MFD_CLOEXEC);
	if (ctx->planner_log < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
		give_up(ctx, "cannot make a socket for the planner");
	pid_t pid = fork();
	if (pid < 0)
		give_up(ctx, "cannot start a process for the planner");
	if (pid == 0)
		become_planner(&paths, sockets[1], ctx->planner_log, ctx->pid);
	close(sockets[1]);
	ctx->planner = sockets[0];
	ctx->planner_pid = pid;
}

/* On purpose (see fault_action in ops.h); what follows is as it would be on a real death. */
void kill_planner(struct context *ctx)
{
	if (ctx->planner_pid > 0)
		kill(ctx->planner_pid, SIGKILL);
	else if (ctx->planner >= 0)
		shutdown(ctx->planner, SHUT_RDWR);
}

void end_planner(struct context *ctx)
{
	if (ctx->planner >= 0)
		close(ctx->planner);
	ctx->planner = -1;
	if (ctx->planner_pid <= 0)
		return;
	kill(ctx->planner_pid, SIGKILL);
	while (waitpid(ctx->planner_pid, NULL, 0) < 0 && errno == EINTR)
		;
	ctx->planner_pid = 0;
}

void print_planner_log(struct context *ctx)
{
	char words[2048];
	if (ctx->planner_log < 0)
		return;
	ssize_t size = pread(ctx->planner_log, words, sizeof words - 1, 0);
	if (size <= 0)
		return;
	words[size] = 0;
	for (char *line = words, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (end)
			*end = 0;
		fprintf(stderr, "ipcell: planner: %s\n", line);
		if (!end)
			return;
	}
}
