/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on a container that is there already: its first process, its start, and who else is given its descriptors. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "executor.h"
#include "kernel.h"

#define STARTED '0'
#define START_FIELD 22 /* of /proc/PID/stat, proc_pid_stat(5) */
#define STATE_FIELD 3
#define NAMES_LIMIT (1u << 20)

bool read_stat(pid_t pid, char *state, uint64_t *start)
{
	char path[48], text[1024];
	snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t size = read(fd, text, sizeof text - 1);
	close(fd);
	text[size > 0 ? size : 0] = 0;
	char *at = strrchr(text, ')'); /* the name before it may hold anything */
	if (!at || at[1] != ' ' || !at[2])
		return false;
	*state = at[2];
	at += 2;
	for (int field = STATE_FIELD; at && field < START_FIELD; field++)
		at = strchr(at + 1, ' ');
	if (!at)
		return false;
	*start = strtoull(at + 1, NULL, 10);
	return true;
}

int op_OPEN_PROCESS(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	char state;
	uint64_t start;
	pid_t pid = (pid_t)f[1].u;
	slot_fill(ctx, &f[0], -1);
	struct process *process = free_process(ctx);
	if (!process)
		return fail_with(ctx, EBUSY, "pidfd_open", "no room for one more process");
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		return fail_with(ctx, errno == EINVAL ? ESRCH : errno, "pidfd_open", "");
	/* Looked at only now: if the number has passed to another process since, then that one began at another time. */
	if (!read_stat(pid, &state, &start) || (f[2].q && f[2].q != start)) {
		close(pidfd);
		return fail_with(ctx, ESRCH, "pidfd_open", "the number is another process's now");
	}
	slot_fill(ctx, &f[0], pidfd);
	*process = (struct process){.slot = f[0].slot, .pid = pid, .channel = -1, .foreign = true};
	uint8_t value[12];
	struct writer out = {.data = value, .room = sizeof value};
	put_u32(&out, (uint8_t)state);
	put_u64(&out, start);
	set_value(ctx, value, sizeof value);
	return 0;
}

static void end_by(int number)
{
	_exit(128 + number);
}

/* The first process of a pid namespace is ended by no signal but SIGKILL that it has no handler for. exec(2) forgets handlers. */
static void allow_to_be_ended(void)
{
	reset_signals();
	signal(SIGHUP, end_by);
	signal(SIGINT, end_by);
	signal(SIGQUIT, end_by);
	signal(SIGTERM, end_by);
	signal(SIGPIPE, SIG_IGN);
}

/* What became of the exec is told through the same FIFO, which the exec closes. */
int op_AWAIT_START(struct context *ctx, const struct op *op)
{
	int descriptors, fifo, error = slot_fd(ctx, &op->field[0], &descriptors);
	if (error || (error = slot_fd(ctx, &op->field[1], &fifo)))
		return error;
	char name[24];
	const char started = STARTED;
	snprintf(name, sizeof name, "%d", fifo);
	allow_to_be_ended();
	ctx->starter = openat(descriptors, name, O_WRONLY | O_CLOEXEC);
	if (ctx->starter < 0)
		return fail(ctx, "open", "exec.fifo");
	if (write(ctx->starter, &started, 1) == 1 ||
	    errno == EPIPE) /* a starter that was killed has started us all the same */
		return 0;
	return fail(ctx, "write", "exec.fifo");
}

void tell_starter(struct context *ctx, int error)
{
	char text[1024];
	uint32_t number = (uint32_t)error;
	size_t step = strnlen(ctx->step, 64), detail = strnlen(ctx->detail, sizeof ctx->detail - 1);
	if (ctx->starter < 0)
		return;
	memcpy(text, &number, sizeof number);
	memcpy(text + 4, ctx->step, step);
	text[4 + step] = 0;
	memcpy(text + 5 + step, ctx->detail, detail);
	write_all(ctx->starter, text, 5 + step + detail);
	close(ctx->starter);
}

/* What the child says: the sign, and more only if it then failed. */
static int started(struct context *ctx, char *text, size_t size)
{
	static char step[64];
	uint32_t error;
	if (size == 0 || text[0] != STARTED)
		return fail_with(ctx, ESRCH, "read", "the container's process ended before its start");
	if (size < 6)
		return 0;
	memcpy(&error, text + 1, sizeof error);
	snprintf(step, sizeof step, "%.63s", text + 5);
	size_t detail = 5 + strlen(text + 5) + 1;
	return fail_with(ctx, (int)error, step, detail < size ? text + detail : "");
}

