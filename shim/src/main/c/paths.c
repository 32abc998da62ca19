/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making things inside a root file system that nobody here trusts. Every step is resolved by the kernel inside the root
 * (RESOLVE_IN_ROOT); what is missing is made by its last name in a directory that is held open, and opened again through that
 * directory. So a link that is exchanged in the middle can at worst lead elsewhere inside the root (CVE-2019-18837, CVE-2021-30465,
 * CVE-2024-45310).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "executor.h"
#include "kernel.h"

#define KIND_FILE 0u
#define KIND_DIRECTORY 1u
#define KIND_NO_SYMLINKS 2u
#define KIND_ALIKE 4u

#define PARENT_MODE 0755
#define MAX_LINKS 40 /* as path_resolution(7) has it */

static int open_in_root(struct context *ctx, int root, const char *path, uint32_t kind)
{
	uint64_t resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
	if (kind & KIND_NO_SYMLINKS)
		resolve |= RESOLVE_NO_SYMLINKS;
	int fd = open_resolved(root, path, O_PATH, 0, resolve);
	if (fd >= 0)
		return fd;
	if (errno == ELOOP && kind & KIND_NO_SYMLINKS)
		return fail_because(ctx, ELOOP, "openat2", path, "a symbolic link where none may be");
	return fail(ctx, "openat2", path);
}

/* Opens one name in a directory, and no link that may have taken its place. */
static int open_name(int directory, const char *name)
{
	return open_resolved(directory, name, O_PATH | O_NOFOLLOW, 0, RESOLVE_BENEATH);
}

/* Makes `name`, unless it came into being meanwhile, and opens it. `path` is for the message. */
static int make_name(struct context *ctx, int parent, const char *name, uint32_t kind, mode_t mode, const char *path)
{
	struct stat st;
	int made = kind == KIND_FILE ? mknodat(parent, name, S_IFREG | (mode & 07777), 0) : mkdirat(parent, name, mode);
	if (made < 0 && errno != EEXIST)
		return fail(ctx, kind == KIND_FILE ? "mknod" : "mkdir", path);
	int fd = open_name(parent, name);
	if (fd < 0)
		return fail(ctx, "openat2", path);
	int error = 0;
	if (fstat(fd, &st) < 0)
		error = fail(ctx, "fstat", path);
	else if (S_ISLNK(st.st_mode))
		error = fail_because(ctx, ELOOP, "openat2", path, "a symbolic link took its place");
	if (!error)
		return fd;
	close(fd);
	return error;
}

/*
 * Puts the target of the link `name`, which is the end of `path`, in its place, with `rest` behind it: what is to be made is what the link
 * leads to, as an image's /etc/resolv.conf may lead to a file of /run that is not there yet. False if there is no link, or no room.
 */
static bool follow(int parent, const char *name, char *path, const char *rest)
{
	char target[PATH_MAX], tail[PATH_MAX];
	ssize_t size = readlinkat(parent, name, target, sizeof target);
	size_t before = target[0] == '/' ? 0 : (size_t)(name - path), after = strlen(rest) + 1;
	if (size <= 0 || before + (size_t)size + 1 + after > PATH_MAX)
		return false;
	memcpy(tail, rest, after);
	memcpy(path + before, target, (size_t)size);
	path[before + (size_t)size] = '/';
	memcpy(path + before + (size_t)size + 1, tail, after);
	return true;
}

/*
 * Goes from the root to `path`, of which something is missing, and makes that; `path` is cut to a prefix and restored on the way, and
 * changed by links. A circle of links is found by the kernel.
 */
static int walk(struct context *ctx, int root, char *path, uint32_t kind, mode_t mode)
{
	int links = 0;
	int fd = open_in_root(ctx, root, "/", kind);
	for (char *at = path + strspn(path, "/"); *at && fd >= 0;) {
		char *name = at, *end = at + strcspn(at, "/");
		at = end + strspn(end, "/");
		bool last = !*at;
		char behind = *end;
		*end = 0;
		int next = open_in_root(ctx, root, path, kind);
		if (next == -ENOENT && links < MAX_LINKS && follow(fd, name, path, at)) {
			links++;
			close(fd);
			fd = open_in_root(ctx, root, "/", kind);
			at = path + strspn(path, "/");
			continue;
		}
		if (next == -ENOENT)
			next = make_name(ctx, fd, name, last ? kind : kind | KIND_DIRECTORY, last ? mode : PARENT_MODE,
					 path);
		*end = behind;
		close(fd);
		fd = next;
	}
	return fd;
}

/* Makes the last name of `path` where only that is missing, as it mostly is. -ENOENT: there is more to do. */
static int make_last(struct context *ctx, int root, char *path, uint32_t kind, mode_t mode)
{
	char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return -ENOENT;
	if (slash)
		*slash = 0;
	int parent = open_in_root(ctx, root, slash && slash != path ? path : "/", kind | KIND_DIRECTORY);
	if (slash)
		*slash = '/';
	if (parent < 0)
		return parent;
	/* Nothing was found by that name: if there is something, it is a link that leads nowhere. */
	struct stat st;
	int fd = fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? -ENOENT
								      : make_name(ctx, parent, name, kind, mode, path);
	close(parent);
	return fd;
}

