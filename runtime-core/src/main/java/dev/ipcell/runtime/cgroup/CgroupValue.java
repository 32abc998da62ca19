// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

/**
 * What a file of a container's cgroup is to hold, whoever writes it there.
 *
 * @param file its name, such as {@code memory.max}
 * @param value one line
 * @param pointer what asks for it, within the resources
 */
public record CgroupValue(String file, String value, String pointer) {}
