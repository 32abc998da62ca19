// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.shim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The executor as it is installed: small, and nobody's libraries come with it into a container. */
class ExecutorFileTest {
    private static final Path FILE = Path.of(Objects.requireNonNull(System.getProperty("ipcell.executor")));

    // The header and the program headers of a 64-bit ELF file (elf(5)).
    private static final int E_PHOFF = 32;
    private static final int E_PHENTSIZE = 54;
    private static final int E_PHNUM = 56;
    private static final int PT_LOAD = 1;
    private static final int PT_DYNAMIC = 2;
    private static final int PT_INTERP = 3;
    private static final int PT_GNU_STACK = 0x6474e551;
    private static final int PF_X = 1;

    private record Segment(int type, int flags) {}

    private static List<Segment> segments(Path file) throws IOException {
        ByteBuffer elf = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(elf.getInt(0)).as("ELF").isEqualTo(0x464c457f);
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i < elf.getShort(E_PHNUM); i++) {
            int at = (int) elf.getLong(E_PHOFF) + i * elf.getShort(E_PHENTSIZE);
            segments.add(new Segment(elf.getInt(at), elf.getInt(at + 4)));
        }
        return segments;
    }

    @Test
    void it_is_static() throws Exception {
        assertThat(segments(FILE)).map(Segment::type).contains(PT_LOAD).doesNotContain(PT_INTERP, PT_DYNAMIC);
        assertThat(segments(ExecutorUnderTest.SANITIZED)).map(Segment::type).contains(PT_INTERP, PT_DYNAMIC);
    }

    @Test
    void it_has_no_executable_stack() throws Exception {
        assertThat(segments(FILE))
                .filteredOn(segment -> segment.type() == PT_GNU_STACK)
                .allMatch(segment -> (segment.flags() & PF_X) == 0);
    }

    @Test
    void it_is_smaller_than_200_kilobytes() {
        assertThat(FILE.toFile()).isNotEmpty();
        assertThat(FILE.toFile().length()).isLessThan(200 * 1024);
    }

    @Test
    void it_has_the_same_operations_as_the_one_that_is_tested() throws Exception {
        assertThat(OpTableTest.table(FILE)).isEqualTo(OpTableTest.table(ExecutorUnderTest.SANITIZED));
    }
}
