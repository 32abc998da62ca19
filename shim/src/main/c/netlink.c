/* SPDX-License-Identifier: Apache-2.0 */
/* Network devices, by rtnetlink(7): a device is looked at, moved to another network namespace, given addresses, set up. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>

#include "executor.h"
#include "kernel.h"

#define NETLINK_LEVEL 270    /* SOL_NETLINK */
#define LONGEST_NAME 15      /* IFNAMSIZ with its NUL is 16 */
#define MOST_ADDRESSES 512   /* of one device */
#define ADDRESS_ROOM 48      /* in the value, besides what an address is made of */
#define COUNT_AT 8           /* in the value */
#define LONGEST_ADDRESS 16   /* of IPv6 */
#define DUMP_TRIES 10        /* what is listed may change meanwhile */
#define LINK_IS_UP 1u        /* IFF_UP; its header and <net/if.h> cannot be had together */
#define WITHOUT_STATISTICS 8 /* RTEXT_FILTER_SKIP_STATS */

struct request {
	struct nlmsghdr head;
	uint8_t body[192];
};

/* What one message of an answer is told to; 0, or -errno. */
typedef int listener(void *to, const struct nlmsghdr *head, const uint8_t *body, size_t size);

/* The kernel's answers; in the child a copy of its own. */
static _Alignas(struct nlmsghdr) uint8_t answer[64 << 10];

static void begin(struct request *request, uint16_t type, uint16_t flags, const void *header, size_t size)
{
	memset(request, 0, sizeof *request);
	request->head.nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
	request->head.nlmsg_type = type;
	request->head.nlmsg_flags = NLM_F_REQUEST | flags;
	memcpy(request->body, header, size);
}

/* The caller has checked the size: all attributes of a request have room. */
static void add(struct request *request, uint16_t type, const void *data, size_t size)
{
	size_t at = NLMSG_ALIGN(request->head.nlmsg_len) - NLMSG_HDRLEN;
	struct rtattr attribute = {.rta_len = (uint16_t)RTA_LENGTH(size), .rta_type = type};
	memcpy(request->body + at, &attribute, sizeof attribute);
	memcpy(request->body + at + RTA_LENGTH(0), data, size);
	request->head.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + at + RTA_LENGTH(size));
}

static void add_u32(struct request *request, uint16_t type, uint32_t value)
{
	add(request, type, &value, sizeof value);
}

static void add_string(struct request *request, uint16_t type, const char *text)
{
	add(request, type, text, strlen(text) + 1);
}

/* The attribute of this type; without data if it is not there. */
static struct bytes find(const uint8_t *at, size_t size, uint16_t type)
{
	struct rtattr attribute;
	while (size >= sizeof attribute) {
		memcpy(&attribute, at, sizeof attribute);
		if (attribute.rta_len < sizeof attribute || attribute.rta_len > size)
			break;
		if ((attribute.rta_type & NLA_TYPE_MASK) == type)
			return (struct bytes){at + sizeof attribute, attribute.rta_len - (uint32_t)sizeof attribute};
		size_t step = RTA_ALIGN(attribute.rta_len);
		if (step > size)
			break;
		at += step;
		size -= step;
	}
	return (struct bytes){NULL, 0};
}

/* An answer that says how it went: 0 or -errno, with the kernel's own words if it has any. */
static int verdict(struct context *ctx, const struct nlmsghdr *head, const uint8_t *body, size_t size, const char *step,
		   const char *what)
{
	struct nlmsgerr result;
	if (size < sizeof result)
		return fail_with(ctx, EPROTO, step, what);
	memcpy(&result, body, sizeof result);
	if (result.error == 0)
		return 0;
	size_t skip = sizeof result;
	if (!(head->nlmsg_flags & NLM_F_CAPPED) && result.msg.nlmsg_len > NLMSG_HDRLEN)
		skip += NLMSG_ALIGN(result.msg.nlmsg_len) - NLMSG_HDRLEN;
	struct bytes said = {NULL, 0};
	if (head->nlmsg_flags & NLM_F_ACK_TLVS && skip < size)
		said = find(body + skip, size - skip, NLMSGERR_ATTR_MSG);
	if (said.size == 0 || said.size > sizeof ctx->detail / 2 || said.data[said.size - 1] != 0)
		return fail_with(ctx, -result.error, step, what);
	return fail_because(ctx, -result.error, step, what, (const char *)said.data);
}

