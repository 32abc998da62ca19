/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on mounts: made detached, changed and attached by descriptors. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "executor.h"
#include "kernel.h"

#define MAX_PARAMETERS 64
#define XATTR_MAY_LACK 1

/* The kernel says in words what was wrong with a file system's parameters (fsopen(2), "Message retrieval"). */
static int fs_failure(struct context *ctx, int fs, const char *step, const char *detail)
{
	int error = errno;
	char words[sizeof ctx->detail];
	bool told = false;
	fail_with(ctx, error, step, detail);
	/* One message each time: "e tmpfs: Bad value for 'size'"; an error weighs more than a warning or a note before it. */
	for (ssize_t size; (size = read(fs, words, sizeof words - 1)) > 2;) {
		words[words[size - 1] == '\n' ? size - 1 : size] = 0;
		if (!told || words[0] == 'e')
			fail_with(ctx, error, step, words + 2);
		told = true;
	}
	return -error;
}

static int configure(struct context *ctx, int fs, const char *parameter)
{
	char key[256];
	size_t length = strcspn(parameter, "=");
	if (length >= sizeof key)
		return fail_with(ctx, EINVAL, "fsconfig", parameter);
	memcpy(key, parameter, length);
	key[length] = 0;
	const char *value = parameter[length] ? parameter + length + 1 : NULL;
	long done =
		syscall(SYS_fsconfig, fs, value ? IPCELL_FSCONFIG_SET_STRING : IPCELL_FSCONFIG_SET_FLAG, key, value, 0);
	return done < 0 ? fs_failure(ctx, fs, "fsconfig", parameter) : 0;
}

