// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads {@code hooks}. */
final class HooksReader {
    private HooksReader() {}

    static @Nullable Hooks hooks(@Nullable ObjectReader in) {
        if (in == null) {
            return null;
        }
        return new Hooks(
                list(in.objects("prestart")),
                list(in.objects("createRuntime")),
                list(in.objects("createContainer")),
                list(in.objects("startContainer")),
                list(in.objects("poststart")),
                list(in.objects("poststop")),
                in.unknown());
    }

    private static List<Hook> list(List<ObjectReader> array) {
        List<Hook> hooks = new ArrayList<>(array.size());
        for (ObjectReader in : array) {
            hooks.add(new Hook(
                    in.requiredString("path"),
                    in.strings("args"),
                    in.strings("env"),
                    in.integer("timeout", 1, Long.MAX_VALUE),
                    in.unknown()));
        }
        return List.copyOf(hooks);
    }
}
