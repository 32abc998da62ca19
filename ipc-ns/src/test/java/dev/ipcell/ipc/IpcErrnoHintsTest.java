// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ipcell.shim.linux.Errno;
import org.junit.jupiter.api.Test;

class IpcErrnoHintsTest {
    @Test
    void no_space_for_a_namespace_is_a_limit_and_no_full_disk() {
        for (String step : new String[] {"clone3", "clone", "unshare"}) {
            assertThat(IpcErrnoHints.hint(step, Errno.ENOSPC, "")).contains("user.max_ipc_namespaces");
            assertThat(IpcErrnoHints.hint(step, Errno.EINVAL, "")).contains("CONFIG_IPC_NS");
            assertThat(IpcErrnoHints.hint(step, Errno.EPERM, "")).contains("CAP_SYS_ADMIN");
        }
    }

    @Test
    void a_refused_mqueue_mount_is_about_who_owns_the_namespace() {
        for (String step : new String[] {"fsconfig", "mount"}) {
            assertThat(IpcErrnoHints.hint(step, Errno.EPERM, "mqueue"))
                    .isEqualTo("the IPC namespace belongs to another user namespace");
            assertThat(IpcErrnoHints.hint(step, Errno.EPERM, "tmpfs")).isNull();
        }
    }

    @Test
    void who_may_mount_nothing_at_all_is_told_that() {
        for (String step : new String[] {"fsopen", "fsmount"}) {
            assertThat(IpcErrnoHints.hint(step, Errno.EPERM, "mqueue")).contains("CAP_SYS_ADMIN", "mount namespace");
            assertThat(IpcErrnoHints.hint(step, Errno.ENODEV, "mqueue")).contains("CONFIG_POSIX_MQUEUE");
        }
    }

    @Test
    void limits_are_told_by_their_names() {
        assertThat(IpcErrnoHints.hint("mq_open", Errno.EMFILE, "")).contains("RLIMIT_MSGQUEUE");
        assertThat(IpcErrnoHints.hint("semget", Errno.ENOSPC, "")).contains("kernel.sem");
        assertThat(IpcErrnoHints.hint("prlimit", Errno.EPERM, "")).contains("CAP_SYS_RESOURCE");
    }

    @Test
    void what_is_not_known_has_no_hint() {
        assertThat(IpcErrnoHints.hint("open", Errno.ENOENT, "/x")).isNull();
        assertThat(IpcErrnoHints.hint("clone3", Errno.EAGAIN, "")).isNull();
        assertThat(IpcErrnoHints.hint("prlimit", Errno.EINVAL, "")).isNull();
    }
}
