/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child and the channel to it. The channel carries one message a packet; it closes by itself when the child's program is replaced or
 * ends, and that is how the parent learns of both.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "executor.h"
#include "kernel.h"

enum message_kind { CHILD_SYNC, CHILD_FAILED, CHILD_FD, CHILD_EXEC, CHILD_FAULT, PARENT_RELEASE };

struct message {
	uint32_t kind, number;
	int32_t error;
	char step[32];
	char label[256];
	char detail[512];
};

/* What clone3(2) may be asked for: namespaces. Anything else, such as shared memory, would break the assumptions here. */
#define CLONE_NAMESPACES                                                                                               \
	(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP |   \
	 CLONE_NEWTIME)

static int child_slots[MAX_SLOTS];
static int32_t inside = SLOT_NONE; /* the user namespace that the next child begins in */
static struct process child_processes[MAX_PROCESSES];

struct process *process_of(struct context *ctx, int32_t slot)
{
	for (int i = 0; slot >= 0 && i < MAX_PROCESSES; i++)
		if (ctx->processes[i].slot == slot)
			return &ctx->processes[i];
	return NULL;
}

void forget_process(struct context *ctx, int32_t slot)
{
	struct process *process = process_of(ctx, slot);
	if (!process)
		return;
	process->slot = SLOT_NONE;
	if (process->channel >= 0)
		close(process->channel);
}

pid_t slot_pid(struct context *ctx, int32_t slot)
{
	struct process *process = process_of(ctx, slot);
	return slot == SLOT_NONE ? 0 : process ? process->pid : -1;
}

struct process *free_process(struct context *ctx)
{
	for (int i = 0; i < MAX_PROCESSES; i++)
		if (ctx->processes[i].slot < 0)
			return &ctx->processes[i];
	return NULL;
}

int send_with_fd(int socket, const void *message, size_t size, int fd)
{
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct iovec data = {.iov_base = (void *)message, .iov_len = size};
	struct msghdr packet = {.msg_iov = &data, .msg_iovlen = 1};
	if (fd >= 0) {
		packet.msg_control = control.space;
		packet.msg_controllen = sizeof control.space;
		struct cmsghdr *header = CMSG_FIRSTHDR(&packet);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof fd);
	}
	ssize_t sent;
	do
		sent = sendmsg(socket, &packet, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -1 : 0;
}

static int send_message(int channel, const struct message *message, int fd)
{
	return send_with_fd(channel, message, sizeof *message, fd);
}

/* Returns 1 for a message, 0 at the channel's end, -1 on error; a descriptor that came along is in *fd, else -1. */
static int receive_message(int channel, struct message *message, int *fd)
{
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec data = {.iov_base = message, .iov_len = sizeof *message};
	struct msghdr packet = {.msg_iov = &data,
				.msg_iovlen = 1,
				.msg_control = control.space,
				.msg_controllen = sizeof control.space};
	ssize_t got;
	bool reset = false;
	/* Whose peer ended without having read everything is told so first, once; what the peer had said is behind that. */
	do
		got = recvmsg(channel, &packet, MSG_CMSG_CLOEXEC);
	while (got < 0 && (errno == EINTR || (errno == ECONNRESET && !reset && (reset = true))));
	*fd = -1;
	if (got <= 0)
		return (int)got;
	struct cmsghdr *header = CMSG_FIRSTHDR(&packet);
	if (header && header->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(header), sizeof *fd);
	message->step[sizeof message->step - 1] = message->label[sizeof message->label - 1] = 0;
	message->detail[sizeof message->detail - 1] = 0;
	return got == (ssize_t)sizeof *message ? 1 : -1;
}

void tell_failure(struct context *ctx, uint32_t op_id, int error)
{
	struct message message = {.kind = CHILD_FAILED, .number = op_id, .error = error};
	memcpy(message.step, ctx->step, strnlen(ctx->step, sizeof message.step - 1));
	memcpy(message.label, ctx->label, strnlen(ctx->label, sizeof message.label - 1));
	memcpy(message.detail, ctx->detail, sizeof message.detail);
	send_message(ctx->channel, &message, -1);
}

void tell_fault(struct context *ctx)
{
	struct message message = {.kind = CHILD_FAULT};
	send_message(ctx->channel, &message, -1);
	int fd;
	/* The parent kills itself, or the planner; in the second case it goes on, and so may we. */
	if (ctx->fault_action == FAULT_KILL_EXECUTOR)
		while (receive_message(ctx->channel, &message, &fd) > 0)
			;
}

