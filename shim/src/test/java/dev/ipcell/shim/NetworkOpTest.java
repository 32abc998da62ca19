// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Operations on network devices. The executor is first taken to a network namespace of its own; the machine's devices are left alone. */
class NetworkOpTest {
    private static final Slot OTHER = new Slot(0, "other");
    private static final Slot EMPTY = new Slot(9, "empty");
    private static final int AF_INET = 2;
    private static final int IFA_F_PERMANENT = 0x80;
    private static final byte[] NONE = {};
    private static final byte[] ONE = {(byte) 192, 0, 2, 1};
    private static final byte[] ALL = {(byte) 192, 0, 2, (byte) 255};

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    private static NetworkOp.MoveLink move(String device, String name) {
        return new NetworkOp.MoveLink(Slot.NONE, device, 0, OTHER, name, 0, 0);
    }

    private static NetworkOp.MoveLink back(Slot from, String device, String name) {
        return new NetworkOp.MoveLink(from, device, 0, Slot.NONE, name, 0, NetworkOp.MoveLink.UNDO);
    }

    private static NetworkOp.AddAddress address(Slot namespace, String device) {
        return new NetworkOp.AddAddress(namespace, device, 0, AF_INET, 24, 0, 0, ONE, ONE, ALL);
    }

    private @Nullable Process holder;

    @AfterEach
    void end_the_other_namespace() throws InterruptedException {
        if (holder != null) {
            holder.destroyForcibly().waitFor();
        }
    }

    /** Two namespaces: that of a process whose pid it returns, in a slot, and that of the executor with a device {@code a} in it. */
    private long twoNamespaces() throws Exception {
        executor.run(new NamespaceOp.Unshare(Linux.CLONE_NEWNET));
        holder = new ProcessBuilder("unshare", "--net", "sh", "-c", "echo; exec sleep 1000").start();
        assertThat(holder.getInputStream().read()).isEqualTo('\n');
        executor.run(new NamespaceOp.OpenNs(OTHER, Slot.CWD, "/proc/" + holder.pid() + "/ns/net"));
        ip(executor.pid(), "link add dev a type veth peer name p");
        ip(executor.pid(), "address add 192.0.2.1/24 brd + dev a");
        return holder.pid();
    }

