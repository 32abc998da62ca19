// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Limits for the container's cgroup (config-linux.md, Control groups).
 *
 * @param devices which devices may be used, applied in order
 * @param memory memory, or null
 * @param cpu processors, or null
 * @param pids number of tasks, or null
 * @param blockIo block devices (blockIO in JSON), or null
 * @param hugepageLimits huge pages
 * @param network network class and priorities, or null
 * @param rdma RDMA limits by device name
 * @param unified files of cgroup v2 and what to write to them
 * @param unknown fields of this object that runtime-spec does not know, as they stand
 */
public record Resources(
        List<DeviceRule> devices,
        @Nullable Memory memory,
        @Nullable Cpu cpu,
        @Nullable Pids pids,
        @Nullable BlockIo blockIo,
        List<HugepageLimit> hugepageLimits,
        @Nullable Network network,
        Map<String, Rdma> rdma,
        Map<String, String> unified,
        Map<String, JsonValue> unknown) {}
