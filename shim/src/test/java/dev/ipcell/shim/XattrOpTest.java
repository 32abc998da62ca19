// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.MountOp.SetXattr;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Extended attributes of a mount's root. */
@Tag("root")
class XattrOpTest {
    private static final Slot MOUNT = new Slot(0, "mount");
    private static final byte[] VALUE = "a_u:b_r:c_t:s0:c1,c2".getBytes(UTF_8);

    @RegisterExtension
    final ExecutorUnderTest executor = new ExecutorUnderTest();

    @TempDir
    Path directory;

    private static MountOp.FsMount mount(String type) {
        return new MountOp.FsMount(MOUNT, type, "", List.of(), 0, 0);
    }

    @Test
    @Shows(SetXattr.class)
    void the_root_of_a_detached_mount_gets_an_attribute() throws Exception {
        executor.run(new NamespaceOp.Unshare(Linux.CLONE_NEWNS), mount("tmpfs"));
        executor.run(new SetXattr(MOUNT, "trusted.ipcell", VALUE, 0));
        executor.run(
                new MountOp.MoveMount(MOUNT, Slot.CWD, directory.toRealPath().toString()));
        Process python = new ProcessBuilder(
                        "python3",
                        "-c",
                        "import os, sys; print(os.getxattr(sys.argv[1], 'trusted.ipcell').decode())",
                        executor.proc("root") + directory.toRealPath().toString())
                .redirectErrorStream(true)
                .start();
        assertThat(new String(python.getInputStream().readAllBytes(), UTF_8))
                .isEqualTo(new String(VALUE, UTF_8) + "\n");
    }

    @Test
    @Fails(SetXattr.class)
    void a_file_system_without_attributes_is_told_or_left_as_it_is() throws Exception {
        executor.run(new NamespaceOp.Unshare(Linux.CLONE_NEWIPC | Linux.CLONE_NEWNS), mount("mqueue"));
        assertThat(executor.failure(new SetXattr(MOUNT, "user.ipcell", VALUE, 0)))
                .isEqualTo("fsetxattr user.ipcell: EOPNOTSUPP");
        executor.run(new SetXattr(MOUNT, "user.ipcell", VALUE, SetXattr.MAY_LACK));
        assertThat(executor.failure(new SetXattr(new Slot(9, "empty"), "user.ipcell", VALUE, 0)))
                .isEqualTo("slot an empty slot: EBADF");
    }
}
