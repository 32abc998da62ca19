// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import static io.grpc.MethodDescriptor.generateFullMethodName;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollDomainSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollIoHandler;
import io.grpc.netty.shaded.io.netty.channel.unix.DomainSocketAddress;
import io.grpc.stub.ClientCalls;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A client of the Container Runtime Interface, as the kubelet is one: pods with one kind of network, the host's. Messages are written by
 * their field numbers, which {@code runtime.v1} of the interface fixes.
 */
final class Cri implements AutoCloseable {
    /** Where a namespace comes from: the numbers of {@code NamespaceMode}. */
    private static final long CONTAINER = 1;

    private static final long NODE = 2;
    private static final int PATIENCE_SECONDS = 60;

    private static final MethodDescriptor.Marshaller<UnknownFieldSet> MARSHALLER = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(UnknownFieldSet message) {
            return message.toByteString().newInput();
        }

        @Override
        public UnknownFieldSet parse(InputStream in) {
            try {
                return UnknownFieldSet.parseFrom(in);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final ManagedChannel channel;

    Cri(Path socket) {
        channel = NettyChannelBuilder.forAddress(new DomainSocketAddress(socket.toString()))
                .eventLoopGroup(loops)
                .channelType(EpollDomainSocketChannel.class)
                .withOption(ChannelOption.SO_KEEPALIVE, null)
                .usePlaintext()
                .overrideAuthority("localhost")
                .build();
    }

    /** What an exec brought. */
    record Output(long exit, String out, String err) {}

    /** A pod that runs, and what its containers are asked for with. */
    record Pod(String id, UnknownFieldSet configuration) {}

    /** Runs a pod's sandbox. */
    Pod runPod(String handler, String name, String cgroup) {
        UnknownFieldSet metadata =
                new Fields().add(1, name).add(2, name).add(3, "default").build();
        UnknownFieldSet context = new Fields().add(1, namespaces()).build();
        UnknownFieldSet linux = new Fields().add(1, cgroup).add(2, context).build();
        UnknownFieldSet configuration =
                new Fields().add(1, metadata).add(8, linux).build();
        UnknownFieldSet request =
                new Fields().add(1, configuration).add(2, handler).build();
        return new Pod(text(call("RunPodSandbox", request), 1), configuration);
    }

    /** The pod's own IPC namespace, which is mode 0 and so not on the wire; the node's network; each container its own processes. */
    private static UnknownFieldSet namespaces() {
        return new Fields().add(1, NODE).add(2, CONTAINER).build();
    }

    /** Creates a container of the pod with a limit of memory, and starts it. */
    String start(Pod pod, String name, long memory, List<String> command) {
        String id = create(pod, name, memory, command);
        start(id);
        return id;
    }

    void start(String id) {
        call("StartContainer", new Fields().add(1, id).build());
    }

    String create(Pod pod, String name, long memory, List<String> command) {
        Fields container = new Fields()
                .add(1, new Fields().add(1, name).build())
                .add(2, new Fields().add(1, Image.NAME).build());
        command.forEach(word -> container.add(3, word));
        UnknownFieldSet resources = new Fields().add(4, memory).build();
        UnknownFieldSet context = new Fields().add(3, namespaces()).build();
        container.add(15, new Fields().add(1, resources).add(2, context).build());
        UnknownFieldSet request = new Fields()
                .add(1, pod.id())
                .add(2, container.build())
                .add(3, pod.configuration())
                .build();
        return text(call("CreateContainer", request), 1);
    }

    /** Runs a script in a container, to its end. */
    Output exec(String id, String script) {
        UnknownFieldSet request = new Fields()
                .add(1, id)
                .add(2, "sh")
                .add(2, "-c")
                .add(2, script)
                .add(3, 20)
                .build();
        UnknownFieldSet answer = call("ExecSync", request);
        return new Output(
                number(answer, 3), text(answer, 1).strip(), text(answer, 2).strip());
    }

    /** Changes a container's limit of memory. */
    void update(String id, long memory) {
        UnknownFieldSet resources = new Fields().add(4, memory).build();
        call(
                "UpdateContainerResources",
                new Fields().add(1, id).add(2, resources).build());
    }

    /** The memory that a container uses, in bytes, as {@code ContainerStats} tells. */
    long memoryOf(String id) {
        UnknownFieldSet stats =
                message(call("ContainerStats", new Fields().add(1, id).build()), 1);
        return number(message(message(stats, 3), 2), 1);
    }

    /** The exit status of a container that has ended, or -1. */
    long exitOf(String id) {
        UnknownFieldSet status =
                message(call("ContainerStatus", new Fields().add(1, id).build()), 1);
        return number(status, 3) == 2 ? number(status, 7) : -1;
    }

    /** Stops a container, with so many seconds for it to end by itself. */
    void stop(String id, long seconds) {
        call("StopContainer", new Fields().add(1, id).add(2, seconds).build());
    }

    /** Removes a pod with all its containers. */
    void remove(Pod pod) {
        UnknownFieldSet request = new Fields().add(1, pod.id()).build();
        call("StopPodSandbox", request);
        call("RemovePodSandbox", request);
    }

    private UnknownFieldSet call(String method, UnknownFieldSet request) {
        MethodDescriptor<UnknownFieldSet, UnknownFieldSet> descriptor =
                MethodDescriptor.<UnknownFieldSet, UnknownFieldSet>newBuilder()
                        .setType(MethodDescriptor.MethodType.UNARY)
                        .setFullMethodName(generateFullMethodName("runtime.v1.RuntimeService", method))
                        .setRequestMarshaller(MARSHALLER)
                        .setResponseMarshaller(MARSHALLER)
                        .build();
        return ClientCalls.blockingUnaryCall(
                channel,
                descriptor,
                CallOptions.DEFAULT.withDeadlineAfter(PATIENCE_SECONDS, TimeUnit.SECONDS),
                request);
    }

    @Override
    public void close() {
        channel.shutdownNow();
        var _ = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    private static String text(UnknownFieldSet message, int field) {
        List<ByteString> values = message.getField(field).getLengthDelimitedList();
        return values.isEmpty() ? "" : values.getLast().toString(UTF_8);
    }

    private static long number(UnknownFieldSet message, int field) {
        List<Long> values = message.getField(field).getVarintList();
        return values.isEmpty() ? 0 : values.getLast();
    }

    private static UnknownFieldSet message(UnknownFieldSet message, int field) {
        try {
            return UnknownFieldSet.parseFrom(
                    message.getField(field).getLengthDelimitedList().getLast());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A message under construction. */
    private static final class Fields {
        private final UnknownFieldSet.Builder fields = UnknownFieldSet.newBuilder();

        Fields add(int number, String text) {
            return add(number, ByteString.copyFromUtf8(text));
        }

        Fields add(int number, UnknownFieldSet message) {
            return add(number, message.toByteString());
        }

        Fields add(int number, long value) {
            fields.mergeField(
                    number, UnknownFieldSet.Field.newBuilder().addVarint(value).build());
            return this;
        }

        private Fields add(int number, ByteString bytes) {
            fields.mergeField(
                    number,
                    UnknownFieldSet.Field.newBuilder().addLengthDelimited(bytes).build());
            return this;
        }

        UnknownFieldSet build() {
            return fields.build();
        }
    }
}
