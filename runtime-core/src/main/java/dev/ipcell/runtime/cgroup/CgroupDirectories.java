// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

/** Where one container's cgroup is. */
public interface CgroupDirectories {

    /** The container's cgroup in this hierarchy, as an absolute path. */
    String directory(Hierarchy hierarchy);
}