/* The child never returns. */
static _Noreturn void child_main(struct context *ctx, const struct op *op, const struct process *self, int channel)
{
	prctl(PR_SET_NAME, op->field[3].s);
	ctx->pid = self->pid;
	for (int i = 0; i < MAX_PROCESSES; i++)
		child_processes[i].slot = -1;
	ctx->slots = child_slots;
	ctx->processes = child_processes;
	ctx->in_child = true;
	ctx->starter = -1;
	ctx->channel = channel;
	if (ctx->planner >= 0)
		close(ctx->planner);
	ctx->planner = -1;
	int error = run_program(ctx, op->field[4].b);
	if (error) {
		tell_failure(ctx, ctx->failed_op, -error);
		tell_starter(ctx, -error);
	}
	_exit(EXIT_FAILURE_CODE);
}

int op_CLONE_INSIDE(struct context *ctx, const struct op *op)
{
	int fd, error = slot_fd(ctx, &op->field[0], &fd);
	if (!error)
		inside = op->field[0].slot;
	return error;
}

/* Who enters a user namespace does not come back, so somebody in between does, and ends when the child, which is ours, is made. With our
 * descriptors and the memory that the kernel writes to shared, all is as if we had made it. Its exit status tells what went wrong. */
static long clone_inside(struct context *ctx, int user, struct kernel_clone_args *args, const pid_t *made)
{
	const int from_clone = 128;
	int status;
	long pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (setns(user, CLONE_NEWUSER) < 0)
			_exit(errno & (from_clone - 1));
		args->flags |= CLONE_PARENT;
		args->exit_signal = 0; /* with CLONE_PARENT it is that of the one who clones */
		long child = syscall(SYS_clone3, args, sizeof *args);
		if (child == 0)
			return 0;
		_exit(child < 0 ? from_clone | errno : 0);
	}
	if (pid < 0)
		return fail(ctx, "clone", "");
	while (waitpid((pid_t)pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return *made;
	if (!WIFEXITED(status))
		return fail_with(ctx, ECHILD, "clone3", "killed");
	int error = WEXITSTATUS(status);
	return fail_with(ctx, error & (from_clone - 1), error & from_clone ? "clone3" : "setns", "");
}

int op_CLONE(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	int channel[2], cgroup = -1, user = -1;
	int error = f[2].slot == SLOT_NONE ? 0 : slot_fd(ctx, &f[2], &cgroup);
	if (!error && inside != SLOT_NONE)
		error = slot_fd(ctx, &(struct field){.slot = inside}, &user);
	inside = SLOT_NONE;
	if (error)
		return error;
	if (f[1].u & ~(uint32_t)CLONE_NAMESPACES)
		return fail_with(ctx, EINVAL, "clone3", "flags that are no namespaces");
	slot_fill(ctx, &f[0], -1);
	struct process *process = free_process(ctx);
	if (!process)
		return fail_with(ctx, EBUSY, "clone3", "no room for one more process");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0)
		return fail(ctx, "socketpair", "");
	/* The kernel itself writes pid and pidfd down where the guardian looks, so there is no child that it does not know. */
	*process = (struct process){.slot = f[0].slot, .channel = channel[0]};
	struct kernel_clone_args args = {.flags = f[1].u | CLONE_PIDFD | CLONE_PARENT_SETTID,
					 .pidfd = (uint64_t)(uintptr_t)&ctx->slots[f[0].slot],
					 .parent_tid = (uint64_t)(uintptr_t)&process->pid,
					 .exit_signal = SIGCHLD};
	if (cgroup >= 0) {
		args.flags |= IPCELL_CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup;
	}
	/* Now, not in the child: the parent goes on at once, and its own slots are in memory that both share. */
	memcpy(child_slots, ctx->slots, sizeof child_slots);
	/* From its first moment the child can be seen in a PID namespace that it is cloned into (CVE-2016-9962). */
	prctl(PR_SET_DUMPABLE, 0);
	long pid = user < 0 ? syscall(SYS_clone3, &args, sizeof args) : clone_inside(ctx, user, &args, &process->pid);
	if (pid == 0) {
		close(channel[0]);
		child_main(ctx, op, process, channel[1]);
	}
	if (pid < 0) {
		error = user < 0 ? fail(ctx, "clone3", "") : (int)pid;
		ctx->slots[f[0].slot] = -1;
		forget_process(ctx, f[0].slot);
	}
	close(channel[1]);
	if (error)
		return error;
	char state;
	uint64_t start = 0;
	read_stat((pid_t)pid, &state, &start);
	uint8_t value[12];
	struct writer out = {.data = value, .room = sizeof value};
	put_u32(&out, (uint32_t)pid);
	put_u64(&out, start);
	set_value(ctx, value, sizeof value);
	return 0;
}

