// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.systemd;

/** Makes connections; a service, so that the D-Bus library is nowhere but in the module that provides it. */
public interface UnitManagerProvider {

    /**
     * Connects to a message bus.
     *
     * @param address as the D-Bus specification has it, such as {@code unix:path=/run/dbus/system_bus_socket}
     * @throws UnitException if nobody answers there within a stated time
     */
    UnitManager connect(String address) throws UnitException;
}
