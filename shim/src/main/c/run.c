/* SPDX-License-Identifier: Apache-2.0 */
/* The interpreter: takes a checked program's operations in turn, in the parent as in the child. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "executor.h"

static op_function *const functions[] = {
#define OP_FUNCTION(number, name, fields) [number] = op_##name,
	OP_TABLE(OP_FUNCTION)
#undef OP_FUNCTION
};

/* What RESULT will report; only the parent's operations have values. */
static uint8_t usual_values[USUAL_SIZE];
static struct writer values = {.data = usual_values, .room = sizeof usual_values};
static uint32_t value_count, value_op;

void set_value(struct context *ctx, const void *data, size_t size)
{
	if (ctx->in_child)
		return;
	put_u32(&values, value_op);
	put_u32(&values, 0);
	put_bytes(&values, data, size);
	value_count++;
}

static void set_error_value(int error)
{
	put_u32(&values, value_op);
	put_u32(&values, (uint32_t)error);
	put_bytes(&values, NULL, 0);
	value_count++;
}

void put_values(struct writer *out)
{
	put_u32(out, value_count);
	put_raw(out, values.data, values.size);
}

void forget_values(void)
{
	values.size = 0;
	value_count = 0;
}

void put_timings(struct writer *out, bool wanted)
{
	pid_t pid;
	uint64_t start, duration;
	uint32_t count = 0;
	size_t at = out->size;
	put_u32(out, 0);
	/* The child goes on meanwhile, so each is looked at once; how many they were is known behind them. */
	for (uint32_t id = 1; wanted && id <= MAX_OP_ID; id++) {
		if (!take_time(id, &pid, &start, &duration))
			continue;
		put_u32(out, id);
		put_u32(out, (uint32_t)pid);
		put_u64(out, start);
		put_u64(out, duration);
		count++;
	}
	put_u32(&(struct writer){.data = out->data + at, .room = sizeof count}, count);
}

/* A failure made on purpose, for tests of what is left. Returns 0, or -errno for an operation that is to fail. */
static int fault(struct context *ctx)
{
	if (ctx->fault_action == FAULT_FAIL)
		return fail_with(ctx, (int)ctx->fault_errno, "fault", "made on purpose");
	if (ctx->fault_action == FAULT_STOP_EXECUTOR) {
		if (!ctx->in_child)
			kill(getpid(), SIGSTOP);
	} else if (ctx->in_child)
		tell_fault(ctx);
	else if (ctx->fault_action == FAULT_KILL_EXECUTOR)
		kill(getpid(), SIGKILL);
	else if (ctx->fault_action == FAULT_KILL_PLANNER)
		kill_planner(ctx);
	return 0;
}

int run_op(struct context *ctx, const struct op *op)
{
	uint64_t start = ctx->trace ? now_nanos() : 0;
	value_op = op->id;
	ctx->already_there = false;
	int error = 0;
	if (op->id && op->id == ctx->fault_op)
		error = fault(ctx);
	if (ctx->trace && op->opcode == OP_EXEC)
		record_time(ctx->pid, op->id, start, start); /* it does not come back */
	if (!error)
		error = functions[op->opcode](ctx, op);
	if (ctx->trace && op->id)
		record_time(ctx->pid, op->id, start, now_nanos());
	if (error && ctx->failed_op == 0) {
		ctx->failed_op = op->id;
		ctx->label = op->label;
	}
	return error;
}

static int run_with_undo(struct context *ctx, const struct op *op, struct bytes group)
{
	if (group.size == 0)
		return run_op(ctx, op);
	if (!push_undo(ctx, op, group)) {
		ctx->failed_op = op->id;
		ctx->label = op->label;
		return fail_with(ctx, ENOMEM, "undo", "too many operations to take back");
	}
	int error = run_op(ctx, op);
	if (error || ctx->already_there)
		drop_undo();
	else
		confirm_undo();
	return error;
}

int run_program(struct context *ctx, struct bytes program)
{
	struct bytes rest = program;
	struct op op;
	while (next_op(&rest, &op)) {
		if (!ctx->in_child && fatal_signal(ctx)) {
			ctx->failed_op = op.id;
			ctx->label = op.label;
			return fail_with(ctx, EINTR, "signal", "");
		}
		/* The undo operations behind it, as they stand in the batch. */
		struct bytes undo = {rest.data, undo_size(rest)};
		int error = run_with_undo(ctx, &op, undo);
		rest.data += undo.size;
		rest.size -= undo.size;
		if (error && op.flags & OP_OPTIONAL) {
			if (!ctx->in_child)
				set_error_value(-error);
			ctx->failed_op = 0;
			ctx->place = PLACE_PARENT;
		} else if (error) {
			return error;
		}
	}
	return 0;
}

const char *errno_name(int error)
{
	static const char *const names[] = {
		[EPERM] = "EPERM",     [ENOENT] = "ENOENT",       [ESRCH] = "ESRCH",   [EINTR] = "EINTR",
		[EIO] = "EIO",         [ENXIO] = "ENXIO",         [E2BIG] = "E2BIG",   [EBADF] = "EBADF",
		[ECHILD] = "ECHILD",   [EAGAIN] = "EAGAIN",       [ENOMEM] = "ENOMEM", [EACCES] = "EACCES",
		[EBUSY] = "EBUSY",     [EEXIST] = "EEXIST",       [EXDEV] = "EXDEV",   [ENODEV] = "ENODEV",
		[ENOTDIR] = "ENOTDIR", [EISDIR] = "EISDIR",       [EINVAL] = "EINVAL", [EMFILE] = "EMFILE",
		[ENOSPC] = "ENOSPC",   [EROFS] = "EROFS",         [EPIPE] = "EPIPE",   [ENAMETOOLONG] = "ENAMETOOLONG",
		[ENOSYS] = "ENOSYS",   [ENOTEMPTY] = "ENOTEMPTY", [ELOOP] = "ELOOP",   [ETIMEDOUT] = "ETIMEDOUT",
	};
	const size_t count = sizeof names / sizeof names[0];
	return error > 0 && (size_t)error < count && names[error] ? names[error] : "an error";
}
