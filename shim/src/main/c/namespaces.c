/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on namespaces. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "executor.h"
#include "kernel.h"

int op_OPEN_NS(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	struct stat st, owner = {0};
	struct statfs fs;
	/* O_NONBLOCK: what is named may be a fifo. */
	int type = -1, error = 0, fd = open_at(ctx, &f[1], f[2].s, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, 0);
	if (fd < 0)
		return fd;
	if (fstatfs(fd, &fs) < 0)
		error = fail(ctx, "fstatfs", f[2].s);
	else if (fs.f_type != NSFS_MAGIC)
		error = fail_with(ctx, EINVAL, "fstatfs", f[2].s);
	else if ((type = ioctl(fd, NS_GET_NSTYPE)) < 0 || fstat(fd, &st) < 0)
		error = fail(ctx, "ioctl", f[2].s);
	if (error) {
		close(fd);
		return error;
	}
	int user = ioctl(fd, NS_GET_USERNS);
	if (user >= 0) {
		if (fstat(user, &owner) < 0)
			memset(&owner, 0, sizeof owner);
		close(user);
	}
	uint8_t value[40];
	struct writer out = {.data = value, .room = sizeof value};
	put_u32(&out, (uint32_t)type);
	put_u64(&out, st.st_dev);
	put_u64(&out, st.st_ino);
	put_u64(&out, owner.st_dev);
	put_u64(&out, owner.st_ino);
	set_value(ctx, value, out.size);
	slot_fill(ctx, &f[0], fd);
	return 0;
}

int op_SET_NS(struct context *ctx, const struct op *op)
{
	int fd, error = slot_fd(ctx, &op->field[0], &fd);
	if (error)
		return error;
	return setns(fd, (int)op->field[1].u) == 0 ? 0 : fail(ctx, "setns", "");
}

int op_UNSHARE(struct context *ctx, const struct op *op)
{
	return unshare((int)op->field[0].u) == 0 ? 0 : fail(ctx, "unshare", "");
}

int op_SET_HOSTNAME(struct context *ctx, const struct op *op)
{
	const char *name = op->field[0].s;
	return sethostname(name, strlen(name)) == 0 ? 0 : fail(ctx, "sethostname", name);
}

int op_SET_DOMAINNAME(struct context *ctx, const struct op *op)
{
	const char *name = op->field[0].s;
	return setdomainname(name, strlen(name)) == 0 ? 0 : fail(ctx, "setdomainname", name);
}