/* The end of a list, which may have changed while it was read, or could not be read whole. */
static int done(struct context *ctx, const uint8_t *body, size_t size, bool changed, const char *step, const char *what)
{
	int32_t error = 0;
	if (size >= sizeof error)
		memcpy(&error, body, sizeof error);
	if (error < 0)
		return fail_with(ctx, -error, step, what);
	return changed ? fail_with(ctx, EAGAIN, step, what) : 0;
}

/* One datagram of the kernel's; its size, or -errno. */
static int receive(struct context *ctx, int fd, const char *step, const char *what)
{
	for (;;) {
		struct sockaddr_nl from = {0};
		socklen_t length = sizeof from;
		ssize_t got = recvfrom(fd, answer, sizeof answer, MSG_TRUNC, (struct sockaddr *)&from, &length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail(ctx, step, what);
		if (length != sizeof from || from.nl_pid != 0)
			continue;
		return (size_t)got > sizeof answer ? fail_with(ctx, EMSGSIZE, step, what) : (int)got;
	}
}

/* Sends a request, and takes the whole answer. */
static int ask(struct context *ctx, int fd, struct request *request, const char *step, const char *what,
	       listener *listen, void *to)
{
	static uint32_t sequence;
	bool changed = false;
	request->head.nlmsg_seq = ++sequence;
	ssize_t sent;
	do
		sent = send(fd, request, request->head.nlmsg_len, 0);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return fail(ctx, step, what);
	for (;;) {
		int got = receive(ctx, fd, step, what);
		if (got < 0)
			return got;
		size_t left = (size_t)got;
		const uint8_t *at = answer;
		while (left >= NLMSG_HDRLEN) {
			struct nlmsghdr head;
			memcpy(&head, at, sizeof head);
			if (head.nlmsg_len < NLMSG_HDRLEN || head.nlmsg_len > left)
				return fail_with(ctx, EPROTO, step, what);
			size_t size = head.nlmsg_len - NLMSG_HDRLEN;
			int error = 0;
			changed |= (head.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
			if (head.nlmsg_seq != sequence || head.nlmsg_type == NLMSG_NOOP)
				; /* of no concern */
			else if (head.nlmsg_type == NLMSG_ERROR)
				return verdict(ctx, &head, at + NLMSG_HDRLEN, size, step, what);
			else if (head.nlmsg_type == NLMSG_DONE)
				return done(ctx, at + NLMSG_HDRLEN, size, changed, step, what);
			else if (listen && (error = listen(to, &head, at + NLMSG_HDRLEN, size)))
				return fail_with(ctx, -error, step, what);
			size_t whole = NLMSG_ALIGN(head.nlmsg_len) < left ? NLMSG_ALIGN(head.nlmsg_len) : left;
			at += whole;
			left -= whole;
		}
	}
}

static int own_namespace(struct context *ctx)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return fd >= 0 ? fd : fail(ctx, "open", "/proc/self/ns/net");
}

/* The slot of a network namespace: -1 is our own. */
static int namespace_fd(struct context *ctx, const struct field *field, int *fd)
{
	*fd = -1;
	return field->slot == SLOT_NONE ? 0 : slot_fd(ctx, field, fd);
}

/* A socket belongs to the namespace in which it was made, wherever we are afterwards. */
static int open_socket(struct context *ctx, int namespace)
{
	int own = -1, on = 1;
	if (namespace >= 0) {
		own = own_namespace(ctx);
		if (own < 0)
			return own;
		if (setns(namespace, CLONE_NEWNET) < 0) {
			int error = fail(ctx, "setns", "a network namespace");
			close(own);
			return error;
		}
	}
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int error = fd < 0 ? fail(ctx, "socket", "NETLINK_ROUTE") : 0;
	if (own >= 0) {
		if (setns(own, CLONE_NEWNET) < 0)
			give_up(ctx, "there is no way back to our own network namespace");
		close(own);
	}
	if (error)
		return error;
	/* Without these the kernel only says less. */
	setsockopt(fd, NETLINK_LEVEL, NETLINK_EXT_ACK, &on, sizeof on);
	setsockopt(fd, NETLINK_LEVEL, NETLINK_CAP_ACK, &on, sizeof on);
	return fd;
}

struct device {
	const char *name;
	uint32_t wanted; /* index; 0: whichever has the name */
	bool there;      /* under this name, or with this as an alternative one */
	int32_t index;   /* 0: not under this very name */
	uint32_t flags;
};

static int hear_device(void *to, const struct nlmsghdr *head, const uint8_t *body, size_t size)
{
	struct device *device = to;
	struct ifinfomsg info;
	if (head->nlmsg_type != RTM_NEWLINK || size < NLMSG_ALIGN(sizeof info))
		return -EPROTO;
	memcpy(&info, body, sizeof info);
	device->there = true;
	struct bytes name = find(body + NLMSG_ALIGN(sizeof info), size - NLMSG_ALIGN(sizeof info), IFLA_IFNAME);
	if (!device->wanted && (name.size != strlen(device->name) + 1 || memcmp(name.data, device->name, name.size)))
		return 0;
	device->index = info.ifi_index;
	device->flags = info.ifi_flags;
	return 0;
}

/* Looks for a device, by its index if there is one; ENODEV also for a name that is only an alternative one. */
static int find_device(struct context *ctx, int fd, const char *name, uint32_t index, struct device *device)
{
	struct ifinfomsg info = {.ifi_family = AF_UNSPEC, .ifi_index = (int32_t)index};
	struct request request;
	*device = (struct device){.name = name, .wanted = index};
	if (strlen(name) > LONGEST_NAME || !*name || index > INT32_MAX)
		return fail_with(ctx, ENODEV, "RTM_GETLINK", name);
	begin(&request, RTM_GETLINK, NLM_F_ACK, &info, sizeof info);
	if (!index)
		add_string(&request, IFLA_IFNAME, name);
	add_u32(&request, IFLA_EXT_MASK, WITHOUT_STATISTICS);
	int error = ask(ctx, fd, &request, "RTM_GETLINK", name, hear_device, device);
	if (error)
		return error;
	return device->index > 0 ? 0 : fail_because(ctx, ENODEV, "RTM_GETLINK", name, "only an alternative name");
}

struct addresses {
	const struct device *device;
	struct writer out;
	uint32_t count;
};

static int hear_address(void *to, const struct nlmsghdr *head, const uint8_t *body, size_t size)
{
	struct addresses *all = to;
	struct ifaddrmsg info;
	if (head->nlmsg_type != RTM_NEWADDR || size < NLMSG_ALIGN(sizeof info))
		return -EPROTO;
	memcpy(&info, body, sizeof info);
	if (info.ifa_index != (uint32_t)all->device->index)
		return 0;
	const uint8_t *at = body + NLMSG_ALIGN(sizeof info);
	size -= NLMSG_ALIGN(sizeof info);
	struct bytes flags = find(at, size, IFA_FLAGS);
	uint32_t known = info.ifa_flags;
	if (flags.size == sizeof known)
		memcpy(&known, flags.data, sizeof known);
	put_u32(&all->out, info.ifa_family);
	put_u32(&all->out, info.ifa_prefixlen);
	put_u32(&all->out, known);
	put_u32(&all->out, info.ifa_scope);
	const uint16_t parts[] = {IFA_LOCAL, IFA_ADDRESS, IFA_BROADCAST};
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		struct bytes part = find(at, size, parts[i]);
		if (part.size > LONGEST_ADDRESS)
			return -EPROTO;
		put_bytes(&all->out, part.data, part.size);
	}
	return ++all->count == MOST_ADDRESSES ? -E2BIG : 0;
}

