/* SPDX-License-Identifier: Apache-2.0 */
/* Mounts whose ids are mapped, and the user namespaces that the kernel takes the maps from. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "executor.h"
#include "kernel.h"

static int write_map(struct context *ctx, pid_t pid, const char *name, struct bytes map)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(ctx, "open", name);
	int error = write(fd, map.data, map.size) == (ssize_t)map.size ? 0 : fail(ctx, "write", name);
	close(fd);
	return error;
}

/* A user namespace is there as long as a process is in it, or somebody has it open. */
int op_MAP_IDS(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	char path[64];
	pid_t parent = getpid();
	struct kernel_clone_args args = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == parent)
			pause();
		_exit(0);
	}
	if (pid < 0)
		return fail(ctx, "clone3", "");
	int fd = -1, error = write_map(ctx, pid, "uid_map", f[1].b);
	if (!error)
		error = write_map(ctx, pid, "gid_map", f[2].b);
	snprintf(path, sizeof path, "/proc/%ld/ns/user", (long)pid);
	if (!error && (fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		error = fail(ctx, "open", path);
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (!error)
		slot_fill(ctx, &f[0], fd);
	return error;
}

int op_IDMAP_MOUNT(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	int mount, user, error = slot_fd(ctx, &f[0], &mount);
	if (!error)
		error = slot_fd(ctx, &f[2], &user);
	if (error)
		return error;
	struct kernel_mount_attr attr = {.set = IPCELL_MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)user};
	if (syscall(SYS_mount_setattr, mount, "", f[1].u | AT_EMPTY_PATH, &attr, sizeof attr) < 0)
		return fail(ctx, "mount_setattr", "");
	return 0;
}
