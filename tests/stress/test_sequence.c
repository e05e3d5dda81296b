/* The sequences of bench/stress in words, the names, and what the model sees with. */
#include "cmocka_all.h"

#include "bench/stress/granules.h"
#include "bench/stress/operation.h"
#include "bench/stress/pattern.h"
#include "bench/stress/record.h"

#include <stdlib.h>

enum { A = 3, B = 5 };

static char *in_words(const hm_stress_operation *operation, hm_stress_fullness *slots)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    hm_stress_operation_print(stream, operation, slots);
    fclose(stream);
    return text;
}

static void expect(const hm_stress_operation *operation, hm_stress_fullness *slots,
                   const char *right)
{
    char *text = in_words(operation, slots);
    assert_string_equal(text, right);
    free(text);
}

static void test_a_sequence_says_what_is_done(void **state)
{
    static hm_stress_fullness slots;
    HM_UNUSED(state);
    hm_stress_operation operation = {
        .empty = HM_STRESS_MALLOC, .full = HM_STRESS_REALLOC, .slot = A, .bytes = 40};
    expect(&operation, &slots, "block 3: malloc of 40 bytes");
    operation.bytes = 90;
    expect(&operation, &slots, "block 3: realloc to 90 bytes");
    operation.full = HM_STRESS_FREE;
    expect(&operation, &slots, "block 3: free");
    operation = (hm_stress_operation){.empty = HM_STRESS_ALIGNED_ALLOC,
                                      .slot = B,
                                      .bytes = 64,
                                      .alignment_log = 8,
                                      .flags = HM_STRESS_USABLE};
    expect(
        &operation, &slots,
        "block 5: aligned_alloc of 64 bytes, alignment 256, filled to the end of its usable size");
    operation = (hm_stress_operation){.empty = HM_STRESS_FORK, .full = HM_STRESS_FORK, .count = 7};
    expect(&operation, &slots, "fork for the next 7 operations");
}

static void test_what_does_nothing_is_known(void **state)
{
    static hm_stress_fullness slots;
    hm_stress_operation drain = {.empty = HM_STRESS_NOTHING, .full = HM_STRESS_FREE, .slot = A};
    hm_stress_operation fill = {.empty = HM_STRESS_MALLOC, .full = HM_STRESS_NOTHING, .slot = A};
    hm_stress_operation purge = {.empty = HM_STRESS_PURGE, .full = HM_STRESS_PURGE};
    HM_UNUSED(state);
    assert_true(hm_stress_operation_idles(&drain, &slots));
    assert_false(hm_stress_operation_idles(&fill, &slots));
    assert_true(hm_stress_operation_idles(&fill, &slots));
    assert_false(hm_stress_operation_idles(&drain, &slots));
    assert_true(hm_stress_operation_idles(&drain, &slots));
    assert_false(hm_stress_operation_idles(&purge, &slots));
}

/* realloc to 0 frees with some and not with others: both are said. */
static void test_what_is_not_known_is_said_both_ways(void **state)
{
    static hm_stress_fullness slots;
    HM_UNUSED(state);
    hm_stress_operation operation = {
        .empty = HM_STRESS_MALLOC, .full = HM_STRESS_REALLOC, .slot = A, .bytes = 0};
    free(in_words(&operation, &slots));
    expect(&operation, &slots, "block 3: realloc to 0 bytes");
    expect(&operation, &slots,
           "block 3: realloc to 0 bytes if it is there, else block 3: malloc of 0 bytes");
}

static void test_a_seed_is_a_sequence_of_all_kinds(void **state)
{
    enum { MANY = 4000000 };
    hm_stress_generator first, second;
    unsigned seen[HM_STRESS_KINDS] = {0};
    bool giant = false;
    HM_UNUSED(state);
    hm_stress_generator_start(&first, 9, true);
    hm_stress_generator_start(&second, 9, true);
    for (unsigned index = 0; index < MANY; index++) {
        hm_stress_operation one = hm_stress_generator_next(&first);
        hm_stress_operation other = hm_stress_generator_next(&second);
        assert_memory_equal(&one, &other, sizeof one);
        assert_true(one.slot < HM_STRESS_SLOTS);
        seen[one.empty]++;
        seen[one.full]++;
        giant |= one.bytes >= HM_STRESS_GIANT_BYTES;
    }
    for (unsigned kind = 0; kind < HM_STRESS_KINDS; kind++)
        assert_true(seen[kind] > 0);
    assert_true(giant);
}

static void test_names(void **state)
{
    HM_UNUSED(state);
    for (unsigned one = 0; one < HM_STRESS_DEFECTS; one++) {
        assert_true(*hm_stress_defect_brief((hm_stress_defect)one) != '\0');
        for (unsigned other = 0; other < one; other++)
            assert_string_not_equal(hm_stress_defect_name((hm_stress_defect)one),
                                    hm_stress_defect_name((hm_stress_defect)other));
    }
    hm_stress_record *record = hm_stress_record_new();
    char text[96];
    record->kind = HM_STRESS_CRASH;
    record->in = HM_STRESS_IN_FREE;
    assert_string_equal(hm_stress_record_name(record, text, sizeof text), "crash in free");
    record->kind = HM_STRESS_OVERLAP;
    assert_string_equal(hm_stress_record_name(record, text, sizeof text), "overlap");
    hm_stress_record_free(record);
}

static void test_granules_see_overlaps(void **state)
{
    static char memory[256] __attribute__((aligned(64)));
    HM_UNUSED(state);
    hm_stress_granules_start();
    assert_true(hm_stress_granules_take(memory, 64, false));
    assert_false(hm_stress_granules_take(memory + 56, 16, false));
    assert_true(hm_stress_granules_drop(memory, 64, false));
    assert_true(hm_stress_granules_take(memory + 128, 1, true));
    assert_true(hm_stress_granules_drop(memory + 128, 1, true));
    assert_false(hm_stress_granules_drop(memory + 128, 1, true));
}

/* A giant block is filled and checked at few places, its last byte among them. */
static void test_patterns_see_a_lost_byte(void **state)
{
    static const size_t sizes[] = {64, 1000, 5000, 100001, HM_STRESS_GIANT_BYTES + 7};
    HM_UNUSED(state);
    for (size_t index = 0; index < HM_COUNT_OF(sizes); index++) {
        size_t bytes = sizes[index];
        unsigned char *block = calloc(1, bytes);
        assert_non_null(block);
        hm_stress_pattern_fill_sparse(block, bytes, 77);
        assert_true(hm_stress_pattern_holds_sparse(block, bytes, bytes, 77));
        assert_false(hm_stress_pattern_holds_sparse(block, bytes, bytes, 78));
        block[bytes - 1] ^= 1;
        assert_false(hm_stress_pattern_holds_sparse(block, bytes, bytes, 77));
        free(block);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sequence_says_what_is_done),
        cmocka_unit_test(test_what_does_nothing_is_known),
        cmocka_unit_test(test_what_is_not_known_is_said_both_ways),
        cmocka_unit_test(test_a_seed_is_a_sequence_of_all_kinds),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_granules_see_overlaps),
        cmocka_unit_test(test_patterns_see_a_lost_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
