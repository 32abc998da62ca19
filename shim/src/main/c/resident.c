/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The warm way: a planner that is there already answers over its socket. Whatever is wrong with it, the cold way is open: nothing was
 * done yet.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "executor.h"

#define SYSTEM_SOCKET "/run/ipcell-planner/socket"
#define USER_SOCKET "/ipcell-planner/socket" /* below XDG_RUNTIME_DIR */
#define PATIENCE_MS 1000

static bool find_socket(struct sockaddr_un *address)
{
	const char *chosen = getenv("IPCELL_PLANNER"), *runtime = getenv("XDG_RUNTIME_DIR");
	bool root = geteuid() == 0;
	if (!chosen && !root && !runtime)
		return false;
	int length = chosen ? snprintf(address->sun_path, sizeof address->sun_path, "%s", chosen)
		     : root ? snprintf(address->sun_path, sizeof address->sun_path, "%s", SYSTEM_SOCKET)
			    : snprintf(address->sun_path, sizeof address->sun_path, "%s%s", runtime, USER_SOCKET);
	return length > 0 && (size_t)length < sizeof address->sun_path && address->sun_path[0] == '/';
}

/* Orders are taken from root and from ourselves only. */
static bool trusted(int socket)
{
	struct ucred peer;
	socklen_t size = sizeof peer;
	return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == 0 || peer.uid == geteuid());
}

const char *call_resident(struct context *ctx)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (!find_socket(&address))
		return "none is asked for";
	/* A full queue is no reason to wait: connect(2) then fails with EAGAIN. */
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return strerror(errno);
	if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
		const char *why = strerror(errno);
		close(fd);
		return why;
	}
	if (!trusted(fd)) {
		close(fd);
		return "its socket belongs to another user";
	}
	ctx->planner = fd;
	ctx->patience = PATIENCE_MS;
	return NULL;
}

static const char *reason(uint8_t kind, struct bytes frame)
{
	static char reason[256];
	snprintf(reason, sizeof reason, "%.*s", kind == FRAME_REFUSAL ? (int)frame.size : 0, (const char *)frame.data);
	return reason;
}

const char *first_answer(struct context *ctx, struct bytes *batch)
{
	uint8_t kind;
	batch->data = receive_frame(ctx, &kind, &batch->size);
	ctx->patience = -1;
	if (!batch->data)
		return "it does not answer";
	return kind == FRAME_BATCH ? NULL : reason(kind, *batch);
}

const char *refusal(struct context *ctx)
{
	uint8_t kind;
	struct bytes frame;
	frame.data = receive_frame(ctx, &kind, &frame.size);
	return frame.data && kind == FRAME_REFUSAL ? reason(kind, frame) : HUNG_UP;
}
