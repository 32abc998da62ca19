/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was done can be taken back: by the executor when an operation fails or a command ends, and by the guardian when the executor is
 * killed. Both see the same stack, in shared memory. An entry is there before its operation runs, so at no moment is something done that
 * nobody knows of; the undo operations are such that running one for something that did not happen does no harm.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "executor.h"
#include "kernel.h"

#define MAX_ENTRIES 512
#define ARENA (4u << 20)
#define MAX_LEFT 16

struct entry {
	uint32_t offset, size, done;
	bool pending, was_there;
};

struct timing {
	uint64_t start, duration;
	pid_t pid;
};

struct shared {
	int slots[MAX_SLOTS];
	struct process processes[MAX_PROCESSES];
	uint32_t count, used, left_count;
	struct entry entries[MAX_ENTRIES];
	char left[MAX_LEFT][256];
	struct timing timings[MAX_OP_ID + 1];
	uint8_t arena[ARENA];
};

static struct shared *shared;
static pid_t guard;
static int signal_aside; /* the last that came while something was undone */

void init_shared(struct context *ctx)
{
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		give_up(ctx, "no memory");
	for (int i = 0; i < MAX_SLOTS; i++)
		shared->slots[i] = -1;
	for (int i = 0; i < MAX_PROCESSES; i++)
		shared->processes[i].slot = -1;
	ctx->slots = shared->slots;
	ctx->processes = shared->processes;
}

/* The guardian may look at any moment: an entry is complete before it counts. */
static void publish(uint32_t count)
{
	__atomic_store_n(&shared->count, count, __ATOMIC_SEQ_CST);
}

