// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Checks of {@code hooks}. */
final class HookChecks {
    private HookChecks() {}

    static void check(@Nullable Hooks hooks, Problems problems) {
        if (hooks == null) {
            return;
        }
        paths(hooks.prestart(), "/hooks/prestart", problems);
        paths(hooks.createRuntime(), "/hooks/createRuntime", problems);
        paths(hooks.createContainer(), "/hooks/createContainer", problems);
        paths(hooks.startContainer(), "/hooks/startContainer", problems);
        paths(hooks.poststart(), "/hooks/poststart", problems);
        paths(hooks.poststop(), "/hooks/poststop", problems);
    }

    private static void paths(List<Hook> hooks, String at, Problems problems) {
        for (int i = 0; i < hooks.size(); i++) {
            SpecValidator.absolute(hooks.get(i).path(), JsonPointer.child(at, i) + "/path", problems);
        }
    }
}
