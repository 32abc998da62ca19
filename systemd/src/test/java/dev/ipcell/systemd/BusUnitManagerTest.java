// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.systemd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ipcell.runtime.systemd.UnitException;
import dev.ipcell.runtime.systemd.UnitManager;
import dev.ipcell.runtime.systemd.UnitProperty;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Calls over a real bus to a stand-in for systemd, and to none. */
class BusUnitManagerTest {
    @TempDir
    Path directory;

    private String address = "";
    private final Bus bus = new Bus();

    @BeforeEach
    void startBus() throws Exception {
        address = bus.start(directory);
    }

    @AfterEach
    void stopBus() throws Exception {
        bus.stop();
    }

    @Test
    void every_type_of_value_arrives_as_it_was_sent() throws Exception {
        try (StandIn systemd = new StandIn(address);
                UnitManager manager = new BusProvider().connect(address)) {
            assertThat(manager.property("Version")).isEqualTo("252.1");
            manager.start(
                    "a.scope",
                    List.of(
                            UnitProperty.of("Description", "text"),
                            UnitProperty.of("Delegate", true),
                            UnitProperty.of("MemoryMax", 64),
                            UnitProperty.of("TasksMax", -1),
                            new UnitProperty("AllowedCPUs", "ay", List.of(255L, 1L)),
                            new UnitProperty("DeviceAllow", "a(ss)", List.of()),
                            new UnitProperty("DeviceAllow", "a(ss)", List.of(List.of("/dev/null", "rw"))),
                            new UnitProperty("IODeviceWeight", "a(st)", List.of(List.of("/dev/sda", 9L))),
                            new UnitProperty("Nice", "i", -5L),
                            new UnitProperty("Factor", "d", 1.5),
                            new UnitProperty("Others", "as", List.of()),
                            UnitProperty.pids(4711)));
            assertThat(systemd.asked().getLast())
                    .startsWith("start a.scope replace Description=s text Delegate=b true MemoryMax=t 64"
                            + " TasksMax=t 18446744073709551615 AllowedCPUs=ay")
                    .contains("-1, 1")
                    .contains(
                            "DeviceAllow=a(ss) [] DeviceAllow=a(ss) [[/dev/null, rw]] IODeviceWeight=a(st) [[/dev/sda, 9]]")
                    .contains(" Nice=i -5 Factor=d 1.5 Others=as [] PIDs=au [4711]")
                    .doesNotContain("others");
            manager.set("a.scope", List.of(UnitProperty.of("MemoryMax", 65)));
            assertThat(systemd.asked().getLast()).isEqualTo("set a.scope for now MemoryMax=t 65");
            manager.stop("a.scope");
            manager.resetFailed("a.scope");
            assertThat(systemd.asked())
                    .endsWith("stop a.scope replace", "reset a.scope")
                    .containsOnlyOnce("subscribe");
        }
    }

    @Test
    void an_error_has_its_name_and_text() throws Exception {
        try (StandIn systemd = new StandIn(address);
                UnitManager manager = new BusProvider().connect(address)) {
            assertThatThrownBy(() -> manager.start(StandIn.EXISTS, List.of()))
                    .isInstanceOfSatisfying(UnitException.class, refused -> {
                        assertThat(refused.is("UnitExists")).isTrue();
                        assertThat(refused.isSilence()).isFalse();
                    })
                    .hasMessage("StartTransientUnit exists.scope: Unit exists.scope already exists.");
            assertThatThrownBy(() -> manager.property("Nothing")).hasMessageContaining("Unknown property Nothing");
            assertThat(systemd.asked()).isNotEmpty();
        }
    }

