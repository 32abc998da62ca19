/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The executor: carries out the planner's operations and decides nothing.
 *
 *   caller ── ipcell (this program) ──┬── planner (a JVM; cold calls only, gone once the last batch is sent)
 *                                     ├── guardian (undoes everything should ipcell be killed)
 *                                     └── the container's first process
 *
 * Two ways in: started by a caller, it calls the resident planner or starts a JVM; started by a Java program with --planner-fd=N, that program is the planner.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "executor.h"
#include "kernel.h"

#ifndef IPCELL_BUILD_ID
#define IPCELL_BUILD_ID "unbuilt"
#endif

#define PLANNER_FD "--planner-fd="
#define COLD "IPCELL_COLD"

extern char **environ;

static uint8_t usual_answer[USUAL_SIZE];
static struct writer answer = {.data = usual_answer, .room = sizeof usual_answer};

void leave(struct context *ctx, int code)
{
	restore_terminal();
	end_guard();
	end_planner(ctx);
	if (getenv("IPCELL_DEBUG"))
		print_planner_log(ctx);
	_exit(code);
}

void give_up(struct context *ctx, const char *message)
{
	fprintf(stderr, "ipcell: %s\n", message);
	leave(ctx, EXIT_FAILURE_CODE);
}

/* Signals are taken from a descriptor, when it suits; those of a fault of our own still end us. */
static int take_signals(void)
{
	sigset_t all;
	sigfillset(&all);
	const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS, SIGPIPE};
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
		sigdelset(&all, faults[i]);
	signal(SIGPIPE, SIG_IGN); /* EPIPE tells enough */
	signal(SIGCHLD, SIG_DFL); /* a caller may have had it ignored: then no child could be waited for */
	sigprocmask(SIG_SETMASK, &all, NULL);
	return signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* What is opened from here on must never become one of the standard streams. */
static void fill_standard_streams(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", O_RDWR); /* takes the lowest number that is free: this one */
}

static bool wanted(const char *entry)
{
	static const char *const names[] = {"PATH=",
					    "HOME=",
					    "TERM=",
					    "SHELL=",
					    "USER=",
					    "COLUMNS=",
					    "LINES=",
					    "XDG_RUNTIME_DIR=",
					    "DBUS_SESSION_BUS_ADDRESS=",
					    "DBUS_SYSTEM_BUS_ADDRESS=",
					    "NOTIFY_SOCKET=",
					    "LISTEN_FDS=",
					    "LISTEN_PID=",
					    "LISTEN_FDNAMES=",
					    "IPCELL_"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (!strncmp(entry, names[i], strlen(names[i])))
			return true;
	return false;
}

static void put_environment(struct writer *out)
{
	uint32_t count = 0;
	for (char **entry = environ; *entry; entry++)
		count += wanted(*entry);
	put_u32(out, count);
	for (char **entry = environ; *entry; entry++)
		if (wanted(*entry))
			put_string(out, *entry);
}

static void put_namespaces(struct writer *out)
{
	static const char *const names[] = {"mnt", "user", "pid"};
	int directory = open("/proc/self/ns", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct stat st;
		if (fstatat(directory, names[i], &st, 0) < 0)
			memset(&st, 0, sizeof st);
		put_u64(out, st.st_dev);
		put_u64(out, st.st_ino);
	}
	if (directory >= 0)
		close(directory);
}

static void put_root(struct writer *out)
{
	struct kernel_statx st = {0};
	if (syscall(SYS_statx, AT_FDCWD, "/", 0, IPCELL_STATX_INO | IPCELL_STATX_MNT_ID, &st) < 0)
		memset(&st, 0, sizeof st);
	put_u64(out, makedev(st.dev_major, st.dev_minor));
	put_u64(out, st.ino);
	put_u64(out, st.mask & IPCELL_STATX_MNT_ID ? st.mnt_id : 0);
}

static uint64_t effective_capabilities(void)
{
	struct kernel_cap_header header = {.version = KERNEL_CAP_VERSION_3};
	struct kernel_cap_data data[2] = {0};
	syscall(SYS_capget, &header, data);
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

/* Whether this may be a call that starts a planner, which lies beside us. */
static bool names_planner(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "planner"))
			return true;
	return false;
}

