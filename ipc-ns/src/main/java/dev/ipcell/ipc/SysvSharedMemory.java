// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

/**
 * A System V shared memory segment: a row of {@code /proc/sysvipc/shm}. Process ids are 0 where there is none, or where
 * the process is out of the pid namespace of {@code /proc}; times are seconds since 1970, 0 for never.
 *
 * @param permissions key, id, mode and owners
 * @param size in bytes, as it was asked for; unsigned
 * @param creator process id of who made it
 * @param lastUser process id of the last shmat(2) or shmdt(2)
 * @param attached how many times it is attached now
 * @param attachedAt when it was last attached
 * @param detachedAt when it was last detached
 * @param changed when it was made, or changed by shmctl(2)
 * @param resident bytes in memory
 * @param swapped bytes in swap space
 */
public record SysvSharedMemory(
        SysvPermissions permissions,
        long size,
        long creator,
        long lastUser,
        long attached,
        long attachedAt,
        long detachedAt,
        long changed,
        long resident,
        long swapped) {

    private static final int SHM_DEST = 01000;
    private static final int SHM_LOCKED = 02000;

    /** True if it goes away with its last attachment (shmctl(2), {@code IPC_RMID}). */
    public boolean dying() {
        return (permissions.mode() & SHM_DEST) != 0;
    }

    /** True if it is not swapped ({@code SHM_LOCK}). */
    public boolean locked() {
        return (permissions.mode() & SHM_LOCKED) != 0;
    }

    /** Pages that it counts as against {@code kernel.shmall}, however many of them are in memory. */
    long pages(int pageSize) {
        long whole = Long.divideUnsigned(size, pageSize);
        return Long.remainderUnsigned(size, pageSize) == 0 ? whole : whole + 1;
    }

    static SysvSharedMemory of(SysvTable.Row row) {
        return new SysvSharedMemory(
                SysvPermissions.of(row, "shmid"),
                row.number("size"),
                row.number("cpid"),
                row.number("lpid"),
                row.number("nattch"),
                row.number("atime"),
                row.number("dtime"),
                row.number("ctime"),
                row.number("rss"),
                row.number("swap"));
    }
}
