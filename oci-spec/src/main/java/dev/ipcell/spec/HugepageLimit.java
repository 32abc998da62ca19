// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.Map;

/**
 * A limit for huge pages of one size.
 *
 * @param pageSize the page size such as {@code 2MB}
 * @param limit bytes (uint64)
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record HugepageLimit(String pageSize, long limit, Map<String, JsonValue> unknown) {}
