/* SPDX-License-Identifier: Apache-2.0 */
/* The device controller of version 2 of cgroups is a program that the kernel asks about every access (bpf(2)). */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "executor.h"
#include "kernel.h"

#define REPLACE 1u
#define INSTRUCTION 8
#define MAX_ATTACHED 64 /* the kernel's own limit */
#define LOAD_TRIES 10

static int bpf(enum bpf_cmd command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof *attr);
}

/* Keeps the end of the verifier's log: what it stumbled over, and its verdict. */
static int verifier_failure(struct context *ctx, int error, const char *log, size_t size)
{
	size_t length = strnlen(log, size), room = sizeof ctx->detail - 1;
	while (length > 0 && log[length - 1] == '\n')
		length--;
	char tail[sizeof ctx->detail];
	size_t skip = length > room ? length - room : 0;
	memcpy(tail, log + skip, length - skip);
	tail[length - skip] = 0;
	for (char *at = tail; *at; at++)
		if (*at == '\n' || *at == '\t')
			*at = ' ';
	return fail_with(ctx, error, "BPF_PROG_LOAD", tail);
}

static int load(struct context *ctx, struct bytes program)
{
	static char log[32 << 10];
	union bpf_attr attr;
	if (program.size == 0 || program.size % INSTRUCTION)
		return fail_with(ctx, EINVAL, "BPF_PROG_LOAD", "not a whole number of instructions");
	memset(&attr, 0, sizeof attr);
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uintptr_t)program.data;
	attr.insn_cnt = program.size / INSTRUCTION;
	attr.license = (uintptr_t) "Apache-2.0";
	int fd = -1;
	for (int tries = 0; tries < LOAD_TRIES && fd < 0; tries++) {
		fd = bpf(BPF_PROG_LOAD, &attr);
		if (fd < 0 && errno != EAGAIN) /* EAGAIN: a signal came while the verifier was at work */
			break;
	}
	if (fd >= 0)
		return fd;
	int error = errno;
	log[0] = 0;
	attr.log_level = 1;
	attr.log_buf = (uintptr_t)log;
	attr.log_size = sizeof log;
	fd = bpf(BPF_PROG_LOAD, &attr);
	return fd >= 0 ? fd : verifier_failure(ctx, error, log, sizeof log);
}

/* Fills in the programs that are attached to this very cgroup; returns how many. */
static int attached(struct context *ctx, int cgroup, uint32_t ids[MAX_ATTACHED])
{
	union bpf_attr attr; /* as a whole: kernels from 6.17 write fields behind those they were given room for */
	memset(&attr, 0, sizeof attr);
	attr.query.target_fd = (uint32_t)cgroup;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uintptr_t)ids;
	attr.query.prog_cnt = MAX_ATTACHED;
	return bpf(BPF_PROG_QUERY, &attr) < 0 ? fail(ctx, "BPF_PROG_QUERY", "") : (int)attr.query.prog_cnt;
}

static int open_program(struct context *ctx, uint32_t id)
{
	union bpf_attr attr;
	memset(&attr, 0, sizeof attr);
	attr.prog_id = id;
	int fd = bpf(BPF_PROG_GET_FD_BY_ID, &attr);
	return fd >= 0 ? fd : fail(ctx, "BPF_PROG_GET_FD_BY_ID", "");
}

static int attach(struct context *ctx, int cgroup, int program, int replaced)
{
	union bpf_attr attr;
	memset(&attr, 0, sizeof attr);
	attr.target_fd = (uint32_t)cgroup;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (replaced >= 0) {
		attr.attach_flags |= BPF_F_REPLACE;
		attr.replace_bpf_fd = (uint32_t)replaced;
	}
	return bpf(BPF_PROG_ATTACH, &attr) < 0 ? fail(ctx, "BPF_PROG_ATTACH", "") : 0;
}

static int detach(struct context *ctx, int cgroup, uint32_t id)
{
	union bpf_attr attr;
	int program = open_program(ctx, id), error = 0;
	if (program < 0)
		return program;
	memset(&attr, 0, sizeof attr);
	attr.target_fd = (uint32_t)cgroup;
	attr.attach_bpf_fd = (uint32_t)program;
	attr.attach_type = BPF_CGROUP_DEVICE;
	if (bpf(BPF_PROG_DETACH, &attr) < 0)
		error = fail(ctx, "BPF_PROG_DETACH", "");
	close(program);
	return error;
}

/* An access must please all programs of a cgroup, so at no moment is more allowed than by the old ones or by the new one. */
static int replace(struct context *ctx, int cgroup, int program)
{
	uint32_t old[MAX_ATTACHED];
	int count = attached(ctx, cgroup, old);
	if (count == 1) {
		int replaced = open_program(ctx, old[0]);
		if (replaced < 0)
			return replaced;
		int error = attach(ctx, cgroup, program, replaced);
		close(replaced);
		return error;
	}
	int error = count < 0 ? count : attach(ctx, cgroup, program, -1);
	for (int i = 0; i < count && !error; i++)
		error = detach(ctx, cgroup, old[i]);
	return error;
}

int op_BPF_DEVICE(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	int cgroup, error = slot_fd(ctx, &f[0], &cgroup);
	if (error)
		return error;
	int program = load(ctx, f[1].b);
	if (program < 0)
		return program;
	error = f[2].u == REPLACE ? replace(ctx, cgroup, program) : attach(ctx, cgroup, program, -1);
	close(program); /* the cgroup holds it */
	return error;
}
