// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A network device that is moved into the container.
 *
 * @param name its name inside, possibly with {@code %d}; null or empty to keep the name
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record NetDevice(@Nullable String name, Map<String, JsonValue> unknown) {
    /** Its name inside, for a device with this name outside. */
    public String nameInside(String outside) {
        return name == null || name.isEmpty() ? outside : name;
    }
}
