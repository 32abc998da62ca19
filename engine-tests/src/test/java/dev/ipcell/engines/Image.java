// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.engines;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** An image made of the busybox root, in the form of {@code docker save}: no registry is needed. */
final class Image {
    /** Its name in every engine. */
    static final String NAME = "localhost/busybox:1";

    private static final String CONFIG = """
            {"architecture": "amd64", "os": "linux",
             "config": {"Cmd": ["sleep", "1000000"], "Env": ["PATH=/bin:/sbin:/usr/bin"]},
             "rootfs": {"type": "layers", "diff_ids": ["sha256:%s"]}}
            """;
    private static final String MANIFEST =
            "[{\"Config\": \"config.json\", \"RepoTags\": [\"" + NAME + "\"], \"Layers\": [\"layer.tar\"]}]\n";

    private Image() {}

    /** Writes the layer alone, as {@code import} takes it. */
    static Path layer(Path directory) throws IOException, InterruptedException {
        Path layer = directory.resolve("layer.tar");
        tar(Settings.busybox(), layer, ".");
        return layer;
    }

    /** Writes the whole image. */
    static Path archive(Path directory) throws IOException, InterruptedException {
        Path parts = Files.createDirectory(directory.resolve("image"));
        String digest = sha256(layer(parts));
        Files.writeString(
                parts.resolve("config.json"), CONFIG.replace("%s", digest).replace("amd64", architecture()), US_ASCII);
        Files.writeString(parts.resolve("manifest.json"), MANIFEST, US_ASCII);
        Path archive = directory.resolve("image.tar");
        tar(parts, archive, "manifest.json", "config.json", "layer.tar");
        return archive;
    }

    private static String architecture() {
        return System.getProperty("os.arch", "amd64").equals("aarch64") ? "arm64" : "amd64";
    }

    private static void tar(Path directory, Path to, String... names) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("tar", "-C", directory.toString(), "-cf", to.toString()));
        command.addAll(List.of(names));
        Call.of(Map.of(), command).ok();
    }

    private static String sha256(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[1 << 16];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                digest.update(buffer, 0, count);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