static bool exists(struct context *ctx, const struct op *op)
{
	int base;
	if (op->opcode != OP_MAKE_DIR || slot_fd(ctx, &op->field[0], &base))
		return false;
	return faccessat(base, op->field[1].s, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool push_undo(struct context *ctx, const struct op *op, struct bytes group)
{
	if (shared->count == MAX_ENTRIES || group.size > ARENA - shared->used)
		return false;
	struct entry *entry = &shared->entries[shared->count];
	*entry = (struct entry){shared->used, group.size, 0, true, exists(ctx, op)};
	memcpy(shared->arena + shared->used, group.data, group.size);
	shared->used += group.size;
	publish(shared->count + 1);
	return true;
}

void confirm_undo(void)
{
	shared->entries[shared->count - 1].pending = false;
}

void drop_undo(void)
{
	publish(shared->count - 1);
	shared->used = shared->entries[shared->count].offset;
}

static void remember_left(const struct context *ctx, const struct op *op, int error)
{
	if (shared->left_count < MAX_LEFT)
		snprintf(shared->left[shared->left_count++], sizeof shared->left[0], "%s: %s: %s", op->label, ctx->step,
			 errno_name(-error));
}

/* Signals that led here, or came since, do not end what undoes it: one that comes while a hook runs, which may hang, ends that hook alone. */
static void set_signal_aside(struct context *ctx)
{
	while (fatal_signal(ctx)) {
		signal_aside = ctx->failed_signal;
		ctx->failed_signal = 0;
	}
}

/* Who is killed in the middle leaves the rest to the guardian, which begins with the operation that was not finished. */
static void unwind_entry(struct context *ctx, struct entry *entry)
{
	struct bytes rest = {shared->arena + entry->offset + entry->done, entry->size - entry->done};
	struct op op;
	ctx->nothing_to_undo = entry->pending && entry->was_there;
	while (!ctx->nothing_to_undo && next_op(&rest, &op)) {
		set_signal_aside(ctx);
		int error = run_op(ctx, &op);
		if (error && !(op.flags & OP_OPTIONAL))
			remember_left(ctx, &op, error);
		if (ctx->no_more_to_undo)
			return;
		entry->done = ctx->nothing_to_undo ? entry->size : entry->size - rest.size;
	}
}

static void unwind_all(struct context *ctx)
{
	ctx->no_more_to_undo = false;
	while (shared->count > 0 && !ctx->no_more_to_undo) {
		unwind_entry(ctx, &shared->entries[shared->count - 1]);
		drop_undo();
	}
	forget_undo();
}

void unwind(struct context *ctx)
{
	/* The failure that led here is still to be told; the rest of the context may change for good, as when a process is reaped. */
	struct context before = *ctx;
	ctx->trace = false;
	signal_aside = 0;
	unwind_all(ctx);
	set_signal_aside(ctx);
	ctx->trace = before.trace;
	ctx->label = before.label;
	ctx->step = before.step;
	memcpy(ctx->detail, before.detail, sizeof ctx->detail);
	ctx->failed_op = before.failed_op;
	ctx->place = before.place;
	ctx->failed_signal = before.failed_signal ? before.failed_signal : signal_aside;
	end_guard();
}

void put_left_behind(struct writer *out)
{
	put_u32(out, shared->left_count);
	for (uint32_t i = 0; i < shared->left_count; i++)
		put_string(out, shared->left[i]);
	shared->left_count = 0;
}

void print_left_behind(void)
{
	for (uint32_t i = 0; i < shared->left_count; i++)
		dprintf(STDERR_FILENO, "ipcell: left behind: %s\n", shared->left[i]);
	shared->left_count = 0;
}

void forget_undo(void)
{
	publish(0);
	shared->used = 0;
}

int op_UNWIND(struct context *ctx, const struct op *op)
{
	(void)op;
	unwind(ctx);
	if (ctx->is_final)
		print_left_behind();
	return 0;
}

int op_COMMIT(struct context *ctx, const struct op *op)
{
	(void)op;
	/* Who kills us takes the call for failed: from here to our end there is to be as little time as can be. */
	if (ctx->is_final)
		end_planner(ctx);
	forget_undo();
	end_guard();
	return 0;
}

/* The guardian's whole life. It shares the executor's descriptors, not its memory, and nobody can signal it by accident. */
static _Noreturn void guard_main(struct context *ctx, pid_t executor)
{
	sigset_t death;
	prctl(PR_SET_NAME, "ipcell:guard");
	setsid();
	sigemptyset(&death);
	sigaddset(&death, SIGUSR1);
	prctl(PR_SET_PDEATHSIG, SIGUSR1);
	while (getppid() == executor) {
		siginfo_t info;
		sigwaitinfo(&death, &info);
	}
	ctx->fault_op = 0;
	ctx->trace = false;
	unwind_all(ctx);
	print_left_behind();
	_exit(0);
}

int op_GUARD(struct context *ctx, const struct op *op)
{
	(void)op;
	if (guard > 0)
		return 0;
	pid_t executor = getpid();
	long pid = syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, 0);
	if (pid < 0)
		return fail(ctx, "clone", "the guardian");
	if (pid == 0)
		guard_main(ctx, executor);
	guard = (pid_t)pid;
	return 0;
}

void guard_ended(pid_t pid)
{
	if (pid == guard)
		guard = 0;
}

void end_guard(void)
{
	if (guard <= 0)
		return;
	kill(guard, SIGKILL);
	while (waitpid(guard, NULL, 0) < 0 && errno == EINTR)
		;
	guard = 0;
}

void record_time(pid_t pid, uint32_t id, uint64_t start, uint64_t end)
{
	struct timing *timing = &shared->timings[id];
	timing->pid = pid;
	timing->duration = end - start;
	/* Last, for it says that the others are there. */
	__atomic_store_n(&timing->start, start, __ATOMIC_RELEASE);
}

bool take_time(uint32_t id, pid_t *pid, uint64_t *start, uint64_t *duration)
{
	struct timing *timing = &shared->timings[id];
	*start = __atomic_load_n(&timing->start, __ATOMIC_ACQUIRE);
	if (*start == 0)
		return false;
	*pid = timing->pid;
	*duration = timing->duration;
	timing->start = 0;
	return true;
}
