// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

/** Who makes a container's cgroups. */
public enum CgroupDriver {
    /** ipcell itself, in the file systems of cgroups. */
    CGROUPFS,
    /** The system's systemd, as a scope. */
    SYSTEMD,
    /** The systemd of the caller's user. */
    SYSTEMD_USER,
    /** Nobody: the container stays in its caller's. */
    NONE;

    boolean isSystemd() {
        return this == SYSTEMD || this == SYSTEMD_USER;
    }
}
