// SPDX-License-Identifier: Apache-2.0
package dev.ipcell.spec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** {@code every-field.json} uses all of runtime-spec 1.3: every field must arrive in the right place. */
final class EveryFieldTest {
    private static final Set<String> REQUIRED = Set.of(
            "/ociVersion",
            "/root",
            "/root/path",
            "/process/cwd",
            "/process/consoleSize/height",
            "/process/consoleSize/width",
            "/process/user/uid",
            "/process/user/gid",
            "/process/rlimits/#/type",
            "/process/rlimits/#/soft",
            "/process/rlimits/#/hard",
            "/process/scheduler/policy",
            "/process/ioPriority/class",
            "/mounts/#/destination",
            "/mounts/#/uidMappings/#/containerID",
            "/mounts/#/uidMappings/#/hostID",
            "/mounts/#/uidMappings/#/size",
            "/mounts/#/gidMappings/#/containerID",
            "/mounts/#/gidMappings/#/hostID",
            "/mounts/#/gidMappings/#/size",
            "/hooks/prestart/#/path",
            "/hooks/createRuntime/#/path",
            "/hooks/createContainer/#/path",
            "/hooks/startContainer/#/path",
            "/hooks/poststart/#/path",
            "/hooks/poststop/#/path",
            "/linux/uidMappings/#/containerID",
            "/linux/uidMappings/#/hostID",
            "/linux/uidMappings/#/size",
            "/linux/gidMappings/#/containerID",
            "/linux/gidMappings/#/hostID",
            "/linux/gidMappings/#/size",
            "/linux/resources/devices/#/allow",
            "/linux/resources/blockIO/weightDevice/#/major",
            "/linux/resources/blockIO/weightDevice/#/minor",
            "/linux/resources/blockIO/throttleReadBpsDevice/#/major",
            "/linux/resources/blockIO/throttleReadBpsDevice/#/minor",
            "/linux/resources/blockIO/throttleReadBpsDevice/#/rate",
            "/linux/resources/blockIO/throttleWriteBpsDevice/#/major",
            "/linux/resources/blockIO/throttleWriteBpsDevice/#/minor",
            "/linux/resources/blockIO/throttleWriteBpsDevice/#/rate",
            "/linux/resources/blockIO/throttleReadIOPSDevice/#/major",
            "/linux/resources/blockIO/throttleReadIOPSDevice/#/minor",
            "/linux/resources/blockIO/throttleReadIOPSDevice/#/rate",
            "/linux/resources/blockIO/throttleWriteIOPSDevice/#/major",
            "/linux/resources/blockIO/throttleWriteIOPSDevice/#/minor",
            "/linux/resources/blockIO/throttleWriteIOPSDevice/#/rate",
            "/linux/resources/hugepageLimits/#/pageSize",
            "/linux/resources/hugepageLimits/#/limit",
            "/linux/resources/network/priorities/#/name",
            "/linux/resources/network/priorities/#/priority",
            "/linux/namespaces/#/type",
            "/linux/devices/#/type",
            "/linux/devices/#/path",
            "/linux/devices/#/major",
            "/linux/devices/#/minor",
            "/linux/seccomp/defaultAction",
            "/linux/seccomp/syscalls/#/action",
            "/linux/seccomp/syscalls/#/args/#/index",
            "/linux/seccomp/syscalls/#/args/#/value",
            "/linux/seccomp/syscalls/#/args/#/op",
            "/linux/memoryPolicy/mode",
            "/linux/personality/domain");

    @Test
    void every_component_of_every_record_has_the_value_of_its_field() throws InvalidSpecException {
        SpecDocument document = SpecReader.read(Documents.everyField());
        assertThat(SpecDifferences.of(document.spec(), document.raw(), "")).isEmpty();
    }

    @Test
    void unsigned_numbers_keep_all_their_bits() throws InvalidSpecException {
        Process process = SpecReader.read(Documents.everyField()).spec().process();
        assertThat(process).isNotNull();
        Rlimit msgqueue = process.rlimits().get(1);
        assertThat(Long.toUnsignedString(msgqueue.soft())).isEqualTo("9223372036854775808");
        assertThat(Long.toUnsignedString(msgqueue.hard())).isEqualTo("18446744073709551615");
        assertThat(process.user().uid()).isEqualTo(4294967294L);
    }

    @Test
    void every_field_with_a_value_of_the_wrong_type_is_a_problem_at_its_pointer() throws InvalidSpecException {
        JsonObject document = Json.parseObject(Documents.everyField());
        List<String> accepted = new ArrayList<>();
        for (Place place : places(document)) {
            JsonValue wrong = place.value() instanceof JsonString ? JsonBoolean.of(true) : JsonString.of("wrong");
            if (!pointers(replace(document, place.steps(), wrong)).contains(place.pointer())) {
                accepted.add(place.pointer());
            }
        }
        assertThat(accepted).isEmpty();
    }

