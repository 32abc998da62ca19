/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the executor's parts share.
 *
 *   main.c        ways in, HELLO, the loop of batches
 *   wire.c        frames, little-endian reading and writing
 *   decode.c      checks a whole batch before anything of it runs; hands out an operation's fields
 *   run.c         the interpreter: one loop for parent and child, faults, timings, values
 *   undo.c        the undo stack in shared memory, unwinding, the guardian
 *   process.c     clone, the channel between parent and child, await, release, kill
 *   supervise.c   signals and the terminal's data until the container ends
 *   planner.c     starts and ends the JVM
 *   seal.c        the sealed copy
 *   files.c mounts.c namespaces.c credentials.c terminal.c exec.c   the operations themselves
 */
#ifndef IPCELL_EXECUTOR_H
#define IPCELL_EXECUTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ops.h"

#define SLOT_NONE (-1)

/* A view of bytes in a batch; text has its NUL behind it. */
struct bytes {
	const uint8_t *data;
	uint32_t size;
};

/* One decoded field; which member holds is said by the operation's letter. */
struct field {
	uint32_t u;          /* u */
	uint64_t q;          /* q */
	int32_t slot;        /* o, i */
	const char *s;       /* s: NUL-terminated, in the batch */
	struct bytes b;      /* b, p, and the raw encoding of l (u32 count, then strings) */
};

struct op {
	uint16_t opcode, flags;
	uint32_t id;
	const char *label;
	struct field field[MAX_FIELDS];
};

/* The state of one process that carries out operations; the child has its own copy. */
struct context {
	int slots[MAX_SLOTS];          /* descriptors, -1 where empty; in shared memory for the guardian's sake, see undo.c */
	bool in_child;
	int channel;                   /* child: to the parent; parent: -1 */
	const char *step;              /* the system call that failed last */
	char detail[512];              /* what it was done to, or what the kernel said */
	mode_t caller_umask;
};

/*
 * An operation's function returns 0, or a negated errno after naming the system call: return fail(ctx, "openat2", path).
 * A function may be called in the child, so none allocates memory or uses stdio.
 */
typedef int op_function(struct context *ctx, const struct op *op);

/* Records step and detail and returns -errno. */
int fail(struct context *ctx, const char *step, const char *detail);

/* The same for an error number that is not in errno. */
int fail_with(struct context *ctx, int error, const char *step, const char *detail);

/* The descriptor of an `i` field: AT_FDCWD as it is; an empty slot is EBADF at step "slot". Returns it or a negated errno (< -100 is
 * impossible as a descriptor: AT_FDCWD is returned through *fd). */
int slot_fd(struct context *ctx, const struct field *field, int *fd);

/* Puts a descriptor into the slot of an `o` field and closes what was there. */
void slot_fill(struct context *ctx, const struct field *field, int fd);

/* Sets the value that RESULT reports for the running operation (parent only; ignored in the child). */
void set_value(struct context *ctx, const void *data, size_t size);

/* openat2(2) with O_CLOEXEC, EINTR and EAGAIN retried. Returns a descriptor or -1 with errno. */
int open_resolved(int base, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);

/* Strings of an `l` field: fills `out` (room for `room` pointers, the last NULL); returns their count or -1 if there are more. */
int field_strings(const struct field *field, const char **out, int room);

#define OP_PROTOTYPE(number, name, fields) op_function op_##name;
OP_TABLE(OP_PROTOTYPE)
#undef OP_PROTOTYPE

#endif
