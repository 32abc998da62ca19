/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A libFuzzer target: check_program() on any bytes, and what it passes is taken apart by next_op() and field_strings(), as the interpreter
 * does. Every byte that is handed out must lie in the input, and every promise of the check must hold.
 */
#include <stdint.h>
#include <string.h>

#include "executor.h"

#define FIRST_SLOT_NAME (-100) /* AT_FDCWD */
#define HEADER 12
#define FEW_STRINGS 4
#define MANY_STRINGS 16384

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const letters[] = {
#define OP_LETTERS(number, name, fields) [number] = fields,
	OP_TABLE(OP_LETTERS)
#undef OP_LETTERS
};

/* wire.c wants it for sockets, which are not used here. */
bool fatal_signal(struct context *ctx)
{
	(void)ctx;
	return true;
}

static void must(bool holds)
{
	if (!holds)
		__builtin_trap();
}

/* Reads every byte, for the sanitizer to see, and is used, so that the compiler does not leave that out. */
static unsigned touch(const void *data, size_t size)
{
	static volatile unsigned sum;
	for (size_t i = 0; i < size; i++)
		sum += ((const uint8_t *)data)[i];
	return sum;
}

static void inside(const struct bytes *whole, const void *data, size_t size)
{
	const uint8_t *at = data;
	must(at >= whole->data && size <= whole->size && (size_t)(at - whole->data) <= whole->size - size);
	touch(data, size);
}

/* Returns its size on the wire. */
static size_t see_string(const struct bytes *whole, const char *text)
{
	size_t size = strlen(text);
	inside(whole, text - 4, 4 + size + 1);
	must(get_u32((const uint8_t *)text - 4) == size);
	return 4 + size + 1;
}

static size_t see_strings(const struct bytes *whole, const struct field *field)
{
	static const char *strings[MANY_STRINGS];
	const char *few[FEW_STRINGS];
	int count = field_strings(field, strings, MANY_STRINGS);
	uint32_t told = get_u32(field->b.data);
	must(count < 0 ? told >= MANY_STRINGS : (uint32_t)count == told);
	for (int i = 0; i < count; i++)
		see_string(whole, strings[i]);
	must(count < 0 || strings[count] == NULL);
	for (int room = 1; room <= FEW_STRINGS; room++)
		must((field_strings(field, few, room) >= 0) == (told < (uint32_t)room));
	inside(whole, field->b.data, field->b.size);
	return field->b.size;
}

static void see_slot(const struct field *field, bool filled)
{
	bool name = field->slot == SLOT_NONE || field->slot == FIRST_SLOT_NAME;
	must((field->slot >= 0 && field->slot < MAX_SLOTS) || (name && !filled));
}

static uint32_t take_apart(struct bytes program, bool child);

/* Returns its size on the wire, and adds how many operations it holds. */
static size_t see_field(const struct op *op, const struct field *field, char letter, uint32_t *count)
{
	switch (letter) {
	case 's':
		return see_string(&op->raw, field->s);
	case 'l':
		return see_strings(&op->raw, field);
	case 'p':
		*count += take_apart(field->b, true);
		/* fall through */
	case 'b':
		inside(&op->raw, field->b.data, field->b.size);
		return 4 + (size_t)field->b.size;
	case 'q':
		return 8;
	case 'u':
		return 4;
	default:
		see_slot(field, letter == 'o');
		return 4;
	}
}

static void see_place(const struct op *op, bool child, bool first)
{
	bool undo = op->flags & OP_UNDO;
	bool parents = op->opcode >= OP_CLONE && op->opcode <= OP_SEAL;
	bool childs = (op->opcode >= OP_SYNC_POINT && op->opcode <= OP_SEND_FD) || op->opcode == OP_SET_SECCOMP;
	must(child ? !undo && !parents : !childs);
	must(!undo || !first);
	must(op->id <= MAX_OP_ID && (op->id > 0 || undo));
}

static uint32_t take_apart(struct bytes program, bool child)
{
	struct bytes rest = program;
	struct op op;
	uint32_t count = 0;
	for (bool first = true; next_op(&rest, &op); first = false) {
		count++;
		inside(&program, op.raw.data, op.raw.size);
		must(op.raw.data + op.raw.size == rest.data);
		must(strcmp(op_name(op.opcode), "UNKNOWN") != 0);
		see_place(&op, child, first);
		size_t size = HEADER + see_string(&op.raw, op.label);
		for (int i = 0; letters[op.opcode][i]; i++)
			size += see_field(&op, &op.field[i], letters[op.opcode][i], &count);
		must(size == op.raw.size);
	}
	must(rest.size == 0);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes program = {data, (uint32_t)size};
	for (int child = 0; child <= 1; child++) {
		uint32_t count = 0;
		if (!check_program(program, child, &count))
			must(take_apart(program, child) == count);
	}
	return 0;
}
