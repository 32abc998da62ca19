// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

/**
 * One operation of a plan: a small typed instruction that the executor carries out, without deciding anything.
 *
 * <p>Each record has exactly one row in the executor's table ({@code ops.h}) and one function in C. Its {@link #encode} writes
 * the fields in the order of that row; a test compares the two.
 */
public sealed interface Op
        permits CgroupOp,
                ChildOp,
                ContainerOp,
                CredentialOp,
                DescriptorOp,
                FileOp,
                MountOp,
                NamespaceOp,
                NetworkOp,
                PathOp,
                ProcessOp,
                SchedulingOp,
                TerminalOp {

    /** The operation's number in {@code ops.h}. */
    int opcode();

    /** Writes the fields in the order of the operation's row in {@code ops.h}. */
    void encode(OpWriter out);

    /** The operation in one line for people, as {@code ipcell plan} shows it. */
    String describe();
}