int op_LINK_ADDRESSES(struct context *ctx, const struct op *op)
{
	static uint8_t value[(MOST_ADDRESSES + 1) * (ADDRESS_ROOM + 3 * LONGEST_ADDRESS)];
	struct device device;
	struct ifaddrmsg info = {.ifa_family = AF_UNSPEC};
	struct request request;
	int fd = open_socket(ctx, -1);
	if (fd < 0)
		return fd;
	struct addresses all;
	int error = find_device(ctx, fd, op->field[0].s, 0, &device);
	for (int tries = 0; !error && tries < DUMP_TRIES; tries++) {
		all = (struct addresses){.device = &device, .out = {.data = value, .room = sizeof value}};
		put_u32(&all.out, (uint32_t)device.index);
		put_u32(&all.out, device.flags);
		put_u32(&all.out, 0);
		begin(&request, RTM_GETADDR, NLM_F_DUMP, &info, sizeof info);
		error = ask(ctx, fd, &request, "RTM_GETADDR", device.name, hear_address, &all);
		if (error != -EAGAIN)
			break;
		error = tries + 1 < DUMP_TRIES ? 0 : error;
	}
	close(fd);
	if (error)
		return error;
	put_u32(&(struct writer){.data = value + COUNT_AT, .room = sizeof value - COUNT_AT}, all.count);
	set_value(ctx, value, all.out.size);
	return 0;
}

