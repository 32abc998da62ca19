/* SPDX-License-Identifier: Apache-2.0 */
/* A foreground container's life: signals go to it, the terminal's data goes both ways, until it ends. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>

#include "executor.h"
#include "kernel.h"

#define FORWARD_SIGNALS 1u
#define END_OF_INPUT 4   /* VEOF as a new terminal has it */
#define HANG_UP_PAUSE 50 /* milliseconds until a terminal that nobody has open is looked at again */

/* One direction of the terminal's data. */
struct pump {
	int from, to;
	bool ended;     /* nothing more comes */
	bool hung_up;   /* the terminal is open nowhere at the moment, but may be again */
	char last_byte; /* that was taken */
	size_t start, size;
	char data[4096]; /* PIPE_BUF: a ready pipe takes that much without blocking */
};

static struct termios saved_terminal;
static bool terminal_is_raw;

void restore_terminal(void)
{
	if (terminal_is_raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved_terminal);
	terminal_is_raw = false;
}

static void make_raw(void)
{
	struct termios raw;
	if (tcgetattr(STDIN_FILENO, &saved_terminal) < 0)
		return; /* not a terminal: nothing to change */
	raw = saved_terminal;
	cfmakeraw(&raw);
	/* Set first: a signal between the two must not leave the caller's terminal raw. */
	terminal_is_raw = true;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static void copy_window_size(int terminal)
{
	struct winsize size;
	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &size) == 0 && (size.ws_row || size.ws_col))
		ioctl(terminal, TIOCSWINSZ, &size);
}

static void fill(struct pump *pump)
{
	ssize_t got = read(pump->from, pump->data, sizeof pump->data);
	pump->start = 0;
	pump->size = got > 0 ? (size_t)got : 0;
	pump->hung_up = got < 0 && errno == EIO && pump->from != STDIN_FILENO;
	pump->ended = got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN && !pump->hung_up);
	if (got > 0)
		pump->last_byte = pump->data[got - 1];
}

static void drain(struct pump *pump)
{
	ssize_t put = write(pump->to, pump->data + pump->start, pump->size);
	/* Nobody reads any more. What comes is taken and thrown away, or the container would stand still. */
	if (put < 0 && errno != EINTR && errno != EAGAIN)
		pump->size = 0;
	if (put > 0) {
		pump->start += (size_t)put;
		pump->size -= (size_t)put;
	}
}

/* What a pump waits for: room for what it holds, or something to take. */
static void interest(const struct pump *pump, struct pollfd *polled)
{
	if (pump->size > 0)
		*polled = (struct pollfd){.fd = pump->to, .events = POLLOUT};
	else
		*polled = (struct pollfd){.fd = pump->ended || pump->hung_up ? -1 : pump->from, .events = POLLIN};
}

static void step(struct pump *pump, const struct pollfd *polled)
{
	if (!polled->revents && !pump->hung_up)
		return;
	if (pump->size > 0)
		drain(pump);
	else
		fill(pump);
}

/* What came while the container was not yet there to take it. */
static void forward_held(struct context *ctx, int pidfd)
{
	const uint64_t ours = 1ull << (SIGCHLD - 1) | 1ull << (SIGURG - 1) | 1ull << (SIGWINCH - 1);
	ctx->holds_signals = false;
	for (int number = 1; number <= 64; number++)
		if ((ctx->held_signals & ~ours) >> (number - 1) & 1)
			syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
}

static void forward(struct context *ctx, int pidfd, uint32_t flags, int terminal)
{
	struct signalfd_siginfo info;
	while (read(ctx->signals, &info, sizeof info) == (ssize_t)sizeof info) {
		int number = (int)info.ssi_signo;
		if (number == SIGCHLD)
			reap(ctx);
		else if (number == SIGWINCH && terminal >= 0)
			copy_window_size(terminal);
		else if (number != SIGURG && flags & FORWARD_SIGNALS)
			syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
		else
			note_signal(ctx, number);
	}
}

/* What the container wrote before it ended is still in the terminal; a caller who does not take it can still end us. */
static void last_words(struct context *ctx, struct pump *out)
{
	while (!out->ended && !out->hung_up) {
		struct pollfd polled[2] = {{.fd = -1}, {.fd = ctx->signals, .events = POLLIN}};
		interest(out, &polled[0]);
		if (poll(polled, 2, out->size > 0 ? -1 : 0) <= 0 && out->size == 0)
			break;
		if (polled[1].revents && fatal_signal(ctx))
			break;
		if (!polled[0].revents && out->size == 0)
			break;
		step(out, &polled[0]);
	}
}

/* The end of a file is told to a terminal as a line's end, and then once more. */
static void tell_end(struct pump *in)
{
	in->start = 0;
	in->size = in->last_byte == '\n' || in->last_byte == 0 ? 1 : 2;
	memset(in->data, END_OF_INPUT, in->size);
}

static int supervise(struct context *ctx, struct process *process, uint32_t flags, int terminal)
{
	static struct pump in, out;
	int pidfd = ctx->slots[process->slot];
	forward_held(ctx, pidfd);
	in = (struct pump){.from = STDIN_FILENO, .to = terminal, .ended = terminal < 0};
	out = (struct pump){.from = terminal, .to = STDOUT_FILENO, .ended = terminal < 0};
	bool told_end = terminal < 0;
	for (;;) {
		struct pollfd polled[5] = {{.fd = pidfd, .events = POLLIN},
					   {.fd = ctx->signals, .events = POLLIN},
					   {.fd = ctx->planner, .events = POLLRDHUP}};
		interest(&in, &polled[3]);
		interest(&out, &polled[4]);
		if (poll(polled, 5, out.hung_up ? HANG_UP_PAUSE : -1) < 0 && errno != EINTR)
			return fail(ctx, "poll", "");
		if (polled[1].revents)
			forward(ctx, pidfd, flags, terminal);
		if (ctx->failed_signal)
			return fail_with(ctx, EINTR, "signal", "");
		if (planner_gone(ctx))
			return fail_with(ctx, EPIPE, "planner", "");
		step(&in, &polled[3]);
		step(&out, &polled[4]);
		if (in.ended && !told_end) {
			tell_end(&in);
			told_end = true;
		}
		if (polled[0].revents) {
			last_words(ctx, &out);
			return 0;
		}
	}
}

int op_SUPERVISE(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	struct process *process = process_of(ctx, f[0].slot);
	if (!process)
		return fail_with(ctx, ESRCH, "poll", "no such process");
	int terminal = f[2].slot < 0 ? -1 : ctx->slots[f[2].slot];
	if (terminal >= 0) {
		fcntl(terminal, F_SETFL, O_RDWR | O_NONBLOCK);
		make_raw();
		copy_window_size(terminal);
	}
	int error = supervise(ctx, process, f[1].u, terminal);
	restore_terminal();
	if (!error)
		error = wait_for_end(ctx, process, 5000);
	reap(ctx);
	return error;
}

int op_EXIT_AS(struct context *ctx, const struct op *op)
{
	struct process *process = process_of(ctx, op->field[0].slot);
	if (!process || !process->reaped)
		return fail_with(ctx, ESRCH, "wait", "no such process");
	leave(ctx, WIFSIGNALED(process->status) ? 128 + WTERMSIG(process->status) : WEXITSTATUS(process->status));
}

int op_EXIT(struct context *ctx, const struct op *op)
{
	leave(ctx, (int)op->field[0].u & 0xff);
}