/* Opens `path` in the root as O_PATH, and makes what is missing. Returns a descriptor or -errno. */
static int open_or_make(struct context *ctx, int root, const char *path, uint32_t kind, mode_t mode)
{
	static char copy[PATH_MAX];
	size_t length = strlen(path);
	if (length == 0 || length >= sizeof copy)
		return fail_with(ctx, length == 0 ? ENOENT : ENAMETOOLONG, "openat2", path);
	int fd = open_in_root(ctx, root, path, kind);
	if (fd != -ENOENT)
		return fd;
	memcpy(copy, path, length + 1);
	fd = make_last(ctx, root, copy, kind, mode);
	return fd == -ENOENT ? walk(ctx, root, copy, kind, mode) : fd;
}

/* Opens the directory that is to hold the last name of `path`, and says that name. */
static int open_parent(struct context *ctx, const struct field *slot, const char *path, const char **name)
{
	int root, error = slot_fd(ctx, slot, &root);
	if (error)
		return error;
	static char copy[PATH_MAX];
	size_t end = strlen(path);
	while (end > 0 && path[end - 1] == '/')
		end--;
	if (end >= sizeof copy)
		return fail_with(ctx, ENAMETOOLONG, "openat2", path);
	memcpy(copy, path, end);
	copy[end] = 0;
	char *slash = strrchr(copy, '/');
	*name = slash ? slash + 1 : copy;
	if (!**name || !strcmp(*name, ".") || !strcmp(*name, ".."))
		return fail_because(ctx, EINVAL, "openat2", path, "no name to make");
	if (!slash) {
		int same = fcntl(root, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		return same < 0 ? fail(ctx, "fcntl", path) : same;
	}
	*slash = 0;
	return open_or_make(ctx, root, *copy ? copy : "/", KIND_DIRECTORY, PARENT_MODE);
}

/* What can be mounted on it: the kind of what the slot holds. */
static int kind_of(struct context *ctx, const struct field *slot, uint32_t *kind)
{
	struct stat st;
	int fd, error = slot_fd(ctx, slot, &fd);
	if (error)
		return error;
	if (fstat(fd, &st) < 0)
		return fail(ctx, "fstat", "");
	*kind = S_ISDIR(st.st_mode) ? KIND_DIRECTORY : KIND_FILE;
	return 0;
}

int op_MAKE_MOUNT_POINT(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	struct stat st;
	uint32_t kind = f[3].u;
	int root, error = slot_fd(ctx, &f[1], &root);
	if (!error && kind == KIND_ALIKE)
		error = kind_of(ctx, &f[0], &kind);
	if (error)
		return error;
	int fd = open_or_make(ctx, root, f[2].s, kind, f[4].u);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		error = fail(ctx, "fstat", f[2].s);
	else if (kind == KIND_FILE && S_ISDIR(st.st_mode))
		error = fail_with(ctx, EISDIR, "openat2", f[2].s);
	else if (kind != KIND_FILE && !S_ISDIR(st.st_mode))
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
	int error = 0, parent = open_parent(ctx, &f[0], f[2].s, &name);
	if (parent < 0)
		return parent;
	if (symlinkat(f[1].s, parent, name) < 0 && errno != EEXIST)
		error = fail(ctx, "symlink", f[2].s);
	close(parent);
	return error;
}

/* Whether the node is the one that was asked for; a new one also gets its owner. */
static int settle_node(struct context *ctx, int fd, const struct field *f, bool made)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return fail(ctx, "fstat", f[1].s);
	bool device = S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode);
	if ((st.st_mode & S_IFMT) != (f[2].u & S_IFMT) || (device && st.st_rdev != makedev(f[3].u, f[4].u)))
		return fail_because(ctx, EXDEV, "mknod", f[1].s, "not the device asked for");
	/* The owner may be another than the maker: a directory with the set-group-ID bit hands down its group. */
	bool owned = st.st_uid == f[5].u && st.st_gid == f[6].u;
	if (made && !owned && fchownat(fd, "", f[5].u, f[6].u, AT_EMPTY_PATH) < 0)
		return fail(ctx, "fchownat", f[1].s);
	return 0;
}

int op_MAKE_NODE(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	const char *name;
	int fd = -1, error = 0, parent = open_parent(ctx, &f[0], f[1].s, &name);
	if (parent < 0)
		return parent;
	bool made = mknodat(parent, name, f[2].u, makedev(f[3].u, f[4].u)) == 0;
	if (!made && errno != EEXIST)
		error = fail(ctx, "mknod", f[1].s);
	/* What is there now may not be what was made: look at it through a descriptor. */
	else if ((fd = open_name(parent, name)) < 0)
		error = fail(ctx, "openat2", f[1].s);
	close(parent);
	if (!error) {
		error = settle_node(ctx, fd, f, made);
		close(fd);
	}
	return error;
}
