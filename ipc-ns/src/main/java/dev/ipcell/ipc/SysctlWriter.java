// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import dev.ipcell.shim.linux.Errno;
import dev.ipcell.shim.linux.Fd;
import dev.ipcell.shim.linux.SyscallException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes kernel parameters of the calling thread's IPC namespace. */
final class SysctlWriter {
    private static final Path SYS = Path.of("/proc/sys");

    private SysctlWriter() {}

    /** What is to be written, in its order, after a look at all of it: nothing is written if something is wrong. */
    static List<Map.Entry<String, String>> checked(Map<String, String> sysctls) {
        for (Map.Entry<String, String> entry : sysctls.entrySet()) {
            if (!IpcSysctls.belongs(entry.getKey())) {
                throw new IllegalArgumentException(entry.getKey() + " is no parameter of an IPC namespace");
            }
            @Nullable String reason = IpcSysctls.reason(entry.getKey(), entry.getValue());
            if (reason != null) {
                throw new IllegalArgumentException(entry.getKey() + ": " + reason);
            }
        }
        return IpcSysctls.ordered(sysctls);
    }

    /** Writes them, and reads back what the kernel made of them. */
    static IpcLimits write(List<Map.Entry<String, String>> sysctls) throws IOException {
        for (Map.Entry<String, String> entry : sysctls) {
            write(entry.getKey(), entry.getValue());
        }
        return IpcLimits.read(SYS);
    }

    private static void write(String key, String value) throws IOException {
        byte[] data = value.getBytes(StandardCharsets.US_ASCII);
        try (Fd file = Fd.open(SYS.resolve(IpcSysctls.procPath(key)), Fd.O_WRONLY)) {
            file.write(data, 0, data.length);
        } catch (SyscallException e) {
            throw new IpcException(key + ": the kernel refuses " + KernelNumber.quoted(value) + ": "
                    + Errno.name(e.errno()) + " (" + Errno.text(e.errno()) + ")");
        }
    }
}