    @Test
    void just_the_required_fields_are_missed() throws InvalidSpecException {
        JsonObject document = Json.parseObject(Documents.everyField());
        Set<String> missed = new TreeSet<>();
        for (Place place : places(document)) {
            boolean isMember = !place.steps().getLast().matches("[0-9]+");
            if (isMember
                    && problemsOf(replace(document, place.steps(), null)).stream()
                            .anyMatch(p -> p.pointer().equals(place.pointer())
                                    && p.message().equals("required field is missing"))) {
                missed.add(place.pointer().replaceAll("/[0-9]+", "/#"));
            }
        }
        assertThat(missed).isEqualTo(new TreeSet<>(REQUIRED));
    }

    @Test
    void a_null_member_counts_as_absent() throws InvalidSpecException {
        JsonObject document = Json.parseObject(Documents.everyField());
        List<String> differing = new ArrayList<>();
        for (Place place : places(document)) {
            if (!place.steps().getLast().matches("[0-9]+")
                    && !pointers(replace(document, place.steps(), new JsonNull(0, 0)))
                            .equals(pointers(replace(document, place.steps(), null)))) {
                differing.add(place.pointer());
            }
        }
        // the members of these are data: a null among them is no absent field
        differing.removeIf(pointer ->
                pointer.matches("/(annotations|linux/sysctl|linux/resources/(unified|rdma)|linux/netDevices)/[^/]+"));
        assertThat(differing).isEmpty();
    }

    @Test
    void unknown_fields_are_kept_where_they_stand() throws InvalidSpecException {
        JsonObject document = Json.parseObject(Documents.everyField());
        JsonValue strange = Json.parse("{\"a\":[1,null]}".getBytes(UTF_8));
        List<String> lost = new ArrayList<>();
        for (Place place : places(document)) {
            if (place.value() instanceof JsonObject
                    && !place.pointer()
                            .matches("/annotations|/linux/(sysctl|netDevices|timeOffsets|resources/(unified|rdma))")) {
                List<String> steps = new ArrayList<>(place.steps());
                steps.add("x-strange");
                JsonObject changed = replace(document, steps, strange);
                Spec spec = SpecReader.read(JsonWriter.compact(changed).getBytes(UTF_8))
                        .spec();
                if (!SpecDifferences.of(spec, changed, "").isEmpty()) {
                    lost.add(place.pointer());
                }
            }
        }
        assertThat(lost).isEmpty();
    }

    private record Place(List<String> steps, String pointer, JsonValue value) {}

    /** Every value of the document except the document itself and what is in the other platforms' parts. */
    private static List<Place> places(JsonObject document) {
        List<Place> places = new ArrayList<>();
        collect(document, List.of(), "", places);
        return places;
    }

    private static void collect(JsonValue value, List<String> steps, String pointer, List<Place> places) {
        if (!steps.isEmpty()) {
            places.add(new Place(steps, pointer, value));
        }
        if (pointer.matches("/(solaris|windows|vm|zos|freebsd)")) {
            return;
        }
        children(value).forEach((name, child) -> {
            List<String> deeper = new ArrayList<>(steps);
            deeper.add(name);
            collect(child, deeper, JsonPointer.child(pointer, name), places);
        });
    }

    private static Map<String, JsonValue> children(JsonValue value) {
        Map<String, JsonValue> children = new LinkedHashMap<>();
        if (value instanceof JsonObject object) {
            object.members().forEach((name, member) -> children.put(name, member.value()));
        } else if (value instanceof JsonArray array) {
            for (int i = 0; i < array.elements().size(); i++) {
                children.put(Integer.toString(i), array.elements().get(i));
            }
        }
        return children;
    }

    /** The document with another value at one place, or without that place. */
    private static JsonObject replace(JsonObject document, List<String> steps, @Nullable JsonValue by) {
        return (JsonObject) replaceIn(document, steps, by);
    }

    private static JsonValue replaceIn(JsonValue value, List<String> steps, @Nullable JsonValue by) {
        Map<String, JsonValue> children = children(value);
        String step = steps.getFirst();
        JsonValue child = children.get(step);
        JsonValue changed =
                steps.size() == 1 || child == null ? by : replaceIn(child, steps.subList(1, steps.size()), by);
        if (changed == null) {
            children.remove(step);
        } else {
            children.put(step, changed);
        }
        if (value instanceof JsonArray) {
            return JsonArray.of(List.copyOf(children.values()));
        }
        JsonObject.Builder out = JsonObject.builder();
        children.forEach(out::put);
        return out.build();
    }

    private static List<Problem> problemsOf(JsonObject document) {
        try {
            SpecReader.read(JsonWriter.compact(document).getBytes(UTF_8));
            return List.of();
        } catch (InvalidSpecException e) {
            return e.problems();
        }
    }

    private static List<String> pointers(JsonObject document) {
        return problemsOf(document).stream().map(Problem::pointer).toList();
    }
}
