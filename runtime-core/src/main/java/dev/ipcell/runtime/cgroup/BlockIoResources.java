// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.runtime.cgroup.ResourceWrites.Weight;
import dev.ipcell.spec.BlockIo;
import dev.ipcell.spec.ThrottleDevice;
import dev.ipcell.spec.WeightDevice;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Weights and rates of block devices. A weight of 0 asks for nothing; a rate of 0 is no limit.
 *
 * <p>In version 2 the BFQ scheduler and the cost model ({@code io.weight}) have files of their own, and either may be missing: whatever is
 * there is written, and one must be.
 */
final class BlockIoResources {
    private static final String CONTROLLER = "io";
    private static final int MIN_WEIGHT = 10;
    private static final int MAX_WEIGHT = 1000;

    private final ResourceWrites out;

    private BlockIoResources(ResourceWrites out) {
        this.out = out;
    }

    static void compile(BlockIo blockIo, ResourceWrites out) {
        BlockIoResources resources = new BlockIoResources(out);
        resources.weight("/blockIO/weight", "", blockIo.weight());
        resources.leafWeight("/blockIO/leafWeight", blockIo.leafWeight());
        List<WeightDevice> devices = blockIo.weightDevice();
        for (int i = 0; i < devices.size(); i++) {
            WeightDevice device = devices.get(i);
            String pointer = "/blockIO/weightDevice/" + i;
            resources.weight(pointer + "/weight", device.major() + ":" + device.minor() + " ", device.weight());
            resources.leafWeight(pointer + "/leafWeight", device.leafWeight());
        }
        resources.throttle("throttleReadBpsDevice", "read_bps", "rbps", blockIo.throttleReadBpsDevice());
        resources.throttle("throttleWriteBpsDevice", "write_bps", "wbps", blockIo.throttleWriteBpsDevice());
        resources.throttle("throttleReadIOPSDevice", "read_iops", "riops", blockIo.throttleReadIopsDevice());
        resources.throttle("throttleWriteIOPSDevice", "write_iops", "wiops", blockIo.throttleWriteIopsDevice());
    }

    /** The range 10 to 1000 stretched to 1 to 10000. */
    static int stretched(int weight) {
        return 1 + (weight - MIN_WEIGHT) * 9999 / 990;
    }

    private void weight(String pointer, String device, @Nullable Integer weight) {
        if (weight == null || weight == 0) {
            return;
        }
        if (weight < MIN_WEIGHT || weight > MAX_WEIGHT) {
            out.refuse(pointer, "must be within " + MIN_WEIGHT + ".." + MAX_WEIGHT + ", not " + weight);
            return;
        }
        Hierarchy home = out.home(CONTROLLER, pointer);
        if (home == null) {
            return;
        }
        if (home.unified()) {
            out.write(home, "io.bfq.weight", pointer, device + weight, Weight.ONE_OF);
            out.write(home, "io.weight", pointer, device + stretched(weight), Weight.ONE_OF);
        } else {
            String file = device.isEmpty() ? "blkio.bfq.weight" : "blkio.bfq.weight_device";
            out.write(home, file, pointer, device + weight);
        }
    }

    private void leafWeight(String pointer, @Nullable Integer weight) {
        if (weight != null && weight != 0) {
            out.refuse(pointer, "is not to be had: Linux has no leaf weights since 5.0");
        }
    }

    private void throttle(String field, String file, String key, List<ThrottleDevice> devices) {
        for (int i = 0; i < devices.size(); i++) {
            ThrottleDevice device = devices.get(i);
            String pointer = "/blockIO/" + field + "/" + i;
            boolean limits = device.rate() != 0;
            Hierarchy home = out.home(CONTROLLER, pointer, limits);
            if (home == null) {
                continue;
            }
            String number = device.major() + ":" + device.minor() + " ";
            String rate = Long.toUnsignedString(device.rate());
            Weight weight = ResourceWrites.weight(limits);
            if (home.unified()) {
                out.write(home, "io.max", pointer, number + key + "=" + (limits ? rate : "max"), weight);
            } else {
                out.write(home, "blkio.throttle." + file + "_device", pointer, number + rate, weight);
            }
        }
    }
}
