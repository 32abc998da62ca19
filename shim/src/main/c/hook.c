/* SPDX-License-Identifier: Apache-2.0 */
/* Hooks: programs of the bundle's author that are run at points of the container's life (runtime-spec, config.md, "POSIX-platform Hooks"). */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "executor.h"
#include "kernel.h"

#define MAX_WORDS 4096

/* A hook that runs: its standard input still to be written, and what it says. */
struct hook {
	pid_t pid;
	int pidfd, in, out;
	char number[24];
	struct iovec state[3]; /* what is left of it */
	char said[400];
	size_t said_size;
};

static _Noreturn void become_hook(const char *path, const char *const *argv, const char *const *environment, int in,
				  int out)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	reset_signals();
	if (dup2(in, 0) == 0 && dup2(out, 1) == 1 && dup2(out, 2) == 2) {
		syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC);
		execve(path, (char *const *)argv, (char *const *)environment);
	}
	dprintf(2, "%s: %s", path, strerror(errno));
	_exit(127);
}

static int launch(struct context *ctx, struct hook *hook, const char *path, const char *const *argv,
		  const char *const *environment)
{
	int in[2], out[2];
	if (pipe2(in, O_CLOEXEC) < 0)
		return fail(ctx, "pipe2", path);
	if (pipe2(out, O_CLOEXEC) < 0) {
		close(in[0]);
		close(in[1]);
		return fail(ctx, "pipe2", path);
	}
	struct kernel_clone_args args = {
		.flags = CLONE_PIDFD, .pidfd = (uint64_t)(uintptr_t)&hook->pidfd, .exit_signal = SIGCHLD};
	hook->pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
	if (hook->pid == 0)
		become_hook(path, argv, environment, in[0], out[1]);
	int error = hook->pid < 0 ? fail(ctx, "clone3", path) : 0;
	close(in[0]);
	close(out[1]);
	hook->in = in[1];
	hook->out = out[0];
	fcntl(hook->in, F_SETFL, O_WRONLY | O_NONBLOCK);
	fcntl(hook->out, F_SETFL, O_RDONLY | O_NONBLOCK);
	return error;
}

static void feed(struct hook *hook)
{
	ssize_t put = writev(hook->in, hook->state, 3);
	bool broken = put < 0 && errno != EAGAIN && errno != EINTR;
	size_t written = put > 0 ? (size_t)put : 0, left = 0;
	for (int i = 0; i < 3; i++) {
		struct iovec *part = &hook->state[i];
		size_t gone = written < part->iov_len ? written : part->iov_len;
		*part = (struct iovec){(char *)part->iov_base + gone, part->iov_len - gone};
		written -= gone;
		left += part->iov_len;
	}
	if (left == 0 || broken) {
		close(hook->in);
		hook->in = -1;
	}
}

/* The beginning of what it says goes into the error, should it fail; the rest is read so that it does not stand still. */
static void listen_to(struct hook *hook)
{
	char words[1024];
	ssize_t got = read(hook->out, words, sizeof words);
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
		close(hook->out);
		hook->out = -1;
	}
	for (ssize_t i = 0; i < got && hook->said_size < sizeof hook->said - 1; i++)
		hook->said[hook->said_size++] = words[i] == '\n' ? ' ' : words[i];
}

/* Returns 0 when it has ended, else -errno. */
static int attend(struct context *ctx, struct hook *hook, const char *path, uint32_t timeout)
{
	uint64_t end = now_nanos() + (uint64_t)timeout * 1000000;
	for (;;) {
		struct pollfd polled[4] = {{.fd = hook->pidfd, .events = POLLIN},
					   {.fd = hook->in, .events = POLLOUT},
					   {.fd = hook->out, .events = POLLIN},
					   {.fd = ctx->in_child ? -1 : ctx->signals, .events = POLLIN}};
		uint64_t now = now_nanos();
		if (timeout && now >= end)
			return fail_because(ctx, ETIMEDOUT, "hook", path, "it took too long and was killed");
		if (poll(polled, 4, timeout ? (int)((end - now) / 1000000) + 1 : -1) < 0 && errno != EINTR)
			return fail(ctx, "poll", path);
		if (polled[3].revents && fatal_signal(ctx))
			return fail_with(ctx, EINTR, "signal", "");
		if (polled[1].revents)
			feed(hook);
		if (polled[2].revents)
			listen_to(hook);
		if (polled[0].revents)
			return 0;
	}
}

static int judge(struct context *ctx, struct hook *hook, const char *path, int status)
{
	char why[500];
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (hook->out >= 0)
		listen_to(hook);
	while (hook->said_size > 0 && hook->said[hook->said_size - 1] == ' ')
		hook->said_size--;
	hook->said[hook->said_size] = 0;
	snprintf(why, sizeof why, "%s %d%s%s", WIFSIGNALED(status) ? "killed by signal" : "exit status",
		 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), hook->said_size ? ": " : "", hook->said);
	return fail_because(ctx, ECANCELED, "hook", path, why);
}

static int end_hook(struct context *ctx, struct hook *hook, const char *path, int error)
{
	int status = 0;
	if (error)
		kill(hook->pid, SIGKILL);
	while (waitpid(hook->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!error)
		error = judge(ctx, hook, path, status);
	if (hook->in >= 0)
		close(hook->in);
	if (hook->out >= 0)
		close(hook->out);
	close(hook->pidfd);
	return error;
}

/* The state as JSON is put together here, because only here the container's number is known in time; if nothing is behind it, it has none. */
static void compose(struct hook *hook, pid_t pid, struct bytes before, struct bytes after)
{
	size_t digits = after.size > 0 ? append_number(hook->number, 0, (unsigned long)pid) : 0;
	hook->state[0] = (struct iovec){(void *)(uintptr_t)before.data, before.size};
	hook->state[1] = (struct iovec){hook->number, digits};
	hook->state[2] = (struct iovec){(void *)(uintptr_t)after.data, after.size};
}

int op_RUN_HOOK(struct context *ctx, const struct op *op)
{
	static const char *argv[MAX_WORDS], *environment[MAX_WORDS];
	static struct hook hook;
	const struct field *f = op->field;
	pid_t pid = f[0].slot == SLOT_NONE ? ctx->pid : slot_pid(ctx, f[0].slot);
	hook = (struct hook){.in = -1, .out = -1, .pidfd = -1};
	if (field_strings(&f[2], argv, MAX_WORDS) < 0 || field_strings(&f[3], environment, MAX_WORDS) < 0)
		return fail_with(ctx, E2BIG, "hook", f[1].s);
	compose(&hook, pid > 0 ? pid : 0, f[4].b, f[5].b);
	int error = launch(ctx, &hook, f[1].s, argv, environment);
	if (error) {
		close(hook.in);
		close(hook.out);
		return error;
	}
	return end_hook(ctx, &hook, f[1].s, attend(ctx, &hook, f[1].s, f[6].u));
}
