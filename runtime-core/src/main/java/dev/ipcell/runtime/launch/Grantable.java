// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.launch;

import dev.ipcell.shim.Hello;
import dev.ipcell.spec.Capabilities;
import dev.ipcell.spec.Capability;
import java.util.List;
import java.util.TreeSet;

/**
 * The capabilities that a process can be given. A launch does not fail for want of others (runtime-spec, config.md, "Linux Process").
 *
 * @param mask bit n: the capability with number n
 */
record Grantable(long mask) {
    /** Nobody gives away what he lacks, but whoever is in a new user namespace has all there (user_namespaces(7)). */
    static Grantable of(Hello hello, boolean inUserNamespace) {
        // What others than root would get is not asked: they cannot launch, only look at plans.
        boolean all = inUserNamespace || hello.caller().euid() != 0;
        return new Grantable(all ? -1 : hello.capabilities());
    }

    /** Of these the ones that can be given. */
    long of(List<Capability> wanted) {
        long asked = 0;
        for (Capability capability : wanted) {
            asked |= bit(capability);
        }
        return asked & mask;
    }

    boolean has(Capability capability) {
        return (bit(capability) & mask) != 0;
    }

    /** What is asked for in vain, as a warning tells it; empty if nothing is. */
    String missing(Capabilities wanted) {
        TreeSet<Capability> missing = new TreeSet<>();
        for (List<Capability> set : List.of(
                wanted.bounding(), wanted.effective(), wanted.inheritable(), wanted.permitted(), wanted.ambient())) {
            for (Capability capability : set) {
                if ((bit(capability) & mask) == 0) {
                    missing.add(capability);
                }
            }
        }
        StringBuilder names = new StringBuilder();
        for (Capability capability : missing) {
            names.append(names.isEmpty() ? "" : ", ").append(capability.wire());
        }
        return names.isEmpty() ? "" : names + " cannot be granted, since the caller lacks it, and is left out";
    }

    private static long bit(Capability capability) {
        return 1L << capability.number();
    }
}
