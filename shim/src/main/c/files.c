/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on files and descriptors, and what all operations use: failures, slots, openat2. */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h> /* renameat */
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <time.h>

#include "executor.h"
#include "kernel.h"

#define MAX_LINES 256

int fail_with(struct context *ctx, int error, const char *step, const char *detail)
{
	size_t length = strnlen(detail, sizeof ctx->detail - 1);
	ctx->step = step;
	memmove(ctx->detail, detail, length);
	ctx->detail[length] = 0;
	return -error;
}

int fail(struct context *ctx, const char *step, const char *detail)
{
	return fail_with(ctx, errno, step, detail);
}

int fail_because(struct context *ctx, int error, const char *step, const char *what, const char *why)
{
	/* The reason is short and must be read; of the path, what there is room for. */
	size_t room = sizeof ctx->detail - 3 - strlen(why), length = strnlen(what, room);
	ctx->step = step;
	memmove(ctx->detail, what, length);
	memcpy(ctx->detail + length, ": ", 2);
	strcpy(ctx->detail + length + 2, why);
	return -error;
}

size_t append_number(char *text, size_t length, unsigned long number)
{
	char digits[20];
	int count = 0;
	do
		digits[count++] = (char)('0' + number % 10);
	while (number /= 10);
	while (count > 0)
		text[length++] = digits[--count];
	text[length] = 0;
	return length;
}

int slot_fd(struct context *ctx, const struct field *field, int *fd)
{
	*fd = field->slot < 0 ? field->slot : ctx->slots[field->slot];
	if (*fd < 0 && field->slot != AT_FDCWD)
		return fail_with(ctx, EBADF, "slot", "an empty slot");
	return 0;
}

void slot_fill(struct context *ctx, const struct field *field, int fd)
{
	int old = ctx->slots[field->slot];
	forget_process(ctx, field->slot);
	ctx->slots[field->slot] = fd;
	if (old >= 0)
		close(old);
}

int open_resolved(int base, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct kernel_open_how how = {.flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve};
	long fd;
	/* EAGAIN: a rename raced with a resolution that must stay inside; the kernel asks to try again. */
	for (int tries = 0; tries < 128; tries++) {
		fd = syscall(SYS_openat2, base, path, &how, sizeof how);
		if (fd >= 0 || (errno != EINTR && errno != EAGAIN))
			break;
	}
	return (int)fd;
}

int open_at(struct context *ctx, const struct field *base, const char *path, uint64_t flags, uint64_t mode,
	    uint64_t resolve)
{
	int at, error = slot_fd(ctx, base, &at);
	if (error)
		return error;
	int fd = open_resolved(at, path, flags, mode, resolve);
	return fd >= 0 ? fd : fail(ctx, "openat2", path);
}

int write_all(int fd, const void *data, size_t size)
{
	const uint8_t *at = data;
	while (size > 0) {
		ssize_t wrote = write(fd, at, size);
		if (wrote < 0) {
			if (errno == EINTR)
				continue;
			struct pollfd writable = {.fd = fd, .events = POLLOUT};
			if (errno != EAGAIN || (poll(&writable, 1, -1) < 0 && errno != EINTR))
				return -1;
			continue;
		}
		at += wrote;
		size -= (size_t)wrote;
	}
	return 0;
}

void sleep_millis(unsigned millis)
{
	struct timespec time = {.tv_sec = millis / 1000, .tv_nsec = (long)(millis % 1000) * 1000000};
	nanosleep(&time, NULL);
}

