// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.runtime.cgroup.ResourceWrites.Weight;
import dev.ipcell.spec.Memory;
import org.jspecify.annotations.Nullable;

/**
 * Limits of memory. For all of them 0 asks for nothing, and -1 for no limit.
 *
 * <p>{@code swap} is memory and swap together. Version 1 counts the same way, and wants it never below the limit of memory alone;
 * version 2 counts swap alone.
 */
final class MemoryResources {
    private static final String CONTROLLER = "memory";
    private static final long UNLIMITED = -1;

    private final Memory memory;
    private final ResourceWrites out;

    private MemoryResources(Memory memory, ResourceWrites out) {
        this.memory = memory;
        this.out = out;
    }

    static void compile(Memory memory, ResourceWrites out) {
        MemoryResources resources = new MemoryResources(memory, out);
        resources.limitAndSwap();
        resources.reservation();
        resources.kernel();
        resources.onlyVersion1();
    }

    /** Files that say what an update of version 2 must know. */
    static boolean wantsPresent(Memory memory) {
        return value(memory.swap()) > 0 || Boolean.TRUE.equals(memory.checkBeforeUpdate());
    }

    private static long value(@Nullable Long value) {
        return value == null ? 0 : value;
    }

    private void limitAndSwap() {
        long limit = value(memory.limit());
        long swap = value(memory.swap());
        if (limit == 0 && swap == 0) {
            return;
        }
        if (swap > 0 && limit > 0 && swap < limit) {
            out.refuse("/memory/swap", "must not be below the limit, since it is memory and swap together");
            return;
        }
        if (swap > 0 && limit == 0 && !out.updating()) {
            out.refuse("/memory/swap", "needs a limit beside it, since it is memory and swap together");
            return;
        }
        String pointer = limit > 0 ? "/memory/limit" : "/memory/swap";
        Hierarchy home = out.home(CONTROLLER, pointer, limit > 0 || swap > 0);
        if (home != null && home.unified()) {
            unified(home, limit, swap);
        } else if (home != null) {
            version1(home, limit, swap);
        }
    }

    /**
     * The kernel wants limit <= swap after each write, and an update does not know whether it raises or lowers. If the new swap is not
     * taken at first, it is below the present limit; then the new limit lowers that, and the new swap fits after it.
     */
    private void version1(Hierarchy home, long limit, long swap) {
        if (limit == UNLIMITED && swap > 0) {
            out.refuse("/memory/swap", "cannot be limited in version 1 of cgroups while memory alone is not");
            return;
        }
        String together = "memory.memsw.limit_in_bytes";
        if (limit == UNLIMITED && swap == 0) {
            out.write(home, together, "/memory/limit", "-1", Weight.IF_THERE);
        } else if (swap == UNLIMITED) {
            out.write(home, together, "/memory/swap", "-1", Weight.IF_THERE);
        } else if (swap != 0 && limit != 0 && out.updating()) {
            out.write(home, together, "/memory/swap", Long.toString(swap), Weight.TRY);
        }
        if (limit != 0) {
            Weight weight = ResourceWrites.weight(limit > 0);
            out.write(home, "memory.limit_in_bytes", "/memory/limit", Long.toString(limit), weight);
        }
        if (swap > 0) {
            out.write(home, together, "/memory/swap", Long.toString(swap));
        }
    }

    private void unified(Hierarchy home, long limit, long swap) {
        if (!roomForUse(limit, swap)) {
            return;
        }
        if (swap == UNLIMITED || (swap == 0 && limit == UNLIMITED)) {
            String pointer = swap == UNLIMITED ? "/memory/swap" : "/memory/limit";
            out.write(home, "memory.swap.max", pointer, "max", Weight.IF_THERE);
        } else if (swap > 0) {
            swapAlone(home, limit, swap);
        }
        if (limit != 0) {
            out.write(home, "memory.max", "/memory/limit", number(limit), ResourceWrites.weight(limit > 0));
        }
    }

    private void swapAlone(Hierarchy home, long limit, long swap) {
        long memoryAlone = limit;
        if (limit == 0) {
            String present = out.present("memory.max");
            if (present == null) {
                out.refuse("/memory/swap", "needs a limit beside it: memory.max cannot be read");
                return;
            }
            memoryAlone = present.equals("max") ? UNLIMITED : StatTexts.parse(present);
        }
        long alone = memoryAlone == UNLIMITED ? swap : swap - memoryAlone;
        if (alone < 0) {
            out.refuse(
                    "/memory/swap",
                    "must not be below the present limit of " + memoryAlone
                            + " bytes, since it is memory and swap together");
            return;
        }
        Weight weight = alone == 0 ? Weight.IF_THERE : Weight.MUST;
        out.write(home, "memory.swap.max", "/memory/swap", Long.toString(alone), weight);
    }

    /** Version 1 refuses by itself what is below the present use; version 2 would kill. */
    private boolean roomForUse(long limit, long swap) {
        String current = Boolean.TRUE.equals(memory.checkBeforeUpdate()) ? out.present("memory.current") : null;
        if (current == null) {
            return true;
        }
        long used = StatTexts.parse(current);
        boolean room = true;
        if (limit > 0 && limit <= used) {
            out.refuse("/memory/limit", "is not above the " + used + " bytes in use (checkBeforeUpdate)");
            room = false;
        }
        if (swap > 0 && swap <= used) {
            out.refuse("/memory/swap", "is not above the " + used + " bytes in use (checkBeforeUpdate)");
            room = false;
        }
        return room;
    }

    private void reservation() {
        long reservation = value(memory.reservation());
        if (reservation == 0) {
            return;
        }
        Hierarchy home = out.home(CONTROLLER, "/memory/reservation", reservation > 0);
        if (home != null) {
            boolean unified = home.unified();
            out.write(
                    home,
                    unified ? "memory.low" : "memory.soft_limit_in_bytes",
                    "/memory/reservation",
                    unified ? number(reservation) : Long.toString(reservation),
                    ResourceWrites.weight(reservation > 0));
        }
    }

    private void kernel() {
        if (value(memory.kernel()) > 0) {
            out.warn("/memory/kernel", "is ignored: Linux has no limit of kernel memory any more");
        }
        if (Boolean.FALSE.equals(memory.useHierarchy())) {
            out.warn("/memory/useHierarchy", "is ignored: Linux always counts cgroups below a cgroup with it");
        }
    }

    /** What version 2 of cgroups left out. */
    private void onlyVersion1() {
        long tcp = value(memory.kernelTcp());
        if (tcp != 0) {
            version1("/memory/kernelTCP", "memory.kmem.tcp.limit_in_bytes", Long.toString(tcp), tcp > 0);
        }
        Long swappiness = memory.swappiness();
        if (swappiness != null) {
            version1("/memory/swappiness", "memory.swappiness", Long.toString(swappiness), true);
        }
        Boolean disabled = memory.disableOomKiller();
        if (disabled != null && (disabled || out.updating())) {
            version1("/memory/disableOOMKiller", "memory.oom_control", disabled ? "1" : "0", disabled);
        }
    }

    private void version1(String pointer, String file, String value, boolean asks) {
        Hierarchy home = out.home(CONTROLLER, pointer, asks);
        if (home != null && !home.unified()) {
            out.write(home, file, pointer, value, ResourceWrites.weight(asks));
        } else if (home != null && asks) {
            out.refuse(pointer, "is not to be had in version 2 of cgroups");
        }
    }

    private static String number(long value) {
        return value == UNLIMITED ? "max" : Long.toString(value);
    }
}
