/* SPDX-License-Identifier: Apache-2.0 */
/* Frames, and the little-endian integers and strings in them (ops.h). */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "executor.h"

uint32_t get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

uint64_t get_u64(const uint8_t *at)
{
	return get_u32(at) | (uint64_t)get_u32(at + 4) << 32;
}

/* A writer on a caller's array is always large enough; the parent's begin with fixed room, which costs a short call nothing, and grow. */
static void room_for(struct writer *out, size_t more)
{
	if (out->size + more <= out->room)
		return;
	size_t room = (out->size + more) * 2;
	uint8_t *data = realloc(out->is_grown ? out->data : NULL, room);
	if (!data)
		abort();
	if (!out->is_grown)
		memcpy(data, out->data, out->size);
	out->is_grown = true;
	out->data = data;
	out->room = room;
}

void put_u32(struct writer *out, uint32_t value)
{
	room_for(out, 4);
	for (int i = 0; i < 4; i++)
		out->data[out->size++] = (uint8_t)(value >> (8 * i));
}

void put_u64(struct writer *out, uint64_t value)
{
	put_u32(out, (uint32_t)value);
	put_u32(out, (uint32_t)(value >> 32));
}

void put_raw(struct writer *out, const void *data, size_t size)
{
	room_for(out, size + 1);
	if (size)
		memcpy(out->data + out->size, data, size);
	out->size += size;
}

void put_bytes(struct writer *out, const void *data, size_t size)
{
	put_u32(out, (uint32_t)size);
	put_raw(out, data, size);
}

void put_string(struct writer *out, const char *text)
{
	put_bytes(out, text, strlen(text));
	out->data[out->size++] = 0;
}

void begin_frame(struct writer *out, uint8_t kind)
{
	out->size = 0;
	put_u32(out, 0);
	room_for(out, 1);
	out->data[out->size++] = kind;
}

int send_frame(struct context *ctx, struct writer *out)
{
	uint32_t length = (uint32_t)(out->size - 4);
	for (int i = 0; i < 4; i++)
		out->data[i] = (uint8_t)(length >> (8 * i));
	size_t at = 0;
	while (at < out->size) {
		ssize_t sent = send(ctx->planner, out->data + at, out->size - at, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EAGAIN) {
			/* A planner that does not listen must not make us deaf to signals. */
			struct pollfd polled[2] = {{.fd = ctx->planner, .events = POLLOUT},
						   {.fd = ctx->signals, .events = POLLIN}};
			int ready = poll(polled, 2, ctx->patience);
			if (ready == 0 || (polled[1].revents && fatal_signal(ctx)))
				return -1;
			continue;
		}
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -1;
		at += (size_t)sent;
	}
	out->size = 0;
	return 0;
}

static bool receive(struct context *ctx, uint8_t *data, size_t size)
{
	while (size > 0) {
		ssize_t got = recv(ctx->planner, data, size, MSG_DONTWAIT);
		if (got > 0) {
			data += got;
			size -= (size_t)got;
			continue;
		}
		if (got == 0 || (errno != EINTR && errno != EAGAIN))
			return false;
		struct pollfd polled[2] = {{.fd = ctx->planner, .events = POLLIN},
					   {.fd = ctx->signals, .events = POLLIN}};
		int ready = poll(polled, 2, ctx->patience);
		if (ready == 0 || (ready < 0 && errno != EINTR))
			return false;
		if (polled[1].revents && fatal_signal(ctx))
			return false;
	}
	return true;
}

uint8_t *receive_frame(struct context *ctx, uint8_t *kind, uint32_t *size)
{
	uint8_t head[5];
	if (!receive(ctx, head, sizeof head))
		return NULL;
	uint32_t length = get_u32(head);
	if (length < 1 || length > MAX_FRAME)
		return NULL;
	*kind = head[4];
	*size = length - 1;
	/* New memory for each frame would cost more than its bytes; that of a large one goes back. */
	static uint8_t usual[USUAL_SIZE], *large;
	free(large);
	large = *size > sizeof usual ? malloc(*size) : NULL;
	uint8_t *body = *size > sizeof usual ? large : usual;
	return body && receive(ctx, body, *size) ? body : NULL;
}