    @Test
    void a_job_that_fails_is_an_error_and_the_unit_is_forgotten() throws Exception {
        try (StandIn systemd = new StandIn(address);
                UnitManager manager = new BusProvider().connect(address)) {
            assertThatThrownBy(() -> manager.start(StandIn.FAILS, List.of()))
                    .hasMessage("systemd did not start fails.scope: its job ended as \"failed\"");
            assertThat(systemd.asked()).endsWith("reset fails.scope");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "Get, look, does not answer Get Version within 1 seconds",
        "Subscribe, start, does not answer Subscribe within 1 seconds",
        "StartTransientUnit, start, does not answer StartTransientUnit a.scope within 1 seconds",
        "JobRemoved, start, does not start a.scope within 2 seconds",
        "SetUnitProperties, set, does not answer SetUnitProperties a.scope within 1 seconds",
        "Subscribe, stop, does not answer Subscribe within 1 seconds",
        "StopUnit, stop, does not answer StopUnit a.scope within 1 seconds",
        "JobRemoved, stop, does not stop a.scope within 2 seconds",
        "ResetFailedUnit, reset, does not answer ResetFailedUnit a.scope within 1 seconds",
    })
    void a_systemd_that_falls_silent_is_waited_for_no_longer_than_said(String at, String action, String message)
            throws Exception {
        try (StandIn systemd = new StandIn(address);
                UnitManager manager = BusProvider.open(address, 1, 2)) {
            systemd.beSilentAt(at);
            assertThatThrownBy(() -> act(manager, action))
                    .isInstanceOfSatisfying(
                            UnitException.class,
                            silent -> assertThat(silent.isSilence()).isTrue())
                    .hasMessage("systemd " + message);
        }
    }

    private static void act(UnitManager manager, String action) throws UnitException {
        switch (action) {
            case "look" -> manager.property("Version");
            case "start" -> manager.start("a.scope", List.of());
            case "set" -> manager.set("a.scope", List.of());
            case "stop" -> manager.stop("a.scope");
            case "reset" -> manager.resetFailed("a.scope");
            default -> throw new IllegalArgumentException(action);
        }
    }

    @Test
    void a_job_that_failed_is_told_even_if_systemd_is_silent_after_it() throws Exception {
        try (StandIn systemd = new StandIn(address);
                UnitManager manager = BusProvider.open(address, 1, 2)) {
            systemd.beSilentAt("ResetFailedUnit");
            assertThatThrownBy(() -> manager.start(StandIn.FAILS, List.of()))
                    .hasMessage("systemd did not start fails.scope: its job ended as \"failed\"");
            assertThat(systemd.asked()).endsWith("reset fails.scope");
        }
    }

    @Test
    void a_bus_without_systemd_says_so() throws Exception {
        try (UnitManager manager = new BusProvider().connect(address)) {
            assertThatThrownBy(() -> manager.property("Version")).hasMessageContaining(BusUnitManager.NAME);
        }
    }

    @Test
    void a_bus_that_goes_away_ends_the_call() throws Exception {
        try (StandIn systemd = new StandIn(address);
                UnitManager manager = new BusProvider().connect(address)) {
            assertThat(systemd.asked()).isEmpty();
            bus.stop();
            assertThatThrownBy(() -> manager.stop("a.scope")).isInstanceOf(UnitException.class);
        }
    }

    @Test
    void a_bus_that_is_not_there_or_does_not_speak_is_told() throws Exception {
        BusProvider provider = new BusProvider();
        String nowhere = "unix:path=" + directory.resolve("nowhere");
        assertThatThrownBy(() -> provider.connect(nowhere))
                .hasMessage("no bus at " + nowhere + ": No such file or directory");
        UnixDomainSocketAddress silent = UnixDomainSocketAddress.of(directory.resolve("silent"));
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(silent);
            assertThatThrownBy(() -> BusProvider.connect("unix:path=" + silent, 2))
                    .hasMessage("the bus at unix:path=" + silent + " does not answer within 2 seconds");
        }
    }

    @Test
    void an_address_that_is_none_is_told() {
        assertThatThrownBy(() -> new BusProvider().connect("nonsense")).isInstanceOf(UnitException.class);
    }
}