static _Noreturn void planner_lost(struct context *ctx)
{
	unwind(ctx);
	print_left_behind();
	if (ctx->failed_signal)
		leave(ctx, 128 + ctx->failed_signal);
	print_planner_log(ctx);
	give_up(ctx, "the planner ended unexpectedly; what was done is undone");
}

/* skip: the argument that is for ourselves; 0: there is none. */
static void prepare_hello(int argc, char **argv, int skip)
{
	struct utsname kernel;
	static char path[4096];
	begin_frame(&answer, FRAME_HELLO);
	put_u32(&answer, WIRE_MAGIC);
	put_u32(&answer, WIRE_VERSION);
	put_string(&answer, IPCELL_BUILD_ID);
	put_u32(&answer, (uint32_t)(argc - skip));
	for (int i = 0; i < argc; i++)
		if (i != skip || skip == 0)
			put_string(&answer, argv[i]);
	put_string(&answer, getcwd(path, sizeof path) ? path : "");
	put_environment(&answer);
	put_u32(&answer, (uint32_t)getpid());
	put_u32(&answer, getuid());
	put_u32(&answer, getgid());
	put_u32(&answer, geteuid());
	put_u32(&answer, getegid());
	put_u32(&answer, (uint32_t)(isatty(0) | isatty(1) << 1 | isatty(2) << 2));
	put_namespaces(&answer);
	put_root(&answer);
	put_string(&answer, uname(&kernel) == 0 ? kernel.release : "");
	put_u64(&answer, effective_capabilities());
	put_string(&answer, names_planner(argc, argv) ? our_own_path() : "");
}

static int say_hello(struct context *ctx, int argc, char **argv, int skip)
{
	prepare_hello(argc, argv, skip);
	return send_frame(ctx, &answer);
}

static int send_result(struct context *ctx, uint32_t status, int error)
{
	bool failed = status != RESULT_OK;
	begin_frame(&answer, FRAME_RESULT);
	put_u32(&answer, status);
	put_u32(&answer, failed ? ctx->failed_op : 0);
	put_u32(&answer, status == RESULT_SIGNAL ? (uint32_t)ctx->failed_signal : (uint32_t)error);
	put_u32(&answer, ctx->place);
	put_string(&answer, failed ? ctx->step : "");
	put_string(&answer, failed ? ctx->detail : "");
	put_values(&answer);
	put_left_behind(&answer);
	put_timings(&answer, ctx->trace);
	return send_frame(ctx, &answer);
}

/* The last words of an operation that failed with no planner left to find better ones. */
static _Noreturn void final_failure(struct context *ctx, int error)
{
	unwind(ctx);
	print_left_behind();
	if (ctx->failed_signal)
		leave(ctx, 128 + ctx->failed_signal);
	fprintf(stderr, "ipcell: %s: %s%s%s: %s (%s)\n", ctx->label, ctx->step, *ctx->detail ? " " : "", ctx->detail,
		strerror(error), errno_name(error));
	leave(ctx, EXIT_FAILURE_CODE);
}

