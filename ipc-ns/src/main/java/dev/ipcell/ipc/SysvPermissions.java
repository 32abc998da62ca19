// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

/**
 * What every System V object has: struct ipc_perm of sysvipc(7).
 *
 * @param key the key under which programs find it; 0 for a private one ({@code IPC_PRIVATE})
 * @param id its identifier in the namespace
 * @param mode permission bits; for shared memory also {@code SHM_DEST} (01000) and {@code SHM_LOCKED} (02000)
 * @param uid the owner
 * @param gid the owner's group
 * @param creatorUid who made it
 * @param creatorGid the group of who made it
 */
public record SysvPermissions(int key, int id, int mode, long uid, long gid, long creatorUid, long creatorGid) {
    static SysvPermissions of(SysvTable.Row row, String idColumn) {
        return new SysvPermissions(
                (int) row.number("key"),
                (int) row.number(idColumn),
                row.octal("perms"),
                row.number("uid"),
                row.number("gid"),
                row.number("cuid"),
                row.number("cgid"));
    }
}