void note_signal(struct context *ctx, int number)
{
	if (ctx->holds_signals)
		ctx->held_signals |= 1ull << (number - 1);
	else if (number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT)
		ctx->failed_signal = number;
}

bool fatal_signal(struct context *ctx)
{
	struct signalfd_siginfo info;
	while (!ctx->failed_signal && read(ctx->signals, &info, sizeof info) == (ssize_t)sizeof info)
		note_signal(ctx, (int)info.ssi_signo);
	return ctx->failed_signal != 0;
}

bool planner_gone(struct context *ctx)
{
	struct pollfd polled = {.fd = ctx->planner, .events = POLLRDHUP};
	return ctx->planner >= 0 && poll(&polled, 1, 0) > 0 && polled.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

void reap(struct context *ctx)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == ctx->planner_pid)
			ctx->planner_pid = 0;
		guard_ended(pid);
		for (int i = 0; i < MAX_PROCESSES; i++) {
			struct process *process = &ctx->processes[i];
			if (process->slot >= 0 && process->pid == pid && !process->reaped) {
				process->reaped = true;
				process->status = status;
			}
		}
	}
}

int wait_for_end(struct context *ctx, struct process *process, unsigned millis)
{
	const unsigned longest = 1u << 30;
	uint64_t end = now_nanos() + (uint64_t)(millis < longest ? millis : longest) * 1000000;
	struct pollfd polled = {.fd = ctx->slots[process->slot], .events = POLLIN};
	for (;;) {
		uint64_t now = now_nanos();
		int left = now >= end ? 0 : (int)((end - now) / 1000000) + 1;
		int ready = poll(&polled, 1, left);
		if (ready > 0) {
			/* By pid, and not whatever ends: the guardian runs this too, and is nobody's parent. */
			if (!process->reaped && waitpid(process->pid, &process->status, WNOHANG) == process->pid)
				process->reaped = true;
			return 0;
		}
		if (ready == 0 && now >= end)
			return fail_with(ctx, ETIMEDOUT, "poll", "the process does not end");
	}
}

static int died(struct context *ctx, struct process *process)
{
	char text[64];
	wait_for_end(ctx, process, 5000);
	if (process->reaped && WIFSIGNALED(process->status))
		snprintf(text, sizeof text, "killed by signal %d", WTERMSIG(process->status));
	else
		snprintf(text, sizeof text, "ended with status %d",
			 process->reaped ? WEXITSTATUS(process->status) : -1);
	return fail_with(ctx, ECHILD, "wait", text);
}

/* What one message means to the parent; 1: it is the one that was waited for. */
static int hear(struct context *ctx, struct process *process, const struct message *message, int fd, uint32_t point)
{
	switch (message->kind) {
	case CHILD_SYNC:
		return message->number == point ? 1 : fail_with(ctx, EPROTO, "sync", "the wrong point");
	case CHILD_FAILED:
		ctx->failed_op = message->number;
		ctx->place = PLACE_CHILD;
		static struct message last;
		last = *message;
		ctx->label = last.label;
		return fail_with(ctx, message->error > 0 ? message->error : EPROTO, last.step, last.detail);
	case CHILD_FD:
		if (fd < 0 || message->number >= MAX_SLOTS)
			return fail_with(ctx, EPROTO, "recvmsg", "no descriptor");
		slot_fill(ctx, &(struct field){.slot = (int32_t)message->number}, fd);
		return 0;
	case CHILD_EXEC:
		process->exec_announced = true;
		return 0;
	case CHILD_FAULT:
		if (ctx->fault_action == FAULT_KILL_EXECUTOR)
			kill(getpid(), SIGKILL);
		kill_planner(ctx);
		return 0;
	default:
		return fail_with(ctx, EPROTO, "recvmsg", "an unknown message");
	}
}

/* Listens to the child until it is at the point, or (point 0) until its program is replaced. With hold, what the child has said comes before
 * a signal: it may be that signals are for the container now. */
