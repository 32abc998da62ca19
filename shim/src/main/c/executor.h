/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the executor's parts share.
 *
 *   main.c        ways in, HELLO, the loop of batches
 *   wire.c        frames, little-endian reading and writing
 *   decode.c      checks a whole batch before anything of it runs; hands out an operation's fields
 *   run.c         the interpreter: one loop for parent and child; faults, timings, values
 *   undo.c        the undo stack in shared memory, unwinding, the guardian
 *   child.c       clone, the channel between parent and child, await, release, kill
 *   supervise.c   signals and the terminal's data until the container ends
 *   planner.c     starts and ends the JVM
 *   resident.c    calls a JVM that is there already
 *   seal.c        the sealed copy of our file
 *   container.c   a container that is there already: its process, its start
 *   hook.c        programs run at points of the container's life
 *   files.c paths.c mounts.c idmap.c copytree.c scheduling.c namespaces.c credentials.c seccomp.c terminal.c exec.c bpf.c netlink.c   the operations themselves
 */
#ifndef IPCELL_EXECUTOR_H
#define IPCELL_EXECUTOR_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ops.h"

#define SLOT_NONE (-1)
#define MAX_PROCESSES 8
#define EXIT_FAILURE_CODE 1

/* A view of bytes in a batch. */
struct bytes {
	const uint8_t *data;
	uint32_t size;
};

/* One decoded field; the operation's letter says which members hold. */
struct field {
	uint32_t u;     /* u */
	uint64_t q;     /* q */
	int32_t slot;   /* o, i */
	const char *s;  /* s: NUL-terminated, in the batch */
	struct bytes b; /* b, p; and an l as it stands in the batch, count first */
};

struct op {
	uint16_t opcode, flags;
	uint32_t id;
	const char *label;
	struct bytes raw; /* header and all */
	struct field field[MAX_FIELDS];
};

/* A child made by CLONE, or a process that is being looked at or supervised. */
struct process {
	int32_t slot; /* its pidfd's; -1: entry is free */
	pid_t pid;
	int channel; /* -1 once it is closed */
	bool exec_announced, reaped;
	bool foreign; /* opened by its number: no child of ours */
	int status;   /* as wait(2) gives it */
};

/* The state of one process that carries out operations. */
struct context {
	char *const *argv; /* our own */
	int *slots; /* descriptors, -1 where empty; the executor's own are in shared memory for the guardian's sake */
	struct process *processes;
	bool in_child, is_final, trace, already_there;
	bool has_failed;      /* the last batch that was not passed over */
	bool nothing_to_undo; /* said by an undo operation: those behind it are not run */
	bool no_more_to_undo; /* said by an undo operation: nor any other */
	int planner;          /* socket, -1 once it is closed */
	int patience;         /* milliseconds to wait for it; -1: for ever */
	int channel;          /* the child's end of its channel, else -1 */
	int signals;          /* signalfd */
	pid_t pid;            /* as the executor's caller sees it, in the child too */
	pid_t planner_pid;
	int starter;     /* the FIFO through which START hears from this child; -1: none */
	int planner_log; /* what the JVM said outside the protocol; -1: none */
	mode_t caller_umask;
	uint32_t fault_op, fault_action, fault_errno;
	/* The failure that is being told: */
	const char *label; /* the operation's, as the planner wrote it */
	const char *step;  /* the system call */
	char detail[512];  /* what it was done to, or what the kernel said */
	uint32_t failed_op, place;
	int failed_signal;
	bool holds_signals;
	uint64_t held_signals; /* bit n: signal n + 1 */
};

/* An operation returns 0, or -errno after it named the system call: return fail(ctx, "openat2", path). It may run in the child, so none
 * allocates memory or uses stdio. */
typedef int op_function(struct context *ctx, const struct op *op);

#define OP_PROTOTYPE(number, name, fields) op_function op_##name;
OP_TABLE(OP_PROTOTYPE)
#undef OP_PROTOTYPE

/* files.c */
int fail(struct context *ctx, const char *step, const char *detail); /* with errno */
int fail_with(struct context *ctx, int error, const char *step, const char *detail);
int fail_because(struct context *ctx, int error, const char *step, const char *what, const char *why); /* "what: why" */
size_t append_number(char *text, size_t length, unsigned long number); /* where it then ends; needs 21 bytes */
int slot_fd(struct context *ctx, const struct field *field, int *fd);
void slot_fill(struct context *ctx, const struct field *field, int fd);
int open_resolved(int base, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve); /* -1 and errno */
int open_at(struct context *ctx, const struct field *base, const char *path, uint64_t flags, uint64_t mode,
	    uint64_t resolve);