int op_START(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	char text[1024];
	size_t size = 0;
	struct process *process = process_of(ctx, f[2].slot);
	if (!process)
		return fail_with(ctx, ESRCH, "read", "no such process");
	int fifo = open_at(ctx, &f[0], f[1].s, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, 0, 0);
	if (fifo < 0)
		return fifo;
	/* Its name goes first: whatever happens to us from here on, the container counts as started, and it is. */
	int base, error = slot_fd(ctx, &f[0], &base);
	if (!error && unlinkat(base, f[1].s, 0) < 0)
		error = fail(ctx, "unlink", f[1].s);
	if (error) {
		close(fifo);
		return error;
	}
	for (bool more = true; more && size < sizeof text - 1;) {
		struct pollfd polled[4] = {{.fd = fifo, .events = POLLIN},
					   {.fd = ctx->slots[process->slot], .events = POLLIN},
					   {.fd = ctx->signals, .events = POLLIN},
					   {.fd = ctx->planner, .events = POLLRDHUP}};
		poll(polled, 4, -1);
		error = polled[2].revents && fatal_signal(ctx) ? fail_with(ctx, EINTR, "signal", "")
			: planner_gone(ctx)                    ? fail_with(ctx, EPIPE, "planner", "")
							       : 0;
		if (error) {
			close(fifo);
			return error;
		}
		if (!polled[0].revents && !polled[1].revents)
			continue;
		ssize_t got = read(fifo, text + size, sizeof text - 1 - size);
		if (got > 0)
			size += (size_t)got;
		else
			more = got < 0 && errno == EAGAIN && !polled[1].revents;
	}
	close(fifo);
	text[size] = 0;
	return started(ctx, text, size);
}

/* By its descriptor under /proc a socket may have a longer path than sockaddr_un has room for (unix(7)). */
static int connect_to(struct context *ctx, const struct field *base, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int at = open_at(ctx, base, path, O_PATH, 0, 0);
	if (at < 0)
		return at;
	int socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", at);
	int error = 0;
	if (socket_fd < 0 || connect(socket_fd, (const struct sockaddr *)&address, sizeof address) < 0)
		error = fail(ctx, "connect", path);
	close(at);
	if (error && socket_fd >= 0)
		close(socket_fd);
	return error ? error : socket_fd;
}

int op_SEND_SOCKET(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	int fd, error = slot_fd(ctx, &f[0], &fd);
	if (error)
		return error;
	int socket_fd = connect_to(ctx, &f[1], f[2].s);
	if (socket_fd < 0)
		return socket_fd;
	if (send_with_fd(socket_fd, f[3].s, strlen(f[3].s), fd) < 0)
		error = fail(ctx, "sendmsg", f[2].s);
	close(socket_fd);
	return error;
}

struct names {
	const char *of;
	char *text;
	size_t used;
};

static int add_name(struct context *ctx, struct names *names, const char *prefix, const char *name)
{
	size_t left = NAMES_LIMIT - names->used;
	int length = snprintf(names->text + names->used, left, "%s%s%s", prefix, *prefix ? "/" : "", name);
	if (length < 0 || (size_t)length >= left)
		return fail_with(ctx, EFBIG, "getdents64", names->of);
	names->used += (size_t)length + 1;
	return 0;
}

/* The names in an open directory, or of its directories alone. */
static int add_names(struct context *ctx, int fd, const char *prefix, bool directories, struct names *names)
{
	_Alignas(struct kernel_dirent) char entries[16384];
	int error = 0;
	long got;
	while (!error && (got = syscall(SYS_getdents64, fd, entries, sizeof entries)) != 0) {
		if (got < 0)
			return fail(ctx, "getdents64", names->of);
		const struct kernel_dirent *entry;
		for (long at = 0; at < got && !error; at += entry->size) {
			entry = (const struct kernel_dirent *)(entries + at);
			bool wanted = strcmp(entry->name, ".") != 0 && strcmp(entry->name, "..") != 0;
			if (wanted && (!directories || entry->type == DT_DIR))
				error = add_name(ctx, names, prefix, entry->name);
		}
	}
	return error;
}

/* What is listed so far is the queue of what is still to be looked into; what has gone meanwhile is passed over. */
static int add_tree(struct context *ctx, int top, struct names *names)
{
	int error = add_names(ctx, top, "", true, names);
	for (size_t at = 0; !error && at < names->used; at += strlen(names->text + at) + 1) {
		const char *path = names->text + at;
		int fd = openat(top, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && (errno == ENOENT || errno == ENODEV))
			continue;
		error = fd < 0 ? fail(ctx, "openat", path) : add_names(ctx, fd, path, true, names);
		if (fd >= 0)
			close(fd);
	}
	return error;
}

int op_LIST_DIR(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	int error, fd = open_at(ctx, &f[0], f[1].s, O_RDONLY | O_DIRECTORY, 0, 0);
	if (fd < 0)
		return fd;
	struct names names = {.of = f[1].s, .text = malloc(NAMES_LIMIT)};
	if (!names.text)
		error = fail(ctx, "malloc", "");
	else
		error = f[2].u & 1 ? add_tree(ctx, fd, &names) : add_names(ctx, fd, "", false, &names);
	if (!error)
		set_value(ctx, names.text, names.used);
	free(names.text);
	close(fd);
	return error;
}

int op_WRITE_PROC(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	char path[64];
	pid_t pid = slot_pid(ctx, f[0].slot);
	if (pid < 0)
		return fail_with(ctx, ESRCH, "write", f[1].s);
	if (pid)
		snprintf(path, sizeof path, "/proc/%ld/%.32s", (long)pid, f[1].s);
	else
		snprintf(path, sizeof path, "/proc/self/%.32s", f[1].s);
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return fail(ctx, "open", path);
	int error = write(fd, f[2].b.data, f[2].b.size) == (ssize_t)f[2].b.size ? 0 : fail(ctx, "write", path);
	close(fd);
	return error;
}