static int await(struct context *ctx, int32_t slot, uint32_t point, bool hold)
{
	struct process *process = process_of(ctx, slot);
	if (!process || process->channel < 0)
		return fail_with(ctx, ESRCH, "poll", "no such process");
	for (;;) {
		struct pollfd polled[3] = {{.fd = process->channel, .events = POLLIN},
					   {.fd = ctx->signals, .events = POLLIN},
					   {.fd = ctx->planner, .events = POLLRDHUP}};
		if (poll(polled, 3, -1) < 0 && errno != EINTR)
			return fail(ctx, "poll", "");
		bool heeds = !hold || !polled[0].revents;
		if (heeds && polled[1].revents && fatal_signal(ctx))
			return fail_with(ctx, EINTR, "signal", "");
		if (heeds && planner_gone(ctx))
			return fail_with(ctx, EPIPE, "planner", "");
		if (!polled[0].revents)
			continue;
		struct message message;
		int fd, got = receive_message(process->channel, &message, &fd);
		if (got < 0)
			return fail(ctx, "recvmsg", "");
		if (got == 0) {
			close(process->channel);
			process->channel = -1;
			if (!process->exec_announced)
				return died(ctx, process);
			return point == 0 ? 0 : fail_with(ctx, EPROTO, "sync", "its program is replaced already");
		}
		int heard = hear(ctx, process, &message, fd, point);
		if (heard)
			return heard < 0 ? heard : 0;
		if (hold && process->exec_announced)
			ctx->holds_signals = true;
	}
}

int op_AWAIT_CHILD(struct context *ctx, const struct op *op)
{
	return await(ctx, op->field[0].slot, op->field[1].u, false);
}

int op_AWAIT_EXEC(struct context *ctx, const struct op *op)
{
	return await(ctx, op->field[0].slot, 0, op->field[1].u & 1);
}

int op_RELEASE_CHILD(struct context *ctx, const struct op *op)
{
	struct process *process = process_of(ctx, op->field[0].slot);
	struct message message = {.kind = PARENT_RELEASE, .number = op->field[1].u};
	if (!process || process->channel < 0)
		return fail_with(ctx, ESRCH, "sendmsg", "no such process");
	/* A child that has failed has closed its end; why is in the channel, for who awaits it next. */
	if (send_message(process->channel, &message, -1) < 0 && errno != EPIPE && errno != ECONNRESET)
		return fail(ctx, "sendmsg", "");
	return 0;
}

int op_SYNC_POINT(struct context *ctx, const struct op *op)
{
	struct message message = {.kind = CHILD_SYNC, .number = op->field[0].u};
	return send_message(ctx->channel, &message, -1) == 0 ? 0 : fail(ctx, "sendmsg", "");
}

int op_AWAIT_PARENT(struct context *ctx, const struct op *op)
{
	struct message message;
	int fd, got = receive_message(ctx->channel, &message, &fd);
	if (got <= 0)
		_exit(EXIT_FAILURE_CODE); /* the parent is gone, and there is nobody to tell */
	if (message.kind != PARENT_RELEASE || message.number != op->field[0].u)
		return fail_with(ctx, EPROTO, "sync", "the wrong point");
	return 0;
}

int op_SEND_FD(struct context *ctx, const struct op *op)
{
	int fd, error = slot_fd(ctx, &op->field[0], &fd);
	if (error)
		return error;
	struct message message = {.kind = CHILD_FD, .number = (uint32_t)op->field[1].slot};
	return send_message(ctx->channel, &message, fd) == 0 ? 0 : fail(ctx, "sendmsg", "");
}

int announce_exec(struct context *ctx)
{
	struct message message = {.kind = CHILD_EXEC};
	if (ctx->starter >= 0) /* the parent has gone long ago */
		return 0;
	return send_message(ctx->channel, &message, -1) == 0 ? 0 : fail(ctx, "sendmsg", "");
}

int op_WRITE_PID(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	char text[16];
	pid_t pid = slot_pid(ctx, f[0].slot);
	if (pid <= 0)
		return fail_with(ctx, ESRCH, "write", f[2].s);
	int base, error = slot_fd(ctx, &f[1], &base);
	if (error)
		return error;
	int fd = open_resolved(base, f[2].s, f[3].u, 0, f[4].u);
	if (fd < 0)
		return fail(ctx, "openat2", f[2].s);
	int length = snprintf(text, sizeof text, "%ld", (long)pid);
	if (write(fd, text, (size_t)length) != length)
		error = fail(ctx, "write", f[2].s);
	close(fd);
	return error;
}