    private static String ip(long pid, String arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("nsenter", "--net=/proc/" + pid + "/ns/net", "ip", "-o"));
        command.addAll(List.of(arguments.split(" ")));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        assertThat(process.waitFor()).as(command + ": " + said).isZero();
        return said;
    }

    private LinkFacts look(String device) throws IOException {
        return LinkFacts.decode(
                executor.run(new NetworkOp.LinkAddresses(device)).bytes(0));
    }

    @Test
    @Tag("root")
    @Shows(NetworkOp.LinkAddresses.class)
    void link_addresses_tells_all_of_the_device_and_of_no_other() throws Exception {
        twoNamespaces();
        ip(executor.pid(), "link add dev b type veth peer name q");
        ip(executor.pid(), "address add 192.0.2.9/32 dev b");
        ip(executor.pid(), "address add 198.51.100.1 peer 198.51.100.2/32 dev a scope link");
        ip(executor.pid(), "address add 2001:db8::1/64 dev a valid_lft 1000 preferred_lft 500");
        assertThat(look("a").isUp()).isFalse();
        List<LinkFacts.Address> addresses = look("a").addresses();
        assertThat(addresses).hasSize(3);
        LinkFacts.Address first = addresses.get(1);
        assertThat(first.family()).isEqualTo(AF_INET);
        assertThat(first.prefix()).isEqualTo(24);
        assertThat(first.flags()).isEqualTo(IFA_F_PERMANENT);
        assertThat(first.isGlobal()).isTrue();
        assertThat(List.of(first.local(), first.address(), first.broadcast())).containsExactly(ONE, ONE, ALL);
        assertThat(addresses.get(0).isGlobal()).isFalse();
        assertThat(addresses.get(0).address()).containsExactly(198, 51, 100, 2);
        assertThat(addresses.get(2).isPermanent()).isFalse();
        assertThat(addresses.get(2).local()).isEmpty();
        ip(executor.pid(), "link set dev a up");
        assertThat(look("a").isUp()).isTrue();
    }

    @Test
    @Tag("root")
    void link_addresses_takes_a_long_list_and_refuses_an_endless_one() throws Exception {
        executor.run(new NamespaceOp.Unshare(Linux.CLONE_NEWNET));
        ip(executor.pid(), "link add dev a type veth peer name p");
        addresses(0, 500);
        assertThat(look("a").addresses()).hasSize(500);
        addresses(500, 520);
        assertThat(executor.failure(new NetworkOp.LinkAddresses("a"))).isEqualTo("RTM_GETADDR a: E2BIG");
    }

    private void addresses(int from, int to) throws IOException {
        List<Op> ops = new ArrayList<>();
        for (int i = from; i < to; i++) {
            byte[] address = {10, 0, (byte) (i >> 8), (byte) i};
            ops.add(new NetworkOp.AddAddress(Slot.NONE, "a", 0, AF_INET, 32, 0, 0, address, address, NONE));
        }
        executor.run(ops.toArray(new Op[0]));
    }

    @Test
    @Fails(NetworkOp.LinkAddresses.class)
    void link_addresses_tells_a_device_that_is_not_there() throws Exception {
        for (String name : List.of("nosuchdevice", "", "a-name-that-is-too-long", "x".repeat(3000))) {
            assertThat(executor.failure(new NetworkOp.LinkAddresses(name))).endsWith(": ENODEV");
        }
    }

    @Test
    @Tag("root")
    @Shows({NetworkOp.MoveLink.class, NetworkOp.AddAddress.class, NetworkOp.LinkUp.class})
    void a_device_is_moved_renamed_given_an_address_and_set_up() throws Exception {
        long other = twoNamespaces();
        executor.run(move("a", "b"));
        assertThat(ip(other, "link")).contains(": b@").doesNotContain(": a@", ",UP");
        assertThat(ip(other, "address")).doesNotContain("192.0.2.1");
        assertThat(ip(executor.pid(), "link")).doesNotContain(": a@", ": b@");
        executor.run(address(OTHER, "b"), address(OTHER, "b"), new NetworkOp.LinkUp(OTHER, "b", 0));
        assertThat(ip(other, "address show dev b up")).contains("inet 192.0.2.1/24 brd 192.0.2.255 scope global b");
    }

    @Test
    @Tag("root")
    void the_executor_stays_in_its_own_namespace() throws Exception {
        twoNamespaces();
        NamespaceOp.OpenNs open = new NamespaceOp.OpenNs(new Slot(1, "own"), Slot.CWD, "/proc/self/ns/net");
        byte[] before = executor.run(open).bytes(0);
        executor.run(move("a", "b"), new NetworkOp.LinkUp(OTHER, "b", 0));
        assertThat(executor.run(open).bytes(0)).isEqualTo(before);
    }

    @Test
    @Tag("root")
    @Fails(NetworkOp.MoveLink.class)
    void move_link_leaves_the_device_where_it_is_if_it_cannot_be_moved() throws Exception {
        long other = twoNamespaces();
        ip(other, "link add dev taken type veth peer name q");
        ip(other, "link property add dev taken altname other");
        assertThat(executor.failure(move("a", "taken"))).isEqualTo("RTM_NEWLINK taken: the name is taken: EEXIST");
        assertThat(executor.failure(move("a", "other"))).isEqualTo("RTM_NEWLINK other: the name is taken: EEXIST");
        for (String wrong : List.of("x/y", "x y", "x%d", "..", "", "\u00a0")) {
            assertThat(executor.failure(move("a", wrong)))
                    .startsWith("RTM_NEWLINK")
                    .endsWith(": EINVAL");
        }
        assertThat(executor.failure(move("a", "x".repeat(16)))).endsWith("x: EINVAL");
        assertThat(executor.failure(move("none", "b"))).isEqualTo("RTM_GETLINK none: ENODEV");
        assertThat(executor.failure(move("lo", "b")))
                .startsWith("RTM_NEWLINK lo: ")
                .endsWith(": EINVAL");
        assertThat(executor.failure(new NetworkOp.MoveLink(Slot.NONE, "a", 0, EMPTY, "b", 0, 0)))
                .isEqualTo("slot an empty slot: EBADF");
        assertThat(ip(executor.pid(), "address show dev a")).contains("192.0.2.1/24");
    }

    @Test
    @Tag("root")
    void a_template_is_filled_in_by_the_kernel_and_the_device_is_told_by_its_index() throws Exception {
        long other = twoNamespaces();
        ip(other, "link add dev net0 type veth peer name a");
        int before = look("a").index();
        NetworkOp.MoveLink move = new NetworkOp.MoveLink(Slot.NONE, "a", 0, OTHER, "net%d", 1000, 0);
        NetworkOp.MoveLink back = new NetworkOp.MoveLink(OTHER, "net%d", 1000, Slot.NONE, "a", before, 1);
        executor.run(
                Step.of("a", move, back),
                Step.of("a", new NetworkOp.AddAddress(OTHER, "net%d", 1000, AF_INET, 24, 0, 0, ONE, ONE, ALL)),
                Step.of("a", new NetworkOp.LinkUp(OTHER, "net%d", 1000)));
        assertThat(ip(other, "address show up")).containsPattern("1000: net[1-9] +inet 192.0.2.1/24");
        assertThat(executor.failure(new NetworkOp.LinkUp(OTHER, "net%d", 1001))).isEqualTo("RTM_NEWLINK net%d: ENODEV");
        assertThat(executor.run(new ProcessOp.Unwind()).result().leftBehind()).isEmpty();
        assertThat(look("a").index()).isEqualTo(before);
        assertThat(ip(other, "link")).contains("net0").doesNotContain("1000:");
    }

    @Test
    @Tag("root")
    void a_taken_index_is_an_obstacle_on_the_way_there_only() throws Exception {
        twoNamespaces();
        int taken = look("p").index();
        ip(executor.pid(), "link add dev b type veth peer name q");
        executor.run(undone(
                new NetworkOp.MoveLink(Slot.NONE, "a", 0, OTHER, "x", 1000, 0),
                new NetworkOp.MoveLink(OTHER, "x", 0, Slot.NONE, "a", taken, NetworkOp.MoveLink.UNDO)));
        assertThat(executor.failure(new NetworkOp.MoveLink(Slot.NONE, "b", 0, OTHER, "y", 1000, 0)))
                .startsWith("RTM_NEWLINK b")
                .endsWith(": EBUSY");
        assertThat(executor.run(new ProcessOp.Unwind()).result().leftBehind()).isEmpty();
        assertThat(look("a").isUp()).isTrue();
        assertThat(look("b").index()).isPositive();
    }

    @Test
    @Tag("root")
    void a_name_that_is_only_an_alternative_one_is_no_device() throws Exception {
        twoNamespaces();
        ip(executor.pid(), "link property add dev a altname other");
        assertThat(executor.failure(move("other", "b")))
                .isEqualTo("RTM_GETLINK other: only an alternative name: ENODEV");
    }

    @Test
    @Tag("root")
    @Fails({NetworkOp.AddAddress.class, NetworkOp.LinkUp.class})
    void an_address_or_a_device_that_cannot_be_is_refused() throws Exception {
        twoNamespaces();
        assertThat(executor.failure(address(OTHER, "a"))).isEqualTo("RTM_GETLINK a: ENODEV");
        assertThat(executor.failure(address(EMPTY, "a"))).isEqualTo("slot an empty slot: EBADF");
        byte[] tooLong = new byte[17];
        assertThat(executor.failure(new NetworkOp.AddAddress(Slot.NONE, "a", 0, AF_INET, 24, 0, 0, tooLong, ONE, NONE)))
                .isEqualTo("RTM_NEWADDR a: EINVAL");
        assertThat(executor.failure(new NetworkOp.AddAddress(Slot.NONE, "a", 0, AF_INET, 33, 0, 0, ONE, ONE, NONE)))
                .startsWith("RTM_NEWADDR a")
                .endsWith(": EINVAL");
        assertThat(executor.failure(new NetworkOp.LinkUp(OTHER, "a", 0))).isEqualTo("RTM_GETLINK a: ENODEV");
    }

    private static Step undone(NetworkOp.MoveLink move, NetworkOp.MoveLink undo) {
        return Step.of("a", move, undo, address(Slot.NONE, "a"), new NetworkOp.LinkUp(Slot.NONE, "a", 0));
    }

    @Test
    @Tag("root")
    void the_undo_of_a_move_gives_the_device_back_as_it_was() throws Exception {
        long other = twoNamespaces();
        executor.run(undone(move("a", "b"), back(OTHER, "b", "a")));
        var outcome = executor.run(new ProcessOp.Unwind());
        assertThat(outcome.result().leftBehind()).isEmpty();
        assertThat(ip(executor.pid(), "address show dev a up")).contains("192.0.2.1/24 brd 192.0.2.255");
        assertThat(ip(other, "link")).doesNotContain(": b@");
    }

    @Test
    @Tag("root")
    void the_undo_of_a_move_touches_no_device_that_somebody_else_has_made_since() throws Exception {
        long other = twoNamespaces();
        executor.run(undone(move("a", "b"), back(OTHER, "b", "a")));
        ip(executor.pid(), "link add dev a type veth peer name q");
        assertThat(executor.run(new ProcessOp.Unwind()).result().leftBehind()).isEmpty();
        assertThat(ip(executor.pid(), "address show dev a")).doesNotContain("192.0.2.1", ",UP");
        assertThat(ip(other, "link")).contains(": b@");
    }

    @Test
    @Tag("root")
    void a_move_is_not_undone_once_the_namespace_is_let_go() throws Exception {
        long other = twoNamespaces();
        executor.run(undone(move("a", "b"), back(OTHER, "b", "a")));
        executor.run(new DescriptorOp.CloseFd(OTHER));
        assertThat(executor.run(new ProcessOp.Unwind()).result().leftBehind()).isEmpty();
        assertThat(ip(executor.pid(), "link")).doesNotContain(": a@");
        assertThat(ip(other, "link")).contains(": b@");
    }

    @Test
    @Tag("root")
    void a_device_that_cannot_be_given_back_is_told() throws Exception {
        twoNamespaces();
        executor.run(undone(move("a", "b"), back(OTHER, "b", "x/y")));
        assertThat(executor.run(new ProcessOp.Unwind()).result().leftBehind())
                .first()
                .isEqualTo("move network device b from $other to its own namespace as x/y: RTM_NEWLINK: EINVAL");
    }
}
