/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies what an image has in a directory into the file system that is about to cover it (the mount option tmpcopyup). Nothing of the
 * source is followed: each entry is opened by its name in a directory that is held open.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "executor.h"
#include "kernel.h"

#define DEEPEST 64

static int copy_directory(struct context *ctx, int from, int to, int depth);

static int copy_attributes(struct context *ctx, int to, const char *name, const struct stat *st)
{
	struct timespec times[2] = {st->st_atim, st->st_mtim};
	bool is_link = S_ISLNK(st->st_mode);
	if (fchownat(to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(ctx, "chown", name);
	if (!is_link && fchmodat(to, name, st->st_mode & 07777, 0) < 0)
		return fail(ctx, "chmod", name);
	return utimensat(to, name, times, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : fail(ctx, "utimensat", name);
}

static int copy_file(struct context *ctx, int from, int to, const char *name)
{
	int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (in < 0)
		return fail(ctx, "openat", name);
	int out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int error = out < 0 ? fail(ctx, "openat", name) : 0;
	ssize_t sent = 1;
	while (!error && sent > 0)
		if ((sent = sendfile(out, in, NULL, 1 << 30)) < 0)
			error = fail(ctx, "sendfile", name);
	close(in);
	if (out >= 0)
		close(out);
	return error;
}

static int copy_link(struct context *ctx, int from, int to, const char *name)
{
	char target[PATH_MAX];
	ssize_t size = readlinkat(from, name, target, sizeof target - 1);
	if (size < 0)
		return fail(ctx, "readlink", name);
	target[size] = 0;
	return symlinkat(target, to, name) == 0 ? 0 : fail(ctx, "symlink", name);
}

static int copy_below(struct context *ctx, int from, int to, const char *name, int depth)
{
	if (mkdirat(to, name, 0700) < 0)
		return fail(ctx, "mkdir", name);
	int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int error = in < 0 || out < 0 ? fail(ctx, "openat", name) : copy_directory(ctx, in, out, depth - 1);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return error;
}

static int copy_entry(struct context *ctx, int from, int to, const char *name, int depth)
{
	struct stat st;
	int error;
	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(ctx, "stat", name);
	if (S_ISDIR(st.st_mode))
		error = copy_below(ctx, from, to, name, depth);
	else if (S_ISREG(st.st_mode))
		error = copy_file(ctx, from, to, name);
	else if (S_ISLNK(st.st_mode))
		error = copy_link(ctx, from, to, name);
	else
		error = mknodat(to, name, st.st_mode, st.st_rdev) == 0 ? 0 : fail(ctx, "mknod", name);
	return error ? error : copy_attributes(ctx, to, name, &st);
}

static int copy_directory(struct context *ctx, int from, int to, int depth)
{
	_Alignas(struct kernel_dirent) char entries[2048];
	long got;
	if (depth == 0)
		return fail_with(ctx, ELOOP, "openat", "the directories are nested too deep");
	while ((got = syscall(SYS_getdents64, from, entries, sizeof entries)) > 0) {
		const struct kernel_dirent *entry;
		for (long at = 0; at < got; at += entry->size) {
			entry = (const struct kernel_dirent *)(entries + at);
			if (!strcmp(entry->name, ".") || !strcmp(entry->name, ".."))
				continue;
			int error = copy_entry(ctx, from, to, entry->name, depth);
			if (error)
				return error;
		}
	}
	return got == 0 ? 0 : fail(ctx, "getdents64", "");
}

int op_COPY_TREE(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	struct stat st;
	int from, to, error = slot_fd(ctx, &f[0], &from);
	if (error || (error = slot_fd(ctx, &f[1], &to)))
		return error;
	/* Both may be open as places only, which cannot be read. */
	int in = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int out = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (in < 0 || out < 0 || fstat(in, &st) < 0)
		error = fail(ctx, "openat", "");
	if (!error)
		error = copy_directory(ctx, in, out, DEEPEST);
	/* The new root of the mount looks like the directory that it covers. */
	if (!error && (fchown(out, st.st_uid, st.st_gid) < 0 || fchmod(out, st.st_mode & 07777) < 0))
		error = fail(ctx, "chown", "");
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return error;
}