int write_all(int fd, const void *data, size_t size);
void sleep_millis(unsigned millis);
uint64_t now_nanos(void);

/* decode.c */
const char *check_program(struct bytes program, bool child, uint32_t *count); /* NULL, or what is wrong */
bool next_op(struct bytes *rest, struct op *op); /* of a checked program; false at its end */
uint32_t undo_size(struct bytes rest);           /* of the undo operations that it begins with */
const char *op_name(uint16_t opcode);
void print_table(void);
int field_strings(const struct field *field, const char **out,
		  int room); /* NULL-terminated; their count, or -1: no room */

/* container.c */
bool read_stat(pid_t pid, char *state, uint64_t *start);
void tell_starter(struct context *ctx, int error);

/* wire.c */
#define USUAL_SIZE (32u << 10) /* of what fits into fixed room */
struct writer {
	uint8_t *data;
	size_t size, room;
	bool is_grown;
};
uint32_t get_u32(const uint8_t *at);
uint64_t get_u64(const uint8_t *at);
void put_u32(struct writer *out, uint32_t value);
void put_u64(struct writer *out, uint64_t value);
void put_bytes(struct writer *out, const void *data, size_t size);
void put_raw(struct writer *out, const void *data, size_t size); /* without a length */
void put_string(struct writer *out, const char *text);
void begin_frame(struct writer *out, uint8_t kind);
int send_frame(struct context *ctx, struct writer *out); /* 0, or -1: the planner is gone, or a signal came */
uint8_t *receive_frame(struct context *ctx, uint8_t *kind,
		       uint32_t *size); /* until the next one; NULL: the planner is gone, or a signal came */

/* run.c */
int run_program(struct context *ctx, struct bytes program);
int run_op(struct context *ctx, const struct op *op);
void set_value(struct context *ctx, const void *data, size_t size);
void put_values(struct writer *out);
void forget_values(void);
void put_timings(struct writer *out, bool wanted);
const char *errno_name(int error);

/* undo.c */
struct shared;
void init_shared(struct context *ctx);
bool push_undo(struct context *ctx, const struct op *op, struct bytes group); /* false: no room */
void confirm_undo(void);
void drop_undo(void);
void unwind(struct context *ctx);
void put_left_behind(struct writer *out);
void print_left_behind(void);
void end_guard(void);
void guard_ended(pid_t pid); /* some child did, and was waited for */
void forget_undo(void);
void record_time(pid_t pid, uint32_t id, uint64_t start, uint64_t end);
bool take_time(uint32_t id, pid_t *pid, uint64_t *start,
	       uint64_t *duration); /* false: there is none, or it was taken */

/* child.c */
struct process *free_process(struct context *ctx); /* NULL: there are too many */
int send_with_fd(int socket, const void *data, size_t size, int fd);
struct process *process_of(struct context *ctx, int32_t slot);
void forget_process(struct context *ctx, int32_t slot); /* its slot is being filled with something else */
pid_t slot_pid(struct context *ctx, int32_t slot);      /* 0 for slot -1, -1 if there is no process */
int announce_exec(struct context *ctx);
void tell_failure(struct context *ctx, uint32_t op_id, int error);
void tell_fault(struct context *ctx);
void note_signal(struct context *ctx, int number); /* remembers it, if it asks us to end */
bool fatal_signal(struct context *ctx);            /* one came; ctx->failed_signal is it */
bool planner_gone(struct context *ctx);
void reap(struct context *ctx);
int wait_for_end(struct context *ctx, struct process *process, unsigned millis);

/* resident.c */
#define HUNG_UP "it hung up"
const char *call_resident(struct context *ctx);                     /* NULL, or why there is none for us */
const char *first_answer(struct context *ctx, struct bytes *batch); /* NULL and a batch, or why there is none */
const char *refusal(struct context *ctx);                           /* what one said that has hung up */

/* planner.c, main.c */
void start_planner(struct context *ctx);
void end_planner(struct context *ctx);
void kill_planner(struct context *ctx);
void print_planner_log(struct context *ctx);
_Noreturn void leave(struct context *ctx, int code);
_Noreturn void give_up(struct context *ctx, const char *message);

/* seal.c */
void seal_early(struct context *ctx);
const char *our_own_path(void); /* of the file that we were started from; "" unknown */

/* seccomp.c */
bool filter_waits(void); /* for EXEC */
int load_waiting_filter(struct context *ctx);

/* exec.c, supervise.c */
void reset_signals(void);
void restore_terminal(void);

#endif