int op_FS_MOUNT(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	const char *parameters[MAX_PARAMETERS];
	int count = field_strings(&f[3], parameters, MAX_PARAMETERS);
	if (count < 0)
		return fail_with(ctx, E2BIG, "fsconfig", f[1].s);
	int fs = (int)syscall(SYS_fsopen, f[1].s, FSOPEN_CLOEXEC);
	if (fs < 0)
		return fail(ctx, "fsopen", f[1].s);
	int error = 0;
	if (*f[2].s && syscall(SYS_fsconfig, fs, IPCELL_FSCONFIG_SET_STRING, "source", f[2].s, 0) < 0)
		error = fs_failure(ctx, fs, "fsconfig", f[2].s);
	for (int i = 0; i < count && !error; i++)
		error = configure(ctx, fs, parameters[i]);
	if (!error && syscall(SYS_fsconfig, fs, IPCELL_FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		error = fs_failure(ctx, fs, "fsconfig", f[1].s);
	int tree = error ? -1 : (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, f[4].u);
	if (!error && tree < 0)
		error = fs_failure(ctx, fs, "fsmount", f[1].s);
	close(fs);
	if (!error)
		slot_fill(ctx, &f[0], tree);
	return error;
}

int op_OPEN_TREE(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	uint32_t flags = f[3].u | IPCELL_OPEN_TREE_CLOEXEC;
	bool opens = f[4].u;
	uint64_t follow = flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0;
	int base, error = opens ? 0 : slot_fd(ctx, &f[1], &base);
	if (opens && (base = open_at(ctx, &f[1], f[2].s, O_PATH | follow, 0, f[4].u)) < 0)
		error = base;
	if (error)
		return error;
	int tree = (int)syscall(SYS_open_tree, base, opens ? "" : f[2].s, opens ? flags | AT_EMPTY_PATH : flags);
	if (tree < 0)
		error = fail(ctx, "open_tree", f[2].s);
	else
		slot_fill(ctx, &f[0], tree);
	if (opens)
		close(base);
	return error;
}

int op_MOUNT_SETATTR(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	int fd, error = slot_fd(ctx, &f[0], &fd);
	if (error)
		return error;
	struct kernel_mount_attr attr = {.set = f[3].q, .clear = f[4].q, .propagation = f[5].q};
	if (syscall(SYS_mount_setattr, fd, f[1].s, f[2].u, &attr, sizeof attr) < 0)
		return fail(ctx, "mount_setattr", f[1].s);
	return 0;
}

int op_MOVE_MOUNT(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	int from, to, error = slot_fd(ctx, &f[0], &from);
	if (!error)
		error = slot_fd(ctx, &f[1], &to);
	if (error)
		return error;
	unsigned flags = MOVE_MOUNT_F_EMPTY_PATH | (*f[2].s ? 0 : MOVE_MOUNT_T_EMPTY_PATH);
	return syscall(SYS_move_mount, from, "", to, f[2].s, flags) == 0 ? 0 : fail(ctx, "move_mount", f[2].s);
}

int op_PIVOT_ROOT(struct context *ctx, const struct op *op)
{
	int root, error = slot_fd(ctx, &op->field[0], &root);
	if (error)
		return error;
	if (fchdir(root) < 0)
		return fail(ctx, "fchdir", "");
	int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (old < 0)
		return fail(ctx, "open", "/");
	/* With the same directory twice the old root is stacked on the new one (pivot_root(2), NOTES). Its end must not reach the host,
	 * so it only receives from now on; that is asked for by descriptor, as "." is the new root, whose propagation is the planner's. */
	struct kernel_mount_attr slave = {.propagation = MS_SLAVE};
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		error = fail(ctx, "pivot_root", "");
	else if (syscall(SYS_mount_setattr, old, "", AT_EMPTY_PATH | AT_RECURSIVE, &slave, sizeof slave) < 0)
		error = fail(ctx, "mount_setattr", "the old root");
	else if (fchdir(old) < 0 || umount2(".", MNT_DETACH) < 0)
		error = fail(ctx, "umount2", "the old root");
	close(old);
	if (error)
		return error;
	return chdir("/") == 0 ? 0 : fail(ctx, "chdir", "/");
}

int op_CHROOT(struct context *ctx, const struct op *op)
{
	int root, error = slot_fd(ctx, &op->field[0], &root);
	if (error)
		return error;
	if (fchdir(root) < 0)
		return fail(ctx, "fchdir", "");
	return chroot(".") == 0 && chdir("/") == 0 ? 0 : fail(ctx, "chroot", "");
}

int op_UNMOUNT(struct context *ctx, const struct op *op)
{
	const char *path = op->field[0].s;
	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0 && errno != EINVAL && errno != ENOENT)
		return fail(ctx, "umount2", path);
	return 0;
}

/* Opens what is to be hidden; what is not there needs no hiding, and is -ENOENT. */
static int open_existing(struct context *ctx, const struct field *root, const char *path)
{
	int fd = open_at(ctx, root, path, O_PATH, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
	return fd == -ENOTDIR ? -ENOENT : fd;
}

/* Covers what `target` stands for by a copy of the mount that `what` is. */
static int cover(struct context *ctx, int what, unsigned flags, int target, const char *path, bool readonly)
{
	int copy = (int)syscall(SYS_open_tree, what, "",
				flags | AT_EMPTY_PATH | IPCELL_OPEN_TREE_CLONE | IPCELL_OPEN_TREE_CLOEXEC);
	if (copy < 0)
		return fail(ctx, "open_tree", path);
	int error = 0;
	struct kernel_mount_attr attr = {.set = IPCELL_MOUNT_ATTR_RDONLY};
	if (readonly && syscall(SYS_mount_setattr, copy, "", flags | AT_EMPTY_PATH, &attr, sizeof attr) < 0)
		error = fail(ctx, "mount_setattr", path);
	unsigned both = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
	if (!error && syscall(SYS_move_mount, copy, "", target, "", both) < 0)
		error = fail(ctx, "move_mount", path);
	close(copy);
	return error;
}

/* The first directory gets the tmpfs itself, and the others get copies of that: one that stayed attached nowhere would be taken apart at
 * execve(2), which waits for all processors (fs/namespace.c, dissolve_on_fput). */
static int cover_directory(struct context *ctx, int tmpfs, int target, const char *path)
{
	static int placed = -1;
	if (placed == tmpfs)
		return cover(ctx, tmpfs, 0, target, path, false);
	unsigned both = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
	if (syscall(SYS_move_mount, tmpfs, "", target, "", both) < 0)
		return fail(ctx, "move_mount", path);
	placed = tmpfs;
	return 0;
}

int op_MASK_PATH(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	struct stat st;
	bool is_directory = false;
	int what, error, target = open_existing(ctx, &f[0], f[1].s);
	if (target < 0)
		return target == -ENOENT ? 0 : target;
	if (fstat(target, &st) < 0)
		error = fail(ctx, "fstat", f[1].s);
	else
		error = slot_fd(ctx, (is_directory = S_ISDIR(st.st_mode)) ? &f[2] : &f[3], &what);
	if (!error)
		error = is_directory ? cover_directory(ctx, what, target, f[1].s)
				     : cover(ctx, what, 0, target, f[1].s, false);
	close(target);
	return error;
}

int op_READONLY_PATH(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	int target = open_existing(ctx, &f[0], f[1].s);
	if (target < 0)
		return target == -ENOENT ? 0 : target;
	int error = cover(ctx, target, AT_RECURSIVE, target, f[1].s, true);
	close(target);
	return error;
}

int op_SET_XATTR(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	/* The slot may be open as a place only, which has no attributes to set. */
	int fd = open_at(ctx, &f[0], ".", O_RDONLY | O_DIRECTORY, 0, 0);
	if (fd < 0)
		return fd;
	int error = fsetxattr(fd, f[1].s, f[2].b.data, f[2].b.size, 0) < 0 ? fail(ctx, "fsetxattr", f[1].s) : 0;
	close(fd);
	return error == -EOPNOTSUPP && f[3].u & XATTR_MAY_LACK ? 0 : error;
}
