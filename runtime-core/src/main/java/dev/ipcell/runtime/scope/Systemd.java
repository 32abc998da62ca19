// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.scope;

import dev.ipcell.runtime.cgroup.CgroupValue;
import dev.ipcell.runtime.failure.Failure;
import dev.ipcell.runtime.systemd.UnitException;
import dev.ipcell.runtime.systemd.UnitManager;
import dev.ipcell.runtime.systemd.UnitManagerProvider;
import dev.ipcell.runtime.systemd.UnitProperty;
import dev.ipcell.shim.Hello;
import java.util.List;
import java.util.ServiceLoader;

/**
 * The manager that the caller's containers are in: the system's, or the caller's own. A connection belongs to one call; whatever is wrong
 * with it is one sentence.
 */
public final class Systemd implements AutoCloseable {
    private static final String DRIVER = "the systemd cgroup driver: ";

    /** Older ones lack properties that a container's limits need, and do not run on the kernels that ipcell needs. */
    private static final int OLDEST = 244;

    private final UnitManager manager;
    private final int version;
    private final String cgroup;

    private Systemd(UnitManager manager, int version, String cgroup) {
        this.manager = manager;
        this.version = version;
        this.cgroup = cgroup;
    }

    /**
     * Connects to a manager.
     *
     * @param user the caller's own instead of the system's
     * @throws Failure if there is none, or it does not answer
     */
    public static Systemd connect(Hello hello, boolean user) throws Failure {
        UnitManager manager;
        try {
            manager = provider().connect(address(hello, user));
        } catch (UnitException unreachable) {
            throw new Failure(DRIVER + unreachable.getMessage() + "; is this machine run by systemd and D-Bus?"
                    + " The cgroupfs driver needs neither");
        }
        try {
            int version = number(manager.property("Version"));
            if (version < OLDEST) {
                throw new Failure(
                        DRIVER + "needs systemd " + OLDEST + " or newer, and this is " + manager.property("Version"));
            }
            return new Systemd(manager, version, manager.property("ControlGroup"));
        } catch (UnitException silent) {
            manager.close();
            throw new Failure(DRIVER + silent.getMessage());
        } catch (Failure old) {
            manager.close();
            throw old;
        }
    }

    private static UnitManagerProvider provider() throws Failure {
        for (UnitManagerProvider provider : ServiceLoader.load(UnitManagerProvider.class)) {
            return provider;
        }
        throw new Failure(DRIVER + "the module dev.ipcell.systemd is not installed");
    }

    private static String address(Hello hello, boolean user) {
        String configured = hello.variable(user ? "DBUS_SESSION_BUS_ADDRESS" : "DBUS_SYSTEM_BUS_ADDRESS");
        if (configured != null && !configured.isEmpty()) {
            return configured;
        }
        String runtime = hello.variable("XDG_RUNTIME_DIR");
        String own = runtime == null || runtime.isEmpty()
                ? "/run/user/" + hello.caller().euid()
                : runtime;
        return "unix:path=" + (user ? own + "/bus" : "/run/dbus/system_bus_socket");
    }

    /** The number that a version such as {@code 252.38-1~deb12u1} or {@code v249} begins with. */
    static int number(String version) {
        int at = version.startsWith("v") ? 1 : 0;
        int number = 0;
        while (at < version.length()
                && version.charAt(at) >= '0'
                && version.charAt(at) <= '9'
                && number < OLDEST * OLDEST) {
            number = number * 10 + version.charAt(at++) - '0';
        }
        return number;
    }

    /** Of systemd. */
    public int version() {
        return version;
    }

    /** The manager's own cgroup, below which its units are; empty for the root. */
    public String cgroup() {
        return cgroup;
    }

    /**
     * Starts a container's scope and waits until its process is in there.
     *
     * @param pid of a process that waits for it
     */
    public void start(ScopePlan scope, int pid) throws Failure {
        String unit = scope.name().scope();
        try {
            startOnce(unit, scope.properties(pid));
        } catch (UnitException refused) {
            if (refused.is("UnitExists")) {
                throw new Failure(DRIVER + "there is a unit " + unit
                        + " already; choose another name in linux.cgroupsPath, or stop it with systemctl");
            }
            throw new Failure(DRIVER + refused.getMessage());
        }
    }

    /** What is left of a unit that failed keeps its name in use until that is forgotten. */
    private void startOnce(String unit, List<UnitProperty> properties) throws UnitException {
        try {
            manager.start(unit, properties);
        } catch (UnitException refused) {
            if (!refused.is("UnitExists")) {
                throw refused;
            }
            manager.resetFailed(unit);
            manager.start(unit, properties);
        }
    }

    /** Tells the manager of new limits, so that it does not write the old ones some day. */
    public void update(String unit, List<CgroupValue> limits) throws Failure {
        try {
            List<UnitProperty> properties = ResourceProperties.of(limits, version, false);
            if (!properties.isEmpty()) {
                manager.set(unit, properties);
            }
        } catch (UnitException refused) {
            throw new Failure(DRIVER + refused.getMessage());
        } catch (IllegalArgumentException wrong) {
            throw new Failure("--resources: " + wrong.getMessage());
        }
    }

    /** Stops a scope, if it is there, and has it forgotten. */
    public void stop(String unit) throws Failure {
        try {
            stopOnce(unit);
        } catch (UnitException refused) {
            throw new Failure(DRIVER + refused.getMessage());
        }
    }

    private void stopOnce(String unit) throws UnitException {
        try {
            manager.stop(unit);
        } catch (UnitException refused) {
            if (!refused.is("NoSuchUnit")) {
                throw refused;
            }
            return;
        }
        try {
            manager.resetFailed(unit);
        } catch (UnitException refused) {
            if (refused.isSilence()) {
                throw refused;
            }
        }
    }

    @Override
    public void close() {
        manager.close();
    }
}