uint64_t now_nanos(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

int op_OPEN_FD(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	int fd = open_at(ctx, &f[1], f[2].s, f[3].u, f[4].u, f[5].u);
	if (fd < 0)
		return fd;
	slot_fill(ctx, &f[0], fd);
	return 0;
}

int op_CLOSE_FD(struct context *ctx, const struct op *op)
{
	if (op->field[0].slot >= 0 && ctx->slots[op->field[0].slot] >= 0)
		slot_fill(ctx, &op->field[0], -1);
	return 0;
}

int op_READ_FILE(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	if (ctx->in_child || f[2].u > MAX_FRAME / 2) /* in the child nobody takes a value */
		return fail_with(ctx, ctx->in_child ? ENOSYS : EINVAL, "read", f[1].s);
	int error = 0, fd = open_at(ctx, &f[0], f[1].s, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, f[3].u);
	if (fd < 0)
		return fd;
	/* Most files are small, and new memory for each costs as much as the reading. */
	static uint8_t small[16 << 10];
	size_t limit = (size_t)f[2].u + 1, size = 0;
	size_t room = limit < sizeof small ? limit : sizeof small;
	uint8_t *data = small, *large = MAP_FAILED;
	while (size < room) {
		ssize_t got = read(fd, data + size, room - size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			error = fail(ctx, "read", f[1].s);
		if (got <= 0)
			break;
		size += (size_t)got;
		if (size < room || room == limit)
			continue;
		large = mmap(NULL, limit, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (large == MAP_FAILED) {
			error = fail(ctx, "mmap", f[1].s);
			break;
		}
		data = memcpy(large, small, size);
		room = limit;
	}
	if (!error && size == limit)
		error = fail_with(ctx, EFBIG, "read", f[1].s);
	if (!error)
		set_value(ctx, data, size);
	if (large != MAP_FAILED)
		munmap(large, limit);
	close(fd);
	return error;
}

/* Files of the kernel take everything in one write. A full disk takes a part, and at the next write says why it takes no more. */
static int write_bytes(struct context *ctx, int fd, struct bytes data, const char *path)
{
	const uint8_t *at = data.data;
	size_t left = data.size;
	do {
		ssize_t wrote = write(fd, at, left);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return fail(ctx, "write", path);
		if (wrote == 0 && left > 0)
			return fail_with(ctx, EIO, "write", path);
		at += wrote;
		left -= (size_t)wrote;
	} while (left > 0);
	return 0;
}

int op_WRITE_FILE(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	int fd = open_at(ctx, &f[0], f[1].s, f[2].u, f[3].u, f[4].u);
	if (fd < 0)
		return fd;
	int error = write_bytes(ctx, fd, f[5].b, f[1].s);
	close(fd);
	return error;
}

/* Files that take one entry at a time. */
int op_WRITE_LINES(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	const char *lines[MAX_LINES];
	int count = field_strings(&f[2], lines, MAX_LINES);
	if (count < 0)
		return fail_with(ctx, E2BIG, "write", f[1].s);
	int error = 0, fd = open_at(ctx, &f[0], f[1].s, O_WRONLY, 0, 0);
	if (fd < 0)
		return fd;
	for (int i = 0; !error && i < count; i++) {
		struct bytes line = {(const uint8_t *)lines[i], (uint32_t)strlen(lines[i])};
		error = write_bytes(ctx, fd, line, f[1].s);
		if (!error)
			continue;
		size_t said = strlen(ctx->detail);
		snprintf(ctx->detail + said, sizeof ctx->detail - said, ": %s", lines[i]);
	}
	close(fd);
	return error;
}

int op_WRITE_FILE_ATOMIC(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	const char *temporary = f[2].s;
	int base, error = slot_fd(ctx, &f[0], &base);
	if (error)
		return error;
	int fd = open_resolved(base, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, f[3].u, 0);
	if (fd < 0)
		return fail(ctx, "openat2", errno == EEXIST ? temporary : f[1].s);
	error = write_bytes(ctx, fd, f[4].b, f[1].s);
	close(fd);
	if (!error && renameat(base, temporary, base, f[1].s) < 0)
		error = fail(ctx, "rename", f[1].s);
	if (error)
		unlinkat(base, temporary, 0);
	return error;
}

int op_MAKE_DIR(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	struct stat st;
	int base, error = slot_fd(ctx, &f[0], &base);
	if (error)
		return error;
	if (mkdirat(base, f[1].s, f[2].u) == 0)
		return 0;
	if (errno != EEXIST || f[3].u != 1)
		return fail(ctx, "mkdir", f[1].s);
	if (fstatat(base, f[1].s, &st, 0) < 0)
		return fail(ctx, "stat", f[1].s);
	if (!S_ISDIR(st.st_mode))
		return fail_with(ctx, ENOTDIR, "mkdir", f[1].s);
	ctx->already_there = true;
	return 0;
}

int op_REMOVE_FILE(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	int base, error = slot_fd(ctx, &f[0], &base);
	if (error)
		return error;
	return unlinkat(base, f[1].s, 0) == 0 || errno == ENOENT ? 0 : fail(ctx, "unlink", f[1].s);
}

int op_CHOWN(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	int base, error = slot_fd(ctx, &f[0], &base);
	if (error)
		return error;
	int flags = AT_SYMLINK_NOFOLLOW | (*f[1].s ? 0 : AT_EMPTY_PATH);
	bool done = fchownat(base, f[1].s, f[2].u, f[3].u, flags) == 0;
	return done || errno == ENOENT ? 0 : fail(ctx, "chown", f[1].s);
}

int op_REMOVE_DIR(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	int base, error = slot_fd(ctx, &f[0], &base);
	if (error)
		return error;
	uint64_t end = now_nanos() + (uint64_t)f[2].u * 1000000;
	for (unsigned pause = 1;; pause = pause < 32 ? pause * 2 : 50) {
		if (unlinkat(base, f[1].s, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY || now_nanos() >= end)
			return fail(ctx, "rmdir", f[1].s);
		sleep_millis(pause);
	}
}

static int check_empty(struct context *ctx, int fd)
{
	_Alignas(struct kernel_dirent) char entries[1024];
	long got;
	lseek(fd, 0, SEEK_SET);
	while ((got = syscall(SYS_getdents64, fd, entries, sizeof entries)) > 0) {
		const struct kernel_dirent *entry;
		for (long at = 0; at < got; at += entry->size) {
			entry = (const struct kernel_dirent *)(entries + at);
			if (strcmp(entry->name, ".") != 0 && strcmp(entry->name, "..") != 0)
				return fail_with(ctx, EEXIST, "getdents64", entry->name);
		}
	}
	return got == 0 ? 0 : fail(ctx, "getdents64", "");
}

static bool is_removed(int directory)
{
	_Alignas(struct kernel_dirent) char entries[1024];
	return syscall(SYS_getdents64, directory, entries, sizeof entries) < 0 && errno == ENOENT;
}

/* Who removes a directory has its lock, and may keep it for longer. */
static int wait_for_lock(struct context *ctx, int fd, unsigned operation, unsigned millis)
{
	uint64_t end = now_nanos() + (uint64_t)millis * 1000000;
	for (unsigned pause = 1;; pause = pause < 8 ? pause * 2 : 10) {
		if (operation & LOCK_UNDO && is_removed(fd))
			return fail_with(ctx, ENOENT, "getdents64", "");
		if (flock(fd, (int)(operation & ~(LOCK_EMPTY | LOCK_UNDO)) | LOCK_NB) == 0)
			return operation & LOCK_EMPTY ? check_empty(ctx, fd) : 0;
		if (errno != EWOULDBLOCK || now_nanos() >= end)
			return fail(ctx, "flock", "");
		sleep_millis(pause);
	}
}

int op_LOCK(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	bool undoes = f[1].u & LOCK_UNDO;
	int fd, error = slot_fd(ctx, &f[0], &fd);
	if (error)
		return undoes && error == -EBADF ? 0 : error;
	error = wait_for_lock(ctx, fd, f[1].u, f[2].u);
	if (!error && undoes && is_removed(fd))
		error = -ENOENT;
	if (!error || !undoes)
		return error;
	ctx->no_more_to_undo = true;
	bool is_others = error == -ENOENT || error == -EEXIST || (error == -EWOULDBLOCK && f[2].u == 0);
	return is_others ? 0 : error;
}

int op_FD_PATH(struct context *ctx, const struct op *op)
{
	static char path[PATH_MAX];
	char link[64] = "/proc/self/fd/";
	int fd, error = slot_fd(ctx, &op->field[0], &fd);
	if (error || fd < 0)
		return error ? error : fail_with(ctx, EBADF, "readlink", "");
	append_number(link, strlen(link), (unsigned long)fd);
	ssize_t size = readlink(link, path, sizeof path);
	if (size < 0)
		return fail(ctx, "readlink", link);
	if (size == sizeof path)
		return fail_with(ctx, ENAMETOOLONG, "readlink", link);
	set_value(ctx, path, (size_t)size);
	return 0;
}

int op_STAT(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	struct stat st;
	struct statfs fs;
	bool opens = *f[1].s;
	int fd, error = opens ? 0 : slot_fd(ctx, &f[0], &fd);
	if (opens && (fd = open_at(ctx, &f[0], f[1].s, O_PATH, 0, f[2].u)) < 0)
		error = fd;
	if (error)
		return error;
	if (fstat(fd, &st) < 0)
		error = fail(ctx, "fstat", f[1].s);
	else if (fstatfs(fd, &fs) < 0)
		error = fail(ctx, "fstatfs", f[1].s);
	if (opens)
		close(fd);
	if (error)
		return error;
	uint8_t value[64];
	struct writer out = {.data = value, .room = sizeof value};
	put_u64(&out, st.st_dev);
	put_u64(&out, st.st_ino);
	put_u32(&out, st.st_mode);
	put_u32(&out, st.st_uid);
	put_u32(&out, st.st_gid);
	put_u64(&out, st.st_rdev);
	put_u64(&out, (uint64_t)st.st_size);
	put_u64(&out, (uint64_t)fs.f_type);
	put_u32(&out, (uint32_t)fs.f_flags);
	set_value(ctx, value, out.size);
	return 0;
}

int op_VERIFY(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	struct stat st;
	struct statfs fs;
	int fd, error = slot_fd(ctx, &f[0], &fd);
	if (error)
		return error;
	if (fstat(fd, &st) < 0)
		return fail(ctx, "fstat", "");
	if (fstatfs(fd, &fs) < 0)
		return fail(ctx, "fstatfs", "");
	if (f[1].u && (st.st_mode & S_IFMT) != f[1].u)
		return fail_with(ctx, EXDEV, "fstat", "not the type of file that it must be");
	if ((f[2].u != UINT32_MAX && major(st.st_rdev) != f[2].u) ||
	    (f[3].u != UINT32_MAX && minor(st.st_rdev) != f[3].u))
		return fail_with(ctx, EXDEV, "fstat", "not the device that it must be");
	if (f[4].q && (uint64_t)fs.f_type != f[4].q)
		return fail_with(ctx, EXDEV, "fstatfs", "not on the file system that it must be on");
	return 0;
}

#define COPY_MAX 4096

static int read_small(struct context *ctx, const struct field *base, const char *path, uint64_t resolve, char *data)
{
	int fd = open_at(ctx, base, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, resolve);
	if (fd < 0)
		return fd;
	ssize_t size = read(fd, data, COPY_MAX + 1);
	int result = size < 0 ? fail(ctx, "read", path) : (int)size;
	close(fd);
	return result;
}

int op_COPY_FILE(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	char data[COPY_MAX + 1];
	int there = read_small(ctx, &f[0], f[2].s, f[3].u, data);
	for (int i = 0; i < there; i++)
		if (!strchr(" \t\n", data[i]))
			return 0;
	int size = there < 0 ? there : read_small(ctx, &f[0], f[1].s, f[3].u, data);
	if (size < 0)
		return size;
	if (size > COPY_MAX)
		return fail_with(ctx, EFBIG, "read", f[1].s);
	int fd = open_at(ctx, &f[0], f[2].s, O_WRONLY, 0, f[3].u);
	if (fd < 0)
		return fd;
	int error = write_bytes(ctx, fd, (struct bytes){(uint8_t *)data, (uint32_t)size}, f[2].s);
	close(fd);
	return error;
}

static int has_line(struct context *ctx, const struct field *base, const char *path, const char *wanted)
{
	char text[COPY_MAX + 1];
	size_t length = strlen(wanted);
	int size = read_small(ctx, base, path, 0, text);
	for (char *line = text, *next; size > 0 && line < text + size; line = next) {
		const char *end = memchr(line, '\n', (size_t)(text + size - line));
		next = end ? text + (end - text) + 1 : text + size;
		if ((size_t)((end ? end : next) - line) == length && !memcmp(line, wanted, length))
			return 1;
	}
	return size < 0 ? size : 0;
}

int op_AWAIT_FILE(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	const struct bytes again = {(const uint8_t *)f[3].s, (uint32_t)strlen(f[3].s)};
	uint64_t end = now_nanos() + (uint64_t)f[4].u * 1000000;
	for (unsigned pause = 1;; pause = pause < 8 ? pause * 2 : 10) {
		int found = has_line(ctx, &f[0], f[1].s, f[2].s);
		if (found)
			return found < 0 ? found : 0;
		if (now_nanos() >= end)
			return fail_with(ctx, ETIMEDOUT, "await", f[1].s);
		if (!ctx->in_child && fatal_signal(ctx))
			return fail_with(ctx, EINTR, "signal", "");
		sleep_millis(pause);
		if (again.size == 0)
			continue;
		int fd = open_at(ctx, &f[0], f[1].s, O_WRONLY, 0, 0);
		int error = fd < 0 ? fd : write_bytes(ctx, fd, again, f[1].s);
		if (fd >= 0)
			close(fd);
		if (error)
			return error;
	}
}

int op_OUTPUT(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	int fd = f[0].u == 1 ? STDOUT_FILENO : STDERR_FILENO;
	if (write_all(fd, f[1].b.data, f[1].b.size) < 0)
		return fail(ctx, "write", fd == STDOUT_FILENO ? "stdout" : "stderr");
	return 0;
}

int op_CLOSE_RANGE(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	return syscall(SYS_close_range, f[0].u, f[1].u, f[2].u) == 0 ? 0 : fail(ctx, "close_range", "");
}

int op_CLOSE_OTHERS(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	int kept[4] = {-1, -1, ctx->channel, ctx->signals};
	for (int i = 0; i < 2; i++) {
		int error = f[1 + i].slot < 0 ? 0 : slot_fd(ctx, &f[1 + i], &kept[i]);
		if (error)
			return error;
	}
	for (int slot = 0; slot < MAX_SLOTS; slot++)
		if (ctx->slots[slot] >= 0 && (uint32_t)ctx->slots[slot] >= f[0].u && slot != f[1].slot &&
		    slot != f[2].slot)
			ctx->slots[slot] = -1;
	/* What lies between those that stay. */
	for (uint32_t from = f[0].u;;) {
		uint32_t next = UINT32_MAX;
		for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
			if (kept[i] >= 0 && (uint32_t)kept[i] >= from && (uint32_t)kept[i] < next)
				next = (uint32_t)kept[i];
		bool last = next == UINT32_MAX;
		if (next > from && syscall(SYS_close_range, from, last ? next : next - 1, 0) < 0)
			return fail(ctx, "close_range", "");
		if (last)
			return 0;
		from = next + 1;
	}
}
