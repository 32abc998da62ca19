// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code config.json} strictly: every problem of the document is found in one go, each with its JSON pointer,
 * line and column. Fields that runtime-spec does not know are no problem; they are kept.
 *
 * <p>A null counts as an absent field, and so does an empty string where a string is optional.
 */
public final class SpecReader {
    private SpecReader() {}

    /**
     * Reads a whole {@code config.json}.
     *
     * @throws InvalidSpecException if it is not valid; carries all problems
     */
    public static SpecDocument read(byte[] json) throws InvalidSpecException {
        JsonObject raw = Json.parseObject(json);
        SourceMap positions = new SourceMap(raw);
        Problems problems = new Problems(positions);
        Spec spec = spec(new ObjectReader(new Values(problems), raw, ""));
        SpecValidator.check(spec, problems);
        problems.check();
        return new SpecDocument(spec, positions, raw, problems.warnings());
    }

    /**
     * Reads a process that stands alone, as {@code exec --process} gets it.
     *
     * @throws InvalidSpecException if it is not valid; carries all problems, their pointers start at the process
     */
    public static Fragment<Process> readProcess(byte[] json) throws InvalidSpecException {
        JsonObject raw = Json.parseObject(json);
        SourceMap positions = new SourceMap(raw);
        Problems problems = new Problems(positions);
        Process process = ProcessReader.process(new ObjectReader(new Values(problems), raw, ""));
        ProcessChecks.check(process, "", problems);
        problems.check();
        return new Fragment<>(process, positions, raw, problems.warnings());
    }

    /**
     * Reads resources that stand alone, as {@code update --resources} gets them.
     *
     * @throws InvalidSpecException if they are not valid; carries all problems, their pointers start at the resources
     */
    public static Fragment<Resources> readResources(byte[] json) throws InvalidSpecException {
        JsonObject raw = Json.parseObject(json);
        SourceMap positions = new SourceMap(raw);
        Problems problems = new Problems(positions);
        Resources resources = ResourcesReader.resources(new ObjectReader(new Values(problems), raw, ""));
        ResourceChecks.check(resources, "", problems);
        problems.check();
        return new Fragment<>(resources, positions, raw, problems.warnings());
    }

    /**
     * Reads hooks that stand alone.
     *
     * @throws InvalidSpecException if they are not valid; carries all problems
     */
    public static Hooks readHooks(JsonObject raw) throws InvalidSpecException {
        Problems problems = new Problems(new SourceMap(raw));
        Hooks hooks = HooksReader.hooks(new ObjectReader(new Values(problems), raw, ""));
        problems.check();
        return Objects.requireNonNull(hooks, "hooks");
    }

    private static Spec spec(ObjectReader in) {
        return new Spec(
                in.requiredString("ociVersion"),
                process(in.object("process")),
                root(in.requiredObject("root")),
                in.string("hostname"),
                in.string("domainname"),
                MountReader.mounts(in.objects("mounts")),
                HooksReader.hooks(in.object("hooks")),
                in.stringMap("annotations"),
                linux(in.object("linux")),
                in.raw("solaris"),
                in.raw("windows"),
                in.raw("vm"),
                in.raw("zos"),
                in.raw("freebsd"),
                in.unknown());
    }

    private static @Nullable Process process(@Nullable ObjectReader in) {
        return in == null ? null : ProcessReader.process(in);
    }

    private static Root root(ObjectReader in) {
        return new Root(in.requiredString("path"), in.flag("readonly"), in.unknown());
    }

    private static @Nullable Linux linux(@Nullable ObjectReader in) {
        return in == null ? null : LinuxReader.linux(in);
    }
}
