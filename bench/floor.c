/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor: a container of the default bundle by bare system calls, with nothing read, decided, checked, stored or undone. What a runtime
 * takes beyond this is its own. Usage: floor ROOTFS NAME PROGRAM
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../shim/src/main/c/kernel.h"

#ifndef MOUNT_ATTR_RDONLY
#define MOUNT_ATTR_RDONLY 0x01
#define MOUNT_ATTR_NOSUID 0x02
#define MOUNT_ATTR_NODEV 0x04
#define MOUNT_ATTR_NOEXEC 0x08
#define MOUNT_ATTR_STRICTATIME 0x20
#endif

#define MAX_GROUPS 32
#define KEPT_CAPS 0x20000420ull /* of the default bundle */
#define LAST_CAP 40

struct group {
	char directory[512], option[64];
	int version;
};

static struct group groups[MAX_GROUPS];
static int group_count;

static void check(long result, const char *what)
{
	if (result >= 0)
		return;
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	_exit(1);
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	check(fd, path);
	check(write(fd, text, strlen(text)), path);
	close(fd);
}

/* The hierarchies as they are mounted, with our own place in memory's, which is where the runtimes put the container. */
static void find_groups(const char *name)
{
	char line[1024], own[512] = "";
	FILE *file = fopen("/proc/self/cgroup", "re");
	while (file && fgets(line, sizeof line, file))
		if (strstr(line, ":memory:/"))
			snprintf(own, sizeof own, "%.*s", (int)strcspn(strrchr(line, ':') + 1, "\n"),
				 strrchr(line, ':') + 1);
	if (file)
		fclose(file);
	file = fopen("/proc/self/mountinfo", "re");
	while (file && fgets(line, sizeof line, file) && group_count < MAX_GROUPS) {
		char point[256], type[32], options[128];
		if (sscanf(line, "%*s %*s %*s %*s %255s", point) != 1 || !strstr(line, " - cgroup") ||
		    sscanf(strstr(line, " - ") + 3, "%31s %*s %127s", type, options) != 2)
			continue;
		struct group *group = &groups[group_count++];
		group->version = strcmp(type, "cgroup2") == 0 ? 2 : 1;
		snprintf(group->option, sizeof group->option, "%.63s",
			 strchr(options, ',') ? strchr(options, ',') + 1 : "");
		bool memory = group->version == 1 && strcmp(group->option, "memory") == 0;
		snprintf(group->directory, sizeof group->directory, "%.255s%.200s/%.40s", point,
			 memory && own[1] ? own : "", name);
	}
	if (file)
		fclose(file);
}

static void copy_cpuset(const char *directory, const char *file)
{
	char from[600], to[600], text[256];
	snprintf(to, sizeof to, "%s/%s", directory, file);
	snprintf(from, sizeof from, "%.*s/%s", (int)(strrchr(directory, '/') - directory), directory, file);
	int fd = open(from, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	check(size, from);
	close(fd);
	text[size] = 0;
	put(to, text);
}

static void make_groups(void)
{
	static const char *const devices[] = {"c *:* m",   "b *:* m",     "c 1:3 rwm", "c 1:5 rwm",
					      "c 1:7 rwm", "c 1:8 rwm",   "c 1:9 rwm", "c 5:0 rwm",
					      "c 5:1 rwm", "c 136:* rwm", "c 5:2 rwm", "c 10:200 rwm"};
	char path[600];
	for (int i = 0; i < group_count; i++) {
		const struct group *group = &groups[i];
		check(mkdir(group->directory, 0755), group->directory);
		if (!strcmp(group->option, "cpuset")) {
			copy_cpuset(group->directory, "cpuset.cpus");
			copy_cpuset(group->directory, "cpuset.mems");
		}
		if (strcmp(group->option, "devices") != 0)
			continue;
		snprintf(path, sizeof path, "%s/devices.deny", group->directory);
		put(path, "a");
		snprintf(path, sizeof path, "%s/devices.allow", group->directory);
		for (size_t j = 0; j < sizeof devices / sizeof devices[0]; j++)
			put(path, devices[j]);
	}
}

/* options: "key=value,flag", of which the kernel takes one at a time. */
static int file_system(const char *type, const char *options, unsigned attributes)
{
	char copy[128], *rest = copy;
	int fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
	check(fs, type);
	check(syscall(SYS_fsconfig, fs, IPCELL_FSCONFIG_SET_STRING, "source", type, 0), "source");
	snprintf(copy, sizeof copy, "%s", options);
	for (char *key; (key = strsep(&rest, ",")) && *key;) {
		char *value = key;
		strsep(&value, "=");
		check(syscall(SYS_fsconfig, fs, value ? IPCELL_FSCONFIG_SET_STRING : IPCELL_FSCONFIG_SET_FLAG, key,
			      value, 0),
		      key);
	}
	check(syscall(SYS_fsconfig, fs, IPCELL_FSCONFIG_CMD_CREATE, NULL, NULL, 0), type);
	int tree = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attributes);
	check(tree, "fsmount");
	close(fs);
	return tree;
}