static void run_batch(struct context *ctx, struct bytes body)
{
	uint32_t count = 0;
	if (ctx->has_failed && body.size >= 4 && get_u32(body.data) & BATCH_IF_OK)
		return;
	forget_values();
	ctx->failed_op = 0;
	ctx->place = PLACE_PARENT;
	ctx->label = ctx->step = "";
	ctx->detail[0] = 0;
	struct bytes program = {body.data + 16, body.size >= 16 ? body.size - 16 : 0};
	const char *wrong = body.size < 16 ? "a batch without its head" : check_program(program, false, &count);
	if (wrong) {
		fail_with(ctx, EPROTO, "decode", wrong);
		ctx->has_failed = true;
		unwind(ctx);
		if (send_result(ctx, RESULT_MALFORMED, EPROTO) < 0)
			planner_lost(ctx);
		return;
	}
	uint32_t flags = get_u32(body.data);
	ctx->is_final = flags & BATCH_FINAL;
	ctx->trace = flags & BATCH_TRACE;
	ctx->fault_op = get_u32(body.data + 4);
	ctx->fault_action = get_u32(body.data + 8);
	ctx->fault_errno = get_u32(body.data + 12);
	if (ctx->is_final) {
		close(ctx->planner);
		ctx->planner = -1;
	}
	int error = run_program(ctx, program);
	if (ctx->is_final) {
		if (error)
			final_failure(ctx, -error);
		leave(ctx, 0);
	}
	ctx->has_failed = error;
	if (!error && flags & BATCH_QUIET)
		return;
	if (planner_gone(ctx))
		planner_lost(ctx);
	if (error)
		unwind(ctx);
	uint32_t status = !error ? RESULT_OK : ctx->failed_signal ? RESULT_SIGNAL : RESULT_FAILED;
	if (send_result(ctx, status, -error) < 0)
		planner_lost(ctx);
	if (status == RESULT_SIGNAL)
		ctx->failed_signal = 0; /* else it ends the next batch */
}

static _Noreturn void converse(struct context *ctx)
{
	for (;;) {
		uint8_t kind;
		uint32_t size;
		uint8_t *frame = receive_frame(ctx, &kind, &size);
		if (!frame || kind != FRAME_BATCH)
			planner_lost(ctx);
		run_batch(ctx, (struct bytes){frame, size});
	}
}

/* NULL and a batch, or why there is none. */
static const char *greet(struct context *ctx, struct bytes *batch)
{
	if (send_frame(ctx, &answer) == 0)
		return first_answer(ctx, batch);
	/* One that refuses its caller may have said so, and gone, before it was greeted. */
	return errno == EPIPE ? refusal(ctx) : HUNG_UP;
}

/* True if a resident planner serves us: then its first batch has run. */
static bool warm(struct context *ctx, int argc, char **argv)
{
	struct bytes batch;
	/* First, because connect(2) wakes the planner, which would wait for it. */
	prepare_hello(argc, argv, 0);
	const char *why = call_resident(ctx);
	if (!why)
		why = greet(ctx, &batch);
	if (!why) {
		run_batch(ctx, batch);
		return true;
	}
	if (ctx->failed_signal)
		leave(ctx, 128 + ctx->failed_signal);
	if (ctx->planner >= 0)
		close(ctx->planner);
	ctx->planner = -1;
	ctx->patience = -1;
	setenv(COLD, why, 1); /* for --debug */
	return false;
}

static void cold(struct context *ctx, int argc, char **argv)
{
	start_planner(ctx);
	if (say_hello(ctx, argc, argv, 0) < 0)
		planner_lost(ctx);
	unsetenv(COLD);
}

int main(int argc, char **argv)
{
	static struct context ctx = {.planner = -1,
				     .patience = -1,
				     .channel = -1,
				     .planner_log = -1,
				     .starter = -1,
				     .label = "",
				     .step = ""};
	if (argc == 2 && !strcmp(argv[1], "--op-table")) {
		print_table();
		return 0;
	}
	fill_standard_streams();
	ctx.argv = argv;
	seal_early(&ctx);
	ctx.pid = getpid();
	ctx.signals = take_signals();
	ctx.caller_umask = umask(0);
	init_shared(&ctx);
	prctl(PR_SET_NAME, "ipcell");
	bool embedded = argc > 1 && !strncmp(argv[1], PLANNER_FD, strlen(PLANNER_FD));
	if (embedded) {
		char *end;
		long number = strtol(argv[1] + strlen(PLANNER_FD), &end, 10);
		ctx.planner = *end || number <= STDERR_FILENO || number > INT_MAX ? -1 : (int)number;
		if (fcntl(ctx.planner, F_SETFD, FD_CLOEXEC) < 0)
			give_up(&ctx, PLANNER_FD "N: N is no open descriptor from 3 on");
		if (say_hello(&ctx, argc, argv, 1) < 0)
			planner_lost(&ctx);
	} else if (!warm(&ctx, argc, argv)) {
		cold(&ctx, argc, argv);
	}
	converse(&ctx);
}
