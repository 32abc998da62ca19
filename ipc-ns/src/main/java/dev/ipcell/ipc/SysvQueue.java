// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.ipc;

/**
 * A System V message queue: a row of {@code /proc/sysvipc/msg}. Process ids are 0 where there is none, or where the
 * process is out of the pid namespace of {@code /proc}; times are seconds since 1970, 0 for never.
 *
 * @param permissions key, id, mode and owners
 * @param bytes in the queue
 * @param messages in the queue
 * @param lastSender process id of the last msgsnd(2)
 * @param lastReceiver process id of the last msgrcv(2)
 * @param sent when the last message was sent
 * @param received when the last message was received
 * @param changed when it was made, or changed by msgctl(2)
 */
public record SysvQueue(
        SysvPermissions permissions,
        long bytes,
        long messages,
        long lastSender,
        long lastReceiver,
        long sent,
        long received,
        long changed) {

    static SysvQueue of(SysvTable.Row row) {
        return new SysvQueue(
                SysvPermissions.of(row, "msqid"),
                row.number("cbytes"),
                row.number("qnum"),
                row.number("lspid"),
                row.number("lrpid"),
                row.number("stime"),
                row.number("rtime"),
                row.number("ctime"));
    }
}
