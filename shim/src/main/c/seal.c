/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Before it enters a container the executor goes over to a sealed copy of its file, so that nothing in there can write to the one that the
 * host will run next time (CVE-2019-5736). It does so as it runs: what it has mapped of the file is mapped from the copy, at the same
 * place, and then the kernel lets a process name another file as its program. An execve(2) of the copy would take three times as long.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "executor.h"
#include "kernel.h"

static int sealed_copy(struct context *ctx)
{
	struct stat st;
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (self < 0 || fstat(self, &st) < 0)
		return fail(ctx, "open", "/proc/self/exe");
	int copy = (int)syscall(SYS_memfd_create, "ipcell", MFD_CLOEXEC | MFD_ALLOW_SEALING | IPCELL_MFD_EXEC);
	if (copy < 0 && errno == EINVAL) /* before Linux 6.3 every memfd could be executed */
		copy = (int)syscall(SYS_memfd_create, "ipcell", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int error = copy < 0 ? fail(ctx, "memfd_create", "") : 0;
	for (off_t left = st.st_size; !error && left > 0;) {
		ssize_t sent = sendfile(copy, self, NULL, (size_t)left);
		if (sent <= 0)
			error = fail(ctx, "sendfile", "/proc/self/exe");
		left -= sent;
	}
	close(self);
	if (!error && fcntl(copy, F_ADD_SEALS, IPCELL_F_SEALS | IPCELL_F_SEAL_EXEC) < 0 &&
	    fcntl(copy, F_ADD_SEALS, IPCELL_F_SEALS) < 0)
		error = fail(ctx, "fcntl(F_ADD_SEALS)", "");
	if (!error)
		return copy;
	if (copy >= 0)
		close(copy);
	return error;
}

/* By hand: what it copies is not meant for memcpy(3) to look at, which is checked in a sanitized build. */
__attribute__((no_sanitize("address", "undefined"))) static void copy_pages(uint64_t *to, const uint64_t *from,
									    size_t size)
{
	for (size_t i = 0; i < size / sizeof *to; i++)
		*(volatile uint64_t *)&to[i] = from[i];
}

/* Puts something else with the same bytes into the place of what is mapped of the file; we run on in it. */
static int replace(struct context *ctx, const ElfW(Phdr) * segment, uintptr_t base, int copy)
{
	const uintptr_t within = getauxval(AT_PAGESZ) - 1;
	uintptr_t start = (base + segment->p_vaddr) & ~within;
	size_t size = (base + segment->p_vaddr + segment->p_filesz - start + within) & ~within;
	if (!(segment->p_flags & PF_W)) {
		int protection = PROT_READ | (segment->p_flags & PF_X ? PROT_EXEC : 0);
		void *at = mmap((void *)start, size, protection, MAP_PRIVATE | MAP_FIXED, copy,
				(off_t)(segment->p_offset & ~within));
		return at == MAP_FAILED ? fail(ctx, "mmap", "the sealed copy") : 0;
	}
	void *data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (data == MAP_FAILED)
		return fail(ctx, "mmap", "");
	copy_pages(data, (const uint64_t *)start, size);
	return mremap(data, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)start) == MAP_FAILED
		       ? fail(ctx, "mremap", "")
		       : 0;
}

/* PR_SET_MM_MAP takes all or nothing: the rest stays as it is, or is what nothing in here depends on. */
static int name_as_program(struct context *ctx, int copy, uintptr_t code, uintptr_t data)
{
	char *const *last = ctx->argv;
	while (last[0] && last[1])
		last++;
	uintptr_t brk = (uintptr_t)syscall(SYS_brk, 0), stack = (uintptr_t)ctx->argv, end = getauxval(AT_EXECFN),
		  arguments = (uintptr_t)ctx->argv[0], variables = arguments ? (uintptr_t)*last + strlen(*last) + 1 : 0;
	if (!arguments || end < variables)
		arguments = variables = end = stack;
	struct prctl_mm_map map = {.start_code = code,
				   .end_code = code + 1,
				   .start_data = data,
				   .end_data = data,
				   .start_brk = brk,
				   .brk = brk,
				   .start_stack = stack,
				   .arg_start = arguments,
				   .arg_end = variables,
				   .env_start = variables,
				   .env_end = end,
				   .exe_fd = (uint32_t)copy};
	if (prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof map, 0) == 0)
		return 0;
	return fail(ctx, "prctl(PR_SET_MM)", "the sealed copy");
}

/* Only a kernel with CONFIG_CHECKPOINT_RESTORE lets a process name another file as its program. */
static bool can_name(void)
{
	unsigned size;
	return prctl(PR_SET_MM, PR_SET_MM_MAP_SIZE, &size, 0, 0) == 0;
}

static bool is_sealed(void)
{
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int seals = self < 0 ? -1 : fcntl(self, F_GET_SEALS);
	if (self >= 0)
		close(self);
	return seals >= 0 && seals & F_SEAL_WRITE;
}

static char started_from[PATH_MAX];
static bool is_copy; /* which has no path of its own */

/* Empty if it cannot be told. Few calls ask, and a first look into /proc costs more than most operations. */
const char *our_own_path(void)
{
	if (!is_copy && !*started_from && readlink("/proc/self/exe", started_from, sizeof started_from - 1) < 0)
		*started_from = 0;
	return started_from;
}

/*
 * On a kernel without can_name() there is nothing that SEAL could do later, so we go over to the copy right here, as long as there is
 * nothing to take along but the path of the file that we were started from.
 */
void seal_early(struct context *ctx)
{
	static const char variable[] = "IPCELL_STARTED_FROM";
	bool later = can_name();
	is_copy = !later && is_sealed();
	const char *told = is_copy ? getenv(variable) : NULL;
	if (told && strlen(told) < sizeof started_from)
		strcpy(started_from, told);
	unsetenv(variable);
	if (is_copy || later)
		return;
	int copy = sealed_copy(ctx);
	if (copy >= 0 && setenv(variable, our_own_path(), 1) == 0)
		syscall(SYS_execveat, copy, "", ctx->argv, environ, AT_EMPTY_PATH);
	if (copy >= 0)
		close(copy); /* SEAL will tell why we cannot go into a container */
	unsetenv(variable);
}

int op_SEAL(struct context *ctx, const struct op *op)
{
	(void)op;
	if (!can_name() && is_sealed())
		return 0;
	const ElfW(Phdr) *segments = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	size_t count = getauxval(AT_PHNUM);
	uintptr_t base = 0, code = 0, data = 0;
	for (size_t i = 0; i < count; i++)
		if (segments[i].p_type == PT_PHDR)
			base = (uintptr_t)segments - segments[i].p_vaddr;
	int copy = sealed_copy(ctx), error = copy < 0 ? copy : 0;
	for (size_t i = 0; !error && i < count; i++) {
		if (segments[i].p_type != PT_LOAD)
			continue;
		*(segments[i].p_flags & PF_X ? &code : &data) = base + segments[i].p_vaddr;
		error = replace(ctx, &segments[i], base, copy);
	}
	if (!error)
		error = name_as_program(ctx, copy, code, data);
	if (copy >= 0)
		close(copy);
	return error;
}
