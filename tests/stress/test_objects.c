/* The checks of object programs (bench/stress/objects): each is shown a runtime or a collector that
 * is wrong in its way, in a process of its own, and must give it its name; a sound one gets none.
 */
#include "cmocka_all.h"

#include "bench/stress/objects/run.h"
#include "bench/stress/objects/world.h"
#include "object/runtime.h"
#include "object/weakref_layout.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { A = 1, B = 2, FINALIZES = 16, HAS_WEAK = 8, HAS_NAMES = 4, KEPT_BODY = 1 };

static const hm_allocator libc = {
    .malloc = malloc, .free = free, .realloc = realloc, .calloc = calloc, .name = "libc"};

/* What is done to the world of a sound runtime. */
typedef void (*damage)(hm_objects_world *world);

static void step(hm_objects_world *world, hm_objects_kind kind, uint8_t slot, uint8_t other,
                 uint8_t choice)
{
    hm_objects_do(world, &(hm_objects_step){.kind = kind,
                                            .slot = slot,
                                            .other = other,
                                            .third = other,
                                            .choice = choice,
                                            .detail = KEPT_BODY,
                                            .count = 5});
}

static void check(hm_objects_world *world)
{
    step(world, HM_OBJECTS_LOOK, 0, 0, 0);
}

/* What the child finds: the kind of its defect. */
static hm_stress_defect outcome(damage damaged, const hm_collector *collector)
{
    hm_stress_record *record = hm_stress_record_new();
    pid_t child = fork();
    if (child == 0) {
        hm_allocator ledger = hm_objects_ledger_decorate(&libc);
        const hm_objects_setting setting = {
            .allocator = &ledger,
            .collector = {.collector = collector, .settings = collector->defaults},
            .record = record};
        hm_objects_world *world = hm_objects_world_new(&setting, 0, 1);
        damaged(world);
        hm_objects_heap_end(world);
        hm_objects_world_free(world);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), atomic_load(&record->found) ? HM_STRESS_EXIT_DEFECT : 0);
    hm_stress_defect kind = atomic_load(&record->found) ? record->kind : HM_STRESS_SOUND;
    if (kind != HM_STRESS_SOUND)
        print_message("%s: %s\n", hm_stress_defect_name(kind), record->defect);
    hm_stress_record_free(record);
    return kind;
}

