// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim.linux;

import java.io.IOException;
import java.lang.module.Configuration;
import java.lang.module.FindException;
import java.lang.module.ModuleFinder;
import java.lang.module.ResolutionException;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;
import java.util.Set;

/**
 * Loads the library of datagram sockets from its directory beside the image, into a module layer of its own: an image cannot hold its
 * automatic modules, and hardly a call needs them.
 */
public final class DatagramLibrary {
    private static final String MODULE = "dev.ipcell.datagrams";
    private static final String CALLS_C = "org.jnrproject.jffi";

    private DatagramLibrary() {}

    /**
     * Loads it.
     *
     * @param directory with its jars and its native library
     * @throws IOException if it is not there, or damaged
     */
    @SuppressWarnings("restricted") // native access, for the one module that is there for it
    public static Datagrams.Provider load(Path directory) throws IOException {
        // It would write its native library to a temporary file, use what the JDK warns of, and compile classes.
        System.setProperty("jffi.boot.library.path", directory.toString());
        System.setProperty("jffi.unsafe.disabled", "true");
        System.setProperty("jnr.ffi.asm.enabled", "false");
        ModuleLayer boot = ModuleLayer.boot();
        try {
            Configuration modules =
                    boot.configuration().resolve(ModuleFinder.of(directory), ModuleFinder.of(), Set.of(MODULE));
            ModuleLayer.Controller controller =
                    ModuleLayer.defineModulesWithOneLoader(modules, List.of(boot), ClassLoader.getSystemClassLoader());
            ModuleLayer layer = controller.layer();
            controller.enableNativeAccess(
                    layer.findModule(CALLS_C).orElseThrow(() -> new FindException("no " + CALLS_C)));
            return ServiceLoader.load(layer, Datagrams.Provider.class)
                    .findFirst()
                    .orElseThrow(() -> new FindException("no provider"));
        } catch (FindException | ResolutionException | LayerInstantiationException damaged) {
            throw new IOException(directory + ": " + damaged.getMessage(), damaged);
        }
    }
}