/* Sends the one request that both moves a device and renames it; the kernel fills in a template. */
static int move(struct context *ctx, int fd, const struct device *device, int target, const char *name, uint32_t index)
{
	struct ifinfomsg info = {.ifi_family = AF_UNSPEC, .ifi_index = device->index};
	struct request request;
	begin(&request, RTM_NEWLINK, NLM_F_ACK, &info, sizeof info);
	add_u32(&request, IFLA_NET_NS_FD, (uint32_t)target);
	add_string(&request, IFLA_IFNAME, name);
	if (index)
		add_u32(&request, IFLA_NEW_IFINDEX, index);
	return ask(ctx, fd, &request, "RTM_NEWLINK", device->name, NULL, NULL);
}

/* Where the kernel puts a number into the name; NULL if it does not. */
static const char *template(const char *name)
{
	return strstr(name, "%d");
}

/* The kernel looks at the new name only after the move: one that is wrong or taken would leave the device there under its old name. */
static bool valid_name(const char *name, bool with_template)
{
	const char *number = with_template ? template(name) : NULL;
	const size_t length = strlen(name);
	if (length == 0 || length > LONGEST_NAME || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	for (size_t i = 0; i < length; i++)
		if (strchr("/:% \t\n\v\f\r\xa0", name[i]) && name + i != number)
			return false;
	return true;
}

static int check_free(struct context *ctx, int target, const char *name)
{
	struct device other;
	int fd = open_socket(ctx, target);
	if (fd < 0)
		return fd;
	int error = find_device(ctx, fd, name, 0, &other);
	close(fd);
	if (error == -ENODEV && !other.there)
		return 0;
	return error && error != -ENODEV ? error : fail_because(ctx, EEXIST, "RTM_NEWLINK", name, "the name is taken");
}

/* As an undo it must not take a device that was never moved, nor one that somebody else made under the old name. */
static int nothing_to_move(struct context *ctx, bool back, int error)
{
	if (!back || !(error == -EBADF || error == -ENODEV || error == -EEXIST))
		return error;
	ctx->nothing_to_undo = true;
	return 0;
}

int op_MOVE_LINK(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	int from, to, own = -1;
	bool back = f[6].u & 1;
	struct device device;
	int error = namespace_fd(ctx, &f[0], &from);
	if (!error)
		error = namespace_fd(ctx, &f[3], &to);
	if (error)
		return nothing_to_move(ctx, back, error);
	if (!valid_name(f[4].s, f[5].u))
		return fail_with(ctx, EINVAL, "RTM_NEWLINK", f[4].s);
	int fd = open_socket(ctx, from);
	if (fd < 0)
		return fd;
	error = find_device(ctx, fd, f[1].s, f[2].u, &device);
	if (!error && !template(f[4].s))
		error = check_free(ctx, to, f[4].s);
	if (!error && to < 0)
		error = (own = own_namespace(ctx)) < 0 ? own : 0;
	if (error) {
		error = nothing_to_move(ctx, back, error);
	} else {
		error = move(ctx, fd, &device, to < 0 ? own : to, f[4].s, f[5].u);
		if (error == -EBUSY && back)
			error = move(ctx, fd, &device, to < 0 ? own : to, f[4].s, 0);
	}
	if (own >= 0)
		close(own);
	close(fd);
	return error;
}

int op_LINK_UP(struct context *ctx, const struct op *op)
{
	struct device device;
	struct request request;
	int namespace, error = namespace_fd(ctx, &op->field[0], &namespace);
	if (error)
		return error;
	int fd = open_socket(ctx, namespace);
	if (fd < 0)
		return fd;
	/* By its index it is found by the one request; only a name may be that of another. */
	device.index = (int32_t)op->field[2].u;
	error = device.index > 0 ? 0 : find_device(ctx, fd, op->field[1].s, 0, &device);
	if (!error) {
		struct ifinfomsg info = {.ifi_family = AF_UNSPEC,
					 .ifi_index = device.index,
					 .ifi_flags = LINK_IS_UP,
					 .ifi_change = LINK_IS_UP};
		begin(&request, RTM_NEWLINK, NLM_F_ACK, &info, sizeof info);
		error = ask(ctx, fd, &request, "RTM_NEWLINK", op->field[1].s, NULL, NULL);
	}
	close(fd);
	return error;
}

/* All fields are checked before. */
static void address_request(struct request *request, const struct field *f, const struct device *device)
{
	struct ifaddrmsg info = {.ifa_family = (uint8_t)f[3].u,
				 .ifa_prefixlen = (uint8_t)f[4].u,
				 .ifa_flags = (uint8_t)f[5].u,
				 .ifa_scope = (uint8_t)f[6].u,
				 .ifa_index = (uint32_t)device->index};
	const uint16_t parts[] = {IFA_LOCAL, IFA_ADDRESS, IFA_BROADCAST};
	begin(request, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &info, sizeof info);
	add_u32(request, IFA_FLAGS, f[5].u);
	for (int i = 0; i < 3; i++)
		if (f[7 + i].b.size)
			add(request, parts[i], f[7 + i].b.data, f[7 + i].b.size);
}

int op_ADD_ADDRESS(struct context *ctx, const struct op *op)
{
	const struct field *f = op->field;
	struct device device;
	struct request request;
	int namespace, error = namespace_fd(ctx, &f[0], &namespace);
	if (error)
		return error;
	bool fits = (f[3].u | f[4].u | f[6].u) <= UINT8_MAX;
	for (int i = 7; i <= 9; i++)
		fits &= f[i].b.size <= LONGEST_ADDRESS;
	if (!fits)
		return fail_with(ctx, EINVAL, "RTM_NEWADDR", f[1].s);
	int fd = open_socket(ctx, namespace);
	if (fd < 0)
		return fd;
	error = find_device(ctx, fd, f[1].s, f[2].u, &device);
	if (!error) {
		address_request(&request, f, &device);
		error = ask(ctx, fd, &request, "RTM_NEWADDR", device.name, NULL, NULL);
	}
	close(fd);
	return error == -EEXIST ? 0 : error;
}