#define EXPECT(damaged, defect)                                                                    \
    assert_string_equal(hm_stress_defect_name(outcome(damaged, &hm_collector_generational)),       \
                        hm_stress_defect_name(HM_STRESS_##defect))

/* ---- a runtime that is wrong ---- */

static void all_kinds(hm_objects_world *world)
{
    for (unsigned kind = 0; kind < HM_OBJECTS_THREAD; kind++) {
        for (unsigned slot = 0; slot < HM_OBJECTS_SLOTS; slot++)
            step(world, (hm_objects_kind)kind, (uint8_t)slot,
                 (uint8_t)(slot * 7 % HM_OBJECTS_SLOTS), (uint8_t)(slot * 29));
    }
}

static void count_one_more(hm_objects_world *world)
{
    step(world, HM_OBJECTS_LIST, A, B, 0);
    hm_incref(world->slots[A]);
    check(world);
}

static void free_what_is_held(hm_objects_world *world)
{
    step(world, HM_OBJECTS_LIST, A, B, 0);
    hm_decref(world->heap, world->slots[A]);
}

static void free_what_is_referred_to(hm_objects_world *world)
{
    step(world, HM_OBJECTS_LIST, A, B, 0);
    step(world, HM_OBJECTS_CELL, B, A, 0);
    hm_object *list = world->slots[A];
    step(world, HM_OBJECTS_DROP, A, A, 0);
    hm_decref(world->heap, list);
    hm_objects_settle(world);
}

static void keep_what_is_dropped(hm_objects_world *world)
{
    step(world, HM_OBJECTS_LIST, A, B, 0);
    hm_incref(world->slots[A]);
    step(world, HM_OBJECTS_DROP, A, A, 0);
    check(world);
}

static void lose_an_item(hm_objects_world *world)
{
    step(world, HM_OBJECTS_LIST, A, B, 1);
    hm_list_clear(world->heap, world->slots[A]);
    check(world);
}

static void make_instance(hm_objects_world *world, uint8_t choice)
{
    step(world, HM_OBJECTS_INSTANCE, A, A, choice);
}

static void forget_that_it_is_finalized(hm_objects_world *world)
{
    make_instance(world, FINALIZES | HAS_WEAK);
    step(world, HM_OBJECTS_DROP, A, A, 0); /* its body puts it in slot 0 */
    world->slots[0]->collector_word &= ~HM_WORD_FINALIZED;
    step(world, HM_OBJECTS_DROP, 0, 0, 0);
}

static void pretend_that_it_is_finalized(hm_objects_world *world)
{
    make_instance(world, FINALIZES);
    world->slots[A]->collector_word |= HM_WORD_FINALIZED;
    step(world, HM_OBJECTS_DROP, A, A, 0);
}

static void finalize_what_is_held(hm_objects_world *world)
{
    make_instance(world, FINALIZES);
    hm_object_finalize(world->heap, world->slots[A]);
}

static void make_weakref(hm_objects_world *world, uint8_t choice)
{
    make_instance(world, HAS_WEAK);
    step(world, HM_OBJECTS_WEAKREF, B, A, choice);
}

static void kill_a_weakref(hm_objects_world *world)
{
    make_weakref(world, 0);
    hm_weakref_kill(world->slots[B]);
    check(world);
}

static void forget_a_weakref(hm_objects_world *world)
{
    make_weakref(world, 0);
    hm_object *referent = ((hm_weak_reference *)world->slots[B])->referent;
    hm_weakref_kill(world->slots[B]);
    ((hm_weak_reference *)world->slots[B])->referent = referent;
    step(world, HM_OBJECTS_DROP, A, A, 0);
}

static void call_nobody_back(hm_objects_world *world)
{
    make_weakref(world, 1);
    hm_weakref_kill(world->slots[B]);
    step(world, HM_OBJECTS_DROP, A, A, 0);
}

static void call_back_again(hm_objects_world *world)
{
    make_weakref(world, 1);
    hm_object *weakref = hm_incref(world->slots[B]);
    step(world, HM_OBJECTS_DROP, A, A, 0);
    hm_objects_call_back(world->heap, weakref, NULL);
}

static void untrack_a_list(hm_objects_world *world)
{
    step(world, HM_OBJECTS_LIST, A, B, 0);
    hm_untrack(world->heap, world->slots[A]);
    check(world);
}

static void free_with_another_size(hm_objects_world *world)
{
    void *block = world->heap->allocator.malloc(40);
    world->heap->allocator.free((char *)block + 16);
}

static void lose_a_block(hm_objects_world *world)
{
    assert_non_null(world->heap->allocator.malloc(40));
}

static void write_after_free(hm_objects_world *world)
{
    world->ledger.keeps = true;
    char *block = world->heap->allocator.malloc(40);
    world->heap->allocator.free(block);
    block[3] = 1;
}

static void test_each_wrong_gets_its_name(void **state)
{
    HM_UNUSED(state);
    EXPECT(count_one_more, COUNT_WRONG);
    EXPECT(free_what_is_held, FREED_EARLY);
    EXPECT(free_what_is_referred_to, FREED_EARLY);
    EXPECT(keep_what_is_dropped, LEAKED_BY_COUNT);
    EXPECT(lose_an_item, CONTENTS);
    EXPECT(forget_that_it_is_finalized, FINALIZED_TWICE);
    EXPECT(pretend_that_it_is_finalized, NOT_FINALIZED);
    EXPECT(finalize_what_is_held, FINALIZED_EARLY);
    EXPECT(kill_a_weakref, WEAKREF_EARLY);
    EXPECT(forget_a_weakref, WEAKREF_OUTLIVES);
    EXPECT(call_nobody_back, CALL_MISSED);
    EXPECT(call_back_again, CALLED_TWICE);
    EXPECT(untrack_a_list, UNTRACKED);
    EXPECT(free_with_another_size, WRONG_FREE);
    EXPECT(write_after_free, WRITTEN_AFTER);
    EXPECT(lose_a_block, HEAP_INVALID);
    assert_int_equal(outcome(lose_a_block, &hm_collector_none), HM_STRESS_HEAP_LEFT);
}

static void test_nothing_is_wrong_with_any_collector(void **state)
{
    size_t count;
    const hm_collector *const *collectors = hm_collectors(&count);
    HM_UNUSED(state);
    for (size_t index = 0; index < count; index++)
        assert_int_equal(outcome(all_kinds, collectors[index]), HM_STRESS_SOUND);
}

/* ---- collectors that are wrong ---- */

static int64_t collect_nothing(hm_heap *heap, int generation)
{
    HM_UNUSED(heap);
    HM_UNUSED(generation);
    return 0;
}

/* Takes the program's list apart as if it were garbage. */
static int64_t free_a_list(hm_heap *heap, int generation)
{
    hm_object *list = hm_objects_now->slots[A];
    if (list != NULL && hm_is(list, &hm_list_type) && hm_list_length(list) > 0)
        list->type->clear(heap, list);
    return hm_collector_generational.collect(heap, generation);
}

static int64_t collect_one_more(hm_heap *heap, int generation)
{
    int into = generation + 1 < HM_GENERATIONS ? generation + 1 : generation;
    hm_collector_generational.collect(heap, generation);
    return hm_collector_generational.collect(heap, into);
}

static void freeze_nothing(hm_heap *heap)
{
    HM_UNUSED(heap);
}

static void never_step(hm_heap *heap)
{
    HM_UNUSED(heap);
}

static void ring_and_collect(hm_objects_world *world)
{
    step(world, HM_OBJECTS_LIST, A, B, 0);
    step(world, HM_OBJECTS_CELL, B, A, 0);
    step(world, HM_OBJECTS_STORE, A, B, 1);
    step(world, HM_OBJECTS_COLLECT, A, A, 0);
    step(world, HM_OBJECTS_RING, 3, 3, 0);
    step(world, HM_OBJECTS_DROP, 3, 3, 0);
    step(world, HM_OBJECTS_COLLECT, 3, 3, 2);
    check(world);
}

static void freeze(hm_objects_world *world)
{
    step(world, HM_OBJECTS_FREEZE, A, A, 1);
}

static void make_many(hm_objects_world *world)
{
    for (unsigned count = 0; count < 3000; count++)
        step(world, HM_OBJECTS_LIST, (uint8_t)(count % HM_OBJECTS_SLOTS), A, 1);
    step(world, HM_OBJECTS_CHAIN, A, A, 3);
    for (unsigned count = 0; count < 600; count++)
        step(world, HM_OBJECTS_CHAIN, (uint8_t)(count % HM_OBJECTS_SLOTS), A, 3);
}

static void test_each_wrong_collector_gets_its_name(void **state)
{
    hm_collector wrong = hm_collector_generational;
    HM_UNUSED(state);
    wrong.collect = collect_nothing;
    assert_int_equal(outcome(ring_and_collect, &wrong), HM_STRESS_UNCOLLECTED);
    wrong.capabilities &= ~(uint32_t)HM_COLLECTOR_CPYTHON;
    wrong.collect = free_a_list;
    assert_int_equal(outcome(ring_and_collect, &wrong), HM_STRESS_COUNT_WRONG);
    wrong = hm_collector_generational;
    wrong.collect = collect_one_more;
    assert_int_equal(outcome(ring_and_collect, &wrong), HM_STRESS_PROMOTED);
    wrong = hm_collector_generational;
    wrong.freeze = freeze_nothing;
    assert_int_equal(outcome(freeze, &wrong), HM_STRESS_HEAP_INVALID);
    wrong = hm_collector_generational;
    wrong.step = never_step;
    wrong.defaults.thresholds[0] = 100;
    assert_int_equal(outcome(make_many, &wrong), HM_STRESS_UNCOLLECTED);
    wrong = hm_collector_off; /* says that it collects */
    wrong.capabilities |= HM_COLLECTOR_COLLECTS;
    wrong.collect = hm_collector_generational.collect;
    wrong.counts = hm_collector_generational.counts;
    wrong.collect = collect_nothing;
    assert_int_equal(outcome(ring_and_collect, &wrong), HM_STRESS_UNCOLLECTED);
}

/* ---- the programs ---- */

static void test_a_seed_is_a_program_of_every_operation(void **state)
{
    hm_stress_generator first, second;
    bool met[HM_OBJECTS_KINDS] = {false};
    HM_UNUSED(state);
    hm_stress_generator_start(&first, 5, false);
    hm_stress_generator_start(&second, 5, false);
    for (unsigned count = 0; count < 100000; count++) {
        hm_stress_operation one = hm_objects_generate(&first), other = hm_objects_generate(&second);
        assert_memory_equal(&one, &other, sizeof one);
        hm_objects_step unpacked = hm_objects_unpack(&one);
        assert_true(unpacked.slot < HM_OBJECTS_SLOTS && unpacked.other < HM_OBJECTS_SLOTS);
        met[unpacked.kind] = true;
    }
    for (unsigned kind = 0; kind < HM_OBJECTS_KINDS; kind++)
        assert_true(met[kind]);
}

static void test_a_program_is_told_in_words(void **state)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    HM_UNUSED(state);
    assert_non_null(stream);
    hm_objects_print(stream, &(hm_stress_operation){.full = HM_OBJECTS_WEAKREF,
                                                    .slot = 3,
                                                    .bytes = 4 | 5 << 8,
                                                    .alignment_log = 1});
    fclose(stream);
    assert_string_equal(text, "slot 3: a weak reference to what slot 4 holds, kind 1; one that "
                              "calls calls the function in slot 5");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_wrong_gets_its_name),
        cmocka_unit_test(test_nothing_is_wrong_with_any_collector),
        cmocka_unit_test(test_each_wrong_collector_gets_its_name),
        cmocka_unit_test(test_a_seed_is_a_program_of_every_operation),
        cmocka_unit_test(test_a_program_is_told_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
