/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on pseudo-terminals (pty(7)). */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "executor.h"
#include "kernel.h"

int op_OPEN_PTY(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	int unlocked = 0;
	int master = open_resolved(AT_FDCWD, f[2].s, O_RDWR | O_NOCTTY | O_NOFOLLOW, 0, RESOLVE_NO_MAGICLINKS);
	if (master < 0)
		return fail(ctx, "openat2", f[2].s);
	int error = 0, slave = -1;
	if (ioctl(master, TIOCSPTLCK, &unlocked) < 0)
		error = fail(ctx, "ioctl(TIOCSPTLCK)", f[2].s);
	/* By its path the other end could be something else by now (CVE-2025-52565). */
	else if ((slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0)
		error = fail(ctx, "ioctl(TIOCGPTPEER)", f[2].s);
	struct winsize size = {.ws_row = (unsigned short)f[3].u, .ws_col = (unsigned short)f[4].u};
	bool sized = f[3].u || f[4].u || ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0;
	if (!error && sized && ioctl(master, TIOCSWINSZ, &size) < 0)
		error = fail(ctx, "ioctl(TIOCSWINSZ)", f[2].s);
	struct termios modes;
	if (!error && f[5].u) {
		if (tcgetattr(slave, &modes) < 0)
			error = fail(ctx, "tcgetattr", f[2].s);
		modes.c_oflag &= ~f[5].u;
		if (!error && tcsetattr(slave, TCSANOW, &modes) < 0)
			error = fail(ctx, "tcsetattr", f[2].s);
	}
	if (error) {
		close(master);
		if (slave >= 0)
			close(slave);
		return error;
	}
	slot_fill(ctx, &f[0], master);
	slot_fill(ctx, &f[1], slave);
	return 0;
}

int op_USE_TERMINAL(struct context *ctx, const struct op *op)
{
	int slave, error = slot_fd(ctx, &op->field[0], &slave);
	if (error)
		return error;
	if (ioctl(slave, TIOCSCTTY, 0) < 0)
		return fail(ctx, "ioctl(TIOCSCTTY)", "");
	for (int fd = 0; fd <= 2; fd++)
		if ((slave == fd ? fcntl(fd, F_SETFD, 0) : dup2(slave, fd)) < 0)
			return fail(ctx, "dup2", "");
	return 0;
}

int op_USE_STREAMS(struct context *ctx, const struct op *op)
{
	for (int stream = 0; stream <= 2; stream++) {
		int fd, error = slot_fd(ctx, &op->field[stream], &fd);
		if (error)
			return error;
		if (fd <= 2)
			return fail_with(ctx, EBADF, "dup2", "a standard stream");
		if (dup2(fd, stream) < 0)
			return fail(ctx, "dup2", "");
	}
	return 0;
}
