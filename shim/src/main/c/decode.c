/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The planner's bytes are hostile until they are checked. check_program() goes over a whole batch before any of it runs; next_op() then
 * takes it apart without further checks.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "executor.h"

#define HEADER 12
#define MAX_OPCODE 127

static const struct {
	const char *name, *fields;
} table[MAX_OPCODE + 1] = {
#define OP_ROW(number, name, fields) [number] = {#name, fields},
	OP_TABLE(OP_ROW)
#undef OP_ROW
};

const char *op_name(uint16_t opcode)
{
	return opcode <= MAX_OPCODE && table[opcode].name ? table[opcode].name : "UNKNOWN";
}

void print_table(void)
{
	for (int i = 0; i <= MAX_OPCODE; i++)
		if (table[i].name)
			printf("%d %s %s\n", i, table[i].name, table[i].fields);
}

static bool take(struct bytes *rest, uint32_t size, const uint8_t **at)
{
	if (size > rest->size)
		return false;
	*at = rest->data;
	rest->data += size;
	rest->size -= size;
	return true;
}

static bool take_u32(struct bytes *rest, uint32_t *value)
{
	const uint8_t *at;
	if (!take(rest, 4, &at))
		return false;
	*value = get_u32(at);
	return true;
}

static bool take_bytes(struct bytes *rest, struct bytes *value)
{
	return take_u32(rest, &value->size) && take(rest, value->size, &value->data);
}

/* Of what was checked before, where a string ends is known. */
static bool take_string(struct bytes *rest, const char **text, bool checked)
{
	struct bytes value;
	const uint8_t *end;
	if (!take_bytes(rest, &value) || !take(rest, 1, &end) || *end != 0)
		return false;
	*text = (const char *)value.data;
	return checked || memchr(value.data, 0, value.size) == NULL;
}

static bool take_strings(struct bytes *rest, struct bytes *value, bool checked)
{
	uint32_t count;
	const char *text;
	value->data = rest->data;
	uint32_t before = rest->size;
	if (!take_u32(rest, &count))
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (!take_string(rest, &text, checked))
			return false;
	value->size = before - rest->size;
	return true;
}

static bool take_field(struct bytes *rest, char letter, struct field *field, bool checked)
{
	const uint8_t *at;
	switch (letter) {
	case 'u':
		return take_u32(rest, &field->u);
	case 'q':
		if (!take(rest, 8, &at))
			return false;
		field->q = get_u64(at);
		return true;
	case 'o':
	case 'i':
		if (!take_u32(rest, &field->u))
			return false;
		field->slot = (int32_t)field->u;
		if (field->slot >= 0 && field->slot < MAX_SLOTS)
			return true;
		return letter == 'i' && (field->slot == SLOT_NONE || field->slot == AT_FDCWD);
	case 's':
		return take_string(rest, &field->s, checked);
	case 'b':
	case 'p':
		return take_bytes(rest, &field->b);
	case 'l':
		return take_strings(rest, &field->b, checked);
	default:
		return false;
	}
}

/* Takes one operation off; NULL, or what is wrong with it. */
static const char *take_op(struct bytes *rest, struct op *op, bool checked)
{
	const uint8_t *head;
	uint32_t size;
	op->raw = *rest;
	if (!take(rest, HEADER, &head))
		return "an operation that ends too early";
	op->opcode = (uint16_t)(head[0] | head[1] << 8);
	op->flags = (uint16_t)(head[2] | head[3] << 8);
	op->id = get_u32(head + 4);
	size = get_u32(head + 8);
	struct bytes body = {.size = size};
	if (!take(rest, size, &body.data))
		return "an operation longer than its batch";
	op->raw.size = HEADER + size;
	if (op->opcode > MAX_OPCODE || !table[op->opcode].name)
		return "an unknown operation";
	if (!take_string(&body, &op->label, checked))
		return "a bad label";
	const char *letters = table[op->opcode].fields;
	for (int i = 0; letters[i]; i++)
		if (!take_field(&body, letters[i], &op->field[i], checked))
			return "a bad field";
	return body.size == 0 ? NULL : "an operation with too many bytes";
}

static bool for_parent_only(uint16_t opcode)
{
	return (opcode >= OP_CLONE && opcode <= OP_SEAL) || opcode == OP_CLONE_INSIDE;
}

/* Decides about processes, or about the undo stack itself; the rest of that stack would not survive to be run. */
static bool is_control(uint16_t opcode)
{
	return (for_parent_only(opcode) && opcode != OP_KILL && opcode != OP_KILL_CGROUP) || opcode == OP_EXEC;
}

static bool for_child_only(uint16_t opcode)
{
	return opcode == OP_SYNC_POINT || opcode == OP_AWAIT_PARENT || opcode == OP_SEND_FD ||
	       opcode == OP_SET_SECCOMP || opcode == OP_CLOSE_OTHERS;
}

const char *check_program(struct bytes program, bool child, uint32_t *count)
{
	struct bytes rest = program;
	bool undoable = false;
	while (rest.size > 0) {
		struct op op;
		const char *wrong = take_op(&rest, &op, false);
		if (wrong)
			return wrong;
		bool undo = op.flags & OP_UNDO;
		if (undo && (!undoable || is_control(op.opcode)))
			return "an undo operation that cannot be one";
		if (op.id > MAX_OP_ID || (op.id == 0 && !undo))
			return "an operation's number out of range";
		if (child ? for_parent_only(op.opcode) : for_child_only(op.opcode))
			return "an operation on the wrong side";
		if (op.opcode == OP_CLONE && (wrong = check_program(op.field[4].b, true, count)))
			return wrong;
		if (!undo)
			undoable = !child && (op.opcode == OP_CLONE || !is_control(op.opcode));
		++*count;
	}
	return NULL;
}

uint32_t undo_size(struct bytes rest)
{
	uint32_t size = 0;
	while (rest.size - size > 0 && get_u32(rest.data + size) >> 16 & OP_UNDO)
		size += HEADER + get_u32(rest.data + size + 8);
	return size;
}

bool next_op(struct bytes *rest, struct op *op)
{
	return rest->size > 0 && take_op(rest, op, true) == NULL;
}

int field_strings(const struct field *field, const char **out, int room)
{
	struct bytes rest = field->b;
	uint32_t count;
	if (!take_u32(&rest, &count) || count >= (uint32_t)room)
		return -1;
	for (uint32_t i = 0; i < count; i++)
		if (!take_string(&rest, &out[i], true))
			return -1;
	out[count] = NULL;
	return (int)count;
}
