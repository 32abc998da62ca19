/** Speaks D-Bus with systemd; loaded for the systemd cgroup driver only. */
@org.jspecify.annotations.NullMarked
module dev.ipcell.systemd {
    requires static org.jspecify;
    requires dev.ipcell.runtime;
    requires org.freedesktop.dbus;
    requires org.freedesktop.dbus.transport.jre;

    provides dev.ipcell.runtime.systemd.UnitManagerProvider with
            dev.ipcell.systemd.BusProvider;
}
