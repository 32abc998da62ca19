/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs commands many times, so many at once, without a shell between them and the clock.
 * Usage: many COUNT AT_ONCE COMMAND [, COMMAND]...: a lone "," parts commands that follow each other; {} in a word is the number of the turn.
 */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_WORDS 64

extern char **environ;

/* The words of one command, with the number in them; returns where the next command begins. */
static char **words_of(char **from, int number, char **words, char (*room)[256])
{
	int count = 0;
	for (; *from && strcmp(*from, ",") != 0 && count < MAX_WORDS - 1; from++) {
		const char *mark = strstr(*from, "{}");
		words[count] = *from;
		if (mark) {
			snprintf(room[count], sizeof room[count], "%.*s%d%s", (int)(mark - *from), *from, number,
				 mark + 2);
			words[count] = room[count];
		}
		count++;
	}
	words[count] = NULL;
	return *from ? from + 1 : from;
}

static bool run_one(char **words)
{
	pid_t pid;
	int status;
	if (posix_spawnp(&pid, words[0], NULL, NULL, words, environ) != 0) {
		perror(words[0]);
		return false;
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool turn(char **commands, int number)
{
	static char room[MAX_WORDS][256];
	char *words[MAX_WORDS];
	while (*commands) {
		commands = words_of(commands, number, words, room);
		if (!run_one(words)) {
			fprintf(stderr, "many: turn %d: %s failed\n", number, words[0]);
			return false;
		}
	}
	return true;
}

static bool reap(void)
{
	int status;
	return wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	int count = atoi(argv[1]), at_once = atoi(argv[2]), running = 0;
	bool good = true;
	for (int number = 0; number < count; number++) {
		if (at_once == 1) {
			good = turn(argv + 3, number) && good;
			continue;
		}
		if (running == at_once) {
			good = reap() && good;
			running--;
		}
		pid_t pid = fork();
		if (pid == 0)
			_exit(turn(argv + 3, number) ? 0 : 1);
		running++;
	}
	for (; running > 0; running--)
		good = reap() && good;
	return good ? 0 : 1;
}
