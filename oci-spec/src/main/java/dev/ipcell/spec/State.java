// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The state of a container: what runtime-spec's {@code state} says (runtime.md, State) and what runc adds to it.
 *
 * @param ociVersion the version of runtime-spec that the state follows
 * @param id the container's name, unique on this host
 * @param pid the container's process as the runtime sees it; 0 if there is none (any more)
 * @param status where the container is in its life
 * @param bundle the absolute path of the bundle
 * @param rootfs the absolute path of the root file system, or null if not known
 * @param created when the container was created (RFC 3339 with fractions of a second), or null if not known
 * @param annotations the annotations of the configuration
 * @param owner the name of the user who created the container, or null if not known
 */
public record State(
        String ociVersion,
        String id,
        int pid,
        ContainerStatus status,
        String bundle,
        @Nullable String rootfs,
        @Nullable String created,
        Map<String, String> annotations,
        @Nullable String owner) {

    /** All of the state in the order in which runc prints it. What is not known is left out. */
    public JsonObject toJson() {
        JsonObject.Builder out = specified();
        out.putIfPresent("rootfs", rootfs).putIfPresent("created", created);
        if (!annotations.isEmpty()) {
            out.put("annotations", annotations);
        }
        return out.putIfPresent("owner", owner).build();
    }

    /** What runtime-spec specifies, which hooks and seccomp agents are given. */
    public JsonObject toSpecJson() {
        JsonObject.Builder out = specified();
        if (!annotations.isEmpty()) {
            out.put("annotations", annotations);
        }
        return out.build();
    }

    private JsonObject.Builder specified() {
        return JsonObject.builder()
                .put("ociVersion", ociVersion)
                .put("id", id)
                .put("pid", pid)
                .put("status", status.wire())
                .put("bundle", bundle);
    }

    /**
     * Reads a state. Lenient, since other versions may have written it: what is missing is empty, a process id that is
     * missing is 0, a status that is missing is {@code stopped}, and unknown fields are passed over.
     *
     * @throws InvalidSpecException if it is no JSON object, or a field that is there has the wrong type
     */
    public static State read(byte[] json) throws InvalidSpecException {
        JsonObject raw = Json.parseObject(json);
        Problems problems = new Problems(new SourceMap(raw));
        State state = read(new ObjectReader(new Values(problems), raw, ""));
        problems.check();
        return state;
    }

    private static State read(ObjectReader in) {
        Long pid = in.integer("pid", 0, Integer.MAX_VALUE);
        ContainerStatus status = in.choice("status", "status", ContainerStatus.values());
        return new State(
                orEmpty(in.string("ociVersion")),
                orEmpty(in.string("id")),
                pid == null ? 0 : pid.intValue(),
                status == null ? ContainerStatus.STOPPED : status,
                orEmpty(in.string("bundle")),
                in.string("rootfs"),
                in.string("created"),
                in.stringMap("annotations"),
                in.string("owner"));
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