static void attach(int tree, int at, const char *path)
{
	check(syscall(SYS_move_mount, tree, "", at, path, MOVE_MOUNT_F_EMPTY_PATH), path);
}

static void mount_at(int root, const char *path, const char *type, const char *options, unsigned attributes)
{
	int tree = file_system(type, options, attributes);
	attach(tree, root, path);
	close(tree);
}

static void mount_all(int root)
{
	const unsigned quiet = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
	mount_at(root, "proc", "proc", "", 0);
	mount_at(root, "dev", "tmpfs", "mode=755,size=65536k", MOUNT_ATTR_NOSUID | MOUNT_ATTR_STRICTATIME);
	static const char *const directories[] = {"dev/pts", "dev/shm", "dev/mqueue"};
	for (int i = 0; i < 3; i++)
		check(mkdirat(root, directories[i], 0755), directories[i]);
	mount_at(root, "dev/pts", "devpts", "newinstance,ptmxmode=0666,mode=0620,gid=5",
		 MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	mount_at(root, "dev/shm", "tmpfs", "mode=1777,size=65536k", quiet);
	mount_at(root, "dev/mqueue", "mqueue", "", quiet);
	mount_at(root, "sys", "sysfs", "", quiet | MOUNT_ATTR_RDONLY);
	mount_at(root, "sys/fs/cgroup", "tmpfs", "mode=755", quiet);
	for (int i = 0; i < group_count; i++) {
		char point[64], option[80];
		const char *name = strchr(groups[i].option, '=');
		snprintf(point, sizeof point, "sys/fs/cgroup/%.40s",
			 groups[i].version == 2 ? "unified"
			 : name                 ? name + 1
						: groups[i].option);
		snprintf(option, sizeof option, "%s%.60s", name ? "none," : "",
			 groups[i].version == 2 ? "" : groups[i].option);
		check(mkdirat(root, point, 0755), point);
		mount_at(root, point, groups[i].version == 2 ? "cgroup2" : "cgroup", option, quiet | MOUNT_ATTR_RDONLY);
	}
	struct kernel_mount_attr readonly = {.set = MOUNT_ATTR_RDONLY};
	check(syscall(SYS_mount_setattr, root, "sys/fs/cgroup", 0, &readonly, sizeof readonly), "sys/fs/cgroup");
}

static void make_devices(int root)
{
	static const char *const links[][2] = {{"/proc/self/fd", "dev/fd"},       {"/proc/self/fd/0", "dev/stdin"},
					       {"/proc/self/fd/1", "dev/stdout"}, {"/proc/self/fd/2", "dev/stderr"},
					       {"/proc/kcore", "dev/core"},       {"pts/ptmx", "dev/ptmx"}};
	static const struct {
		const char *path;
		unsigned major, minor;
	} nodes[] = {{"dev/null", 1, 3},   {"dev/zero", 1, 5},    {"dev/full", 1, 7},
		     {"dev/random", 1, 8}, {"dev/urandom", 1, 9}, {"dev/tty", 5, 0}};
	for (int i = 0; i < 6; i++)
		check(symlinkat(links[i][0], root, links[i][1]), links[i][1]);
	for (int i = 0; i < 6; i++)
		check(mknodat(root, nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)),
		      nodes[i].path);
}

