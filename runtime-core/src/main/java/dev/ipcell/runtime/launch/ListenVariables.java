// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.Hello;
import java.util.ArrayList;
import java.util.List;

/** A service manager's sockets, handed on to the container (sd_listen_fds(3)). */
final class ListenVariables {
    private ListenVariables() {}

    /** Variables for the container's first process; none if the caller was given no sockets. */
    static List<String> of(Hello hello) {
        List<String> variables = new ArrayList<>();
        String count = hello.variable("LISTEN_FDS");
        if (count != null) {
            variables.add("LISTEN_FDS=" + count);
            variables.add("LISTEN_PID=1");
            String names = hello.variable("LISTEN_FDNAMES");
            if (names != null) {
                variables.add("LISTEN_FDNAMES=" + names);
            }
        }
        return variables;
    }
}
