// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.runtime.cgroup;

import dev.ipcell.spec.DeviceRule;
import dev.ipcell.spec.DeviceRuleType;
import java.io.ByteArrayOutputStream;
import java.util.List;

/**
 * Device rules as an eBPF program of type {@code BPF_PROG_TYPE_CGROUP_DEVICE}: the kernel runs it with the access that is wanted, and 1
 * allows it.
 *
 * <p>For each of read, write and mknod the last rule that speaks of the device and of this access decides; without one it is denied. An
 * access is allowed if all it wants is. So the program goes through the rules backwards, and strikes off what a rule allows until nothing
 * is left to ask for, or something that is left is denied.
 */
final class DeviceProgram {
    /** {@code BPF_DEVCG_ACC_*}. */
    static final int MKNOD = 1;

    static final int READ = 2;
    static final int WRITE = 4;
    static final int ALL = MKNOD | READ | WRITE;

    /** {@code BPF_DEVCG_DEV_*}. */
    static final int BLOCK = 1;

    static final int CHARACTER = 2;

    /** struct bpf_cgroup_dev_ctx: type in the lower half of the first word, access in the upper. */
    private static final int TYPE_AND_ACCESS_OFFSET = 0;

    private static final int MAJOR_OFFSET = 4;
    private static final int MINOR_OFFSET = 8;
    private static final int TYPE_MASK = 0xffff;
    private static final int ACCESS_SHIFT = 16;

    /** Operation codes, all on 32 bits: instruction-set.rst of the kernel. K: with a constant, X: with a register. */
    private static final int LOAD = 0x61;

    private static final int MOVE_K = 0xb4;
    private static final int MOVE_X = 0xbc;
    private static final int AND_K = 0x54;
    private static final int SHIFT_RIGHT_K = 0x74;
    private static final int JUMP = 0x05;
    private static final int JUMP_IF_NOT_EQUAL_K = 0x56;
    private static final int JUMP_IF_ANY_BIT_K = 0x46;
    private static final int EXIT = 0x95;

    /** Registers: the verdict, the context, and what is taken from it. */
    private static final int R_VERDICT = 0;

    private static final int R_CONTEXT = 1;
    private static final int R_TYPE = 2;
    private static final int R_WANTED = 3;
    private static final int R_MAJOR = 4;
    private static final int R_MINOR = 5;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    private DeviceProgram() {}

    /** The program for these rules, as struct bpf_insn of a little-endian machine. */
    static byte[] of(List<DeviceRule> rules) {
        DeviceProgram program = new DeviceProgram();
        program.load();
        for (int i = rules.size() - 1; i >= 0; i--) {
            program.rule(rules.get(i));
            if (isForAll(rules.get(i))) {
                return program.out.toByteArray(); // nothing gets past it
            }
        }
        program.verdict(false);
        return program.out.toByteArray();
    }

    /** True if a rule speaks of every access to every device. */
    static boolean isForAll(DeviceRule rule) {
        return rule.type() == DeviceRuleType.ALL && rule.major() == null && rule.minor() == null && access(rule) == ALL;
    }

    /** The accesses that a rule speaks of. */
    static int access(DeviceRule rule) {
        int access = 0;
        for (int i = 0; i < rule.access().length(); i++) {
            char letter = rule.access().charAt(i);
            access |= letter == 'r' ? READ : letter == 'w' ? WRITE : letter == 'm' ? MKNOD : 0;
        }
        return access;
    }

    private void load() {
        emit(LOAD, R_TYPE, R_CONTEXT, TYPE_AND_ACCESS_OFFSET, 0);
        emit(MOVE_X, R_WANTED, R_TYPE, 0, 0);
        emit(AND_K, R_TYPE, 0, 0, TYPE_MASK);
        emit(SHIFT_RIGHT_K, R_WANTED, 0, 0, ACCESS_SHIFT);
        emit(LOAD, R_MAJOR, R_CONTEXT, MAJOR_OFFSET, 0);
        emit(LOAD, R_MINOR, R_CONTEXT, MINOR_OFFSET, 0);
        // Nothing wanted, nothing denied: access(2) with F_OK asks like this.
        verdictUnless(JUMP_IF_NOT_EQUAL_K, 0, true);
    }

    private void rule(DeviceRule rule) {
        int access = access(rule);
        if (access == 0) {
            return;
        }
        int action = access == ALL ? 2 : 4;
        int conditions = (rule.type() == DeviceRuleType.ALL ? 0 : 1)
                + (rule.major() == null ? 0 : 1)
                + (rule.minor() == null ? 0 : 1);
        int left = conditions + action;
        if (rule.type() != DeviceRuleType.ALL) {
            emit(JUMP_IF_NOT_EQUAL_K, R_TYPE, 0, --left, rule.type() == DeviceRuleType.BLOCK ? BLOCK : CHARACTER);
        }
        Long major = rule.major();
        if (major != null) {
            emit(JUMP_IF_NOT_EQUAL_K, R_MAJOR, 0, --left, major.intValue());
        }
        Long minor = rule.minor();
        if (minor != null) {
            emit(JUMP_IF_NOT_EQUAL_K, R_MINOR, 0, --left, minor.intValue());
        }
        if (access == ALL) {
            verdict(rule.allow());
        } else if (rule.allow()) {
            emit(AND_K, R_WANTED, 0, 0, ~access);
            verdictUnless(JUMP_IF_NOT_EQUAL_K, 0, true);
        } else {
            emit(JUMP_IF_ANY_BIT_K, R_WANTED, 0, 1, access);
            emit(JUMP, 0, 0, 2, 0);
            verdict(false);
        }
    }

    private void verdictUnless(int jump, int operand, boolean allow) {
        emit(jump, R_WANTED, 0, 2, operand);
        verdict(allow);
    }

    private void verdict(boolean allow) {
        emit(MOVE_K, R_VERDICT, 0, 0, allow ? 1 : 0);
        emit(EXIT, 0, 0, 0, 0);
    }

    private void emit(int code, int destination, int source, int offset, int constant) {
        out.write(code);
        out.write(source << 4 | destination);
        out.write(offset);
        out.write(offset >> 8);
        for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
            out.write(constant >> shift);
        }
    }
}