static void cover(int what, const char *path, unsigned recursive, bool readonly)
{
	struct kernel_mount_attr attr = {.set = MOUNT_ATTR_RDONLY};
	int target = open(path, O_PATH | O_CLOEXEC);
	if (target < 0)
		return;
	int copy = (int)syscall(SYS_open_tree, what < 0 ? target : what, "",
				AT_EMPTY_PATH | recursive | IPCELL_OPEN_TREE_CLONE | IPCELL_OPEN_TREE_CLOEXEC);
	check(copy, path);
	if (readonly)
		check(syscall(SYS_mount_setattr, copy, "", AT_EMPTY_PATH | recursive, &attr, sizeof attr), path);
	check(syscall(SYS_move_mount, copy, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH), path);
	close(copy);
	close(target);
}

static void hide(void)
{
	static const char *const readonly[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
					       "/proc/sysrq-trigger"};
	static const char *const masked[] = {
		"/proc/acpi",       "/proc/asound",      "/proc/kcore",       "/proc/keys",    "/proc/latency_stats",
		"/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"};
	for (size_t i = 0; i < sizeof readonly / sizeof readonly[0]; i++)
		cover(-1, readonly[i], AT_RECURSIVE, true);
	int empty = file_system("tmpfs", "nr_inodes=1,nr_blocks=1",
				MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	int null = open("/dev/null", O_PATH | O_CLOEXEC);
	struct stat st;
	for (size_t i = 0; i < sizeof masked / sizeof masked[0]; i++)
		if (stat(masked[i], &st) == 0)
			cover(S_ISDIR(st.st_mode) ? empty : null, masked[i], 0, false);
	close(empty);
	close(null);
}

static void drop_capabilities(void)
{
	struct kernel_cap_header header = {.version = KERNEL_CAP_VERSION_3};
	struct kernel_cap_data data[2] = {{.effective = (uint32_t)KEPT_CAPS, .permitted = (uint32_t)KEPT_CAPS}};
	for (unsigned long cap = 0; cap <= LAST_CAP; cap++)
		if (!(KEPT_CAPS >> cap & 1))
			check(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0), "PR_CAPBSET_DROP");
	check(syscall(SYS_capset, &header, data), "capset");
	check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
}

static void child(int root, const char *rootfs, const char *program)
{
	char path[600];
	struct kernel_mount_attr slave = {.propagation = MS_SLAVE};
	for (int i = 0; i < group_count; i++) {
		snprintf(path, sizeof path, "%s/tasks", groups[i].directory);
		if (groups[i].version == 1)
			put(path, "0");
	}
	check(unshare(CLONE_NEWCGROUP), "unshare");
	setsid();
	check(sethostname("floor", 5), "sethostname");
	check(syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &slave, sizeof slave), "/");
	attach(root, AT_FDCWD, rootfs);
	mount_all(root);
	make_devices(root);
	check(fchdir(root), "fchdir");
	check(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	check(umount2(".", MNT_DETACH), "umount2");
	check(chdir("/"), "chdir");
	hide();
	struct kernel_mount_attr readonly = {.set = MOUNT_ATTR_RDONLY};
	check(syscall(SYS_mount_setattr, root, "", AT_EMPTY_PATH, &readonly, sizeof readonly), "read-only root");
	drop_capabilities();
	char *argv[] = {(char *)program, NULL}, *environment[] = {NULL};
	execve(program, argv, environment);
	check(-1, program);
}

int main(int argc, char **argv)
{
	int status, cgroup = -1;
	if (argc != 4)
		return 2;
	umask(0);
	find_groups(argv[2]);
	make_groups();
	int root = (int)syscall(SYS_open_tree, AT_FDCWD, argv[1],
				IPCELL_OPEN_TREE_CLONE | IPCELL_OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	check(root, argv[1]);
	struct kernel_clone_args args = {.flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID |
						  CLONE_NEWNET,
					 .exit_signal = SIGCHLD};
	for (int i = 0; i < group_count; i++)
		if (groups[i].version == 2)
			check(cgroup = open(groups[i].directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
			      groups[i].directory);
	if (cgroup >= 0) {
		args.flags |= IPCELL_CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)cgroup;
	}
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof args);
	check(pid, "clone3");
	if (pid == 0)
		child(root, argv[1], argv[3]);
	check(waitpid(pid, &status, 0), "waitpid");
	for (int i = group_count - 1; i >= 0; i--)
		check(rmdir(groups[i].directory), groups[i].directory);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
