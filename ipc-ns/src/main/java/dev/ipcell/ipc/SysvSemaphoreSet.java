// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

/**
 * A System V semaphore set: a row of {@code /proc/sysvipc/sem}. Times are seconds since 1970, 0 for never.
 *
 * @param permissions key, id, mode and owners
 * @param semaphores in the set
 * @param operated when the last semop(2) was made
 * @param changed when it was made, or changed by semctl(2)
 */
public record SysvSemaphoreSet(SysvPermissions permissions, long semaphores, long operated, long changed) {
    static SysvSemaphoreSet of(SysvTable.Row row) {
        return new SysvSemaphoreSet(
                SysvPermissions.of(row, "semid"), row.number("nsems"), row.number("otime"), row.number("ctime"));
    }
}
