// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The content of a {@code config.json} (runtime-spec 1.3, config.md).
 *
 * @param ociVersion the version of runtime-spec that the document follows
 * @param process the container's process, or null (then the container can be created but not started)
 * @param root the root file system
 * @param hostname the host name inside, or null
 * @param domainname the NIS domain name inside, or null
 * @param mounts what is mounted besides the root file system, in this order
 * @param hooks programs to run at points of the container's life, or null
 * @param annotations free-form metadata
 * @param linux the Linux part, or null
 * @param solaris the Solaris part, not interpreted
 * @param windows the Windows part, not interpreted
 * @param vm the part for virtual machines, not interpreted
 * @param zos the z/OS part, not interpreted
 * @param freebsd the FreeBSD part, not interpreted
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record Spec(
        String ociVersion,
        @Nullable Process process,
        Root root,
        @Nullable String hostname,
        @Nullable String domainname,
        List<Mount> mounts,
        @Nullable Hooks hooks,
        Map<String, String> annotations,
        @Nullable Linux linux,
        @Nullable JsonObject solaris,
        @Nullable JsonObject windows,
        @Nullable JsonObject vm,
        @Nullable JsonObject zos,
        @Nullable JsonObject freebsd,
        Map<String, JsonValue> unknown) {}
