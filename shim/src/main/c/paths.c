/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making things inside a root file system that nobody here trusts. Every step is resolved by the kernel inside the root
 * (RESOLVE_IN_ROOT), and what is made is made by its last name in a directory that is held open, so a link that is exchanged in the
 * middle can at worst lead elsewhere inside the root (CVE-2019-18837, CVE-2021-30465, CVE-2024-45310).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "executor.h"
#include "kernel.h"

#define KIND_FILE 0u
#define KIND_NO_SYMLINKS 2u

static uint64_t resolution(uint32_t kind)
{
	uint64_t resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
	return kind & KIND_NO_SYMLINKS ? resolve | RESOLVE_NO_SYMLINKS : resolve;
}

/* Splits a path into its directory, which is written to `directory`, and its last name. */
static const char *split(const char *path, char *directory, size_t room)
{
	size_t end = strlen(path);
	while (end > 0 && path[end - 1] == '/')
		end--;
	size_t start = end;
	while (start > 0 && path[start - 1] != '/')
		start--;
	if (start >= room || end - start == 0)
		return NULL;
	memcpy(directory, path, start);
	directory[start] = 0;
	if (start == 0)
		memcpy(directory, "/", 2);
	return path + start;
}

/* Makes the last component, unless it came into being meanwhile, and opens it. */
static int make_last(struct context *ctx, int root, const char *path, int parent, const char *name, uint32_t kind,
		     mode_t mode)
{
	int made = kind == KIND_FILE ? mknodat(parent, name, S_IFREG | (mode & 0666), 0) : mkdirat(parent, name, mode);
	if (made < 0 && errno != EEXIST)
		return fail(ctx, kind == KIND_FILE ? "mknod" : "mkdir", path);
	int fd = open_resolved(root, path, O_PATH, 0, resolution(kind));
	if (fd >= 0)
		return fd;
	return fail(ctx, "openat2", path);
}

static int explained(struct context *ctx, int error, const char *path)
{
	char text[sizeof ctx->detail];
	const char *why = error == -ELOOP ? ": a symbolic link where none may be"
					  : ": a symbolic link in the root file system that leads nowhere inside it";
	size_t length = strnlen(path, sizeof text - 128);
	memcpy(text, path, length);
	strcpy(text + length, why);
	return fail_with(ctx, -error, "openat2", text);
}

/* Opens `path` in the root as O_PATH, and makes what is missing. Returns a descriptor or -errno. */
static int open_or_make(struct context *ctx, int root, const char *path, uint32_t kind, mode_t mode)
{
	char prefix[4096], directory[4096];
	size_t length = strlen(path), end = 0;
	if (length >= sizeof prefix)
		return fail_with(ctx, ENAMETOOLONG, "openat2", path);
	int fd = open_resolved(root, path, O_PATH, 0, resolution(kind));
	if (fd >= 0 || errno != ENOENT)
		return fd >= 0 ? fd : errno == ELOOP ? explained(ctx, -ELOOP, path) : fail(ctx, "openat2", path);
	while (end < length) {
		while (end < length && path[end] == '/')
			end++;
		while (end < length && path[end] != '/')
			end++;
		memcpy(prefix, path, end);
		prefix[end] = 0;
		bool last = strspn(path + end, "/") == length - end;
		int next = open_resolved(root, prefix, O_PATH, 0, resolution(kind));
		if (next < 0 && errno == ENOENT) {
			const char *name = split(prefix, directory, sizeof directory);
			if (!name)
				return fail_with(ctx, EINVAL, "openat2", path);
			int parent = fd >= 0 ? fd : open_resolved(root, "/", O_PATH, 0, resolution(kind));
			next = make_last(ctx, root, prefix, parent, name, last ? kind : kind | 1u, last ? mode : 0755);
			if (fd < 0 && parent >= 0)
				close(parent);
			if (next == -ENOENT)
				next = explained(ctx, next, prefix);
		} else if (next < 0) {
			next = errno == ELOOP ? explained(ctx, -ELOOP, prefix) : fail(ctx, "openat2", prefix);
		}
		if (fd >= 0)
			close(fd);
		if (next < 0)
			return next;
		fd = next;
		if (last)
			break;
	}
	return fd;
}

/* Opens the directory that is to hold the last name of `path`. */
static int open_parent(struct context *ctx, int root, const char *path, const char **name)
{
	static char directory[4096];
	*name = split(path, directory, sizeof directory);
	if (!*name || !strcmp(*name, ".") || !strcmp(*name, ".."))
		return fail_with(ctx, EINVAL, "openat2", path);
	return open_or_make(ctx, root, directory, 1, 0755);
}

int op_MAKE_MOUNT_POINT(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	struct stat st;
	int root, error = slot_fd(ctx, &f[1], &root);
	if (error)
		return error;
	int fd = open_or_make(ctx, root, f[2].s, f[3].u, f[4].u);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		error = fail(ctx, "fstat", f[2].s);
	else if (f[3].u == KIND_FILE && S_ISDIR(st.st_mode))
		error = fail_with(ctx, EISDIR, "openat2", f[2].s);
	else if (f[3].u != KIND_FILE && !S_ISDIR(st.st_mode))
		error = fail_with(ctx, ENOTDIR, "openat2", f[2].s);
	if (error)
		close(fd);
	else
		slot_fill(ctx, &f[0], fd);
	return error;
}

int op_SYMLINK(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	const char *name;
	int root, error = slot_fd(ctx, &f[0], &root);
	if (error)
		return error;
	int parent = open_parent(ctx, root, f[2].s, &name);
	if (parent < 0)
		return parent;
	if (symlinkat(f[1].s, parent, name) < 0 && errno != EEXIST)
		error = fail(ctx, "symlink", f[2].s);
	close(parent);
	return error;
}

int op_MAKE_NODE(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	const char *name;
	struct stat st;
	int root, error = slot_fd(ctx, &f[0], &root);
	if (error)
		return error;
	int parent = open_parent(ctx, root, f[1].s, &name);
	if (parent < 0)
		return parent;
	dev_t device = makedev(f[3].u, f[4].u);
	bool made = mknodat(parent, name, f[2].u, device) == 0;
	if (!made && errno != EEXIST) {
		error = fail(ctx, "mknod", f[1].s);
		close(parent);
		return error;
	}
	/* What is there now may not be what was made: look at it through a descriptor. */
	int fd = open_resolved(parent, name, O_PATH | O_NOFOLLOW, 0, RESOLVE_BENEATH);
	close(parent);
	if (fd < 0)
		return fail(ctx, "openat2", f[1].s);
	if (fstat(fd, &st) < 0)
		error = fail(ctx, "fstat", f[1].s);
	else if ((st.st_mode & S_IFMT) != (f[2].u & S_IFMT) || (!S_ISFIFO(st.st_mode) && st.st_rdev != device))
		error = fail_with(ctx, EXDEV, "mknod", f[1].s);
	else if (made && (f[5].u || f[6].u) && fchownat(fd, "", f[5].u, f[6].u, AT_EMPTY_PATH) < 0)
		error = fail(ctx, "fchown", f[1].s);
	close(fd);
	return error;
}
