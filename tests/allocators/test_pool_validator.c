/**
 * These tests are about the pool's own check: each invariant it walks over is broken by hand, one
 * at a time, and must be named; put right again, the pool is whole.
 */
#include "cmocka_all.h"

#include "allocators/pool/local_pool.h"
#include "pool_table.h"

#include <string.h>

enum { BLOCK_BYTES = 768, BLOCKS = 200, CAPACITY = 64 * 1024 / BLOCK_BYTES };

/* Bytes that are put in another's place for a while. */
typedef struct wrong_bytes {
    void *place;
    unsigned char right[16];
    size_t bytes;
} wrong_bytes;

static wrong_bytes spoil(void *place, const void *wrong, size_t bytes)
{
    wrong_bytes kept = {.place = place, .bytes = bytes};
    assert_true(bytes <= sizeof kept.right);
    memcpy(kept.right, place, bytes);
    memcpy(place, wrong, bytes);
    return kept;
}

static void assert_whole(void)
{
    const char *defect = hm_pool_check();
    if (defect != NULL)
        fail_msg("%s", defect);
}

/* The check says `defect`; what was spoilt is put right, and it says nothing. */
static void assert_named(const char *defect, wrong_bytes *spoilt, unsigned count)
{
    const char *found = hm_pool_check();
    for (unsigned index = 0; index < count; index++)
        memcpy(spoilt[index].place, spoilt[index].right, spoilt[index].bytes);
    if (found == NULL)
        fail_msg("not found: %s", defect);
    assert_string_equal(found, defect);
    assert_whole();
}

#define SPOIL(place, type, value) spoil(&(place), &(type){(value)}, sizeof(type))
#define ASSERT_NAMED(defect, ...)                                                                  \
    assert_named(defect, (wrong_bytes[]){__VA_ARGS__},                                             \
                 sizeof((wrong_bytes[]){__VA_ARGS__}) / sizeof(wrong_bytes))

/* ---- what there is to spoil ---- */

/* Two slabs of one class with a block out each, on one shelf, and no block in a cache. */
typedef struct shelf_of_two {
    void *blocks[2];
    hm_pool_bin *bin;
    hm_pool_slab *first, *second;
    unsigned shelf;
} shelf_of_two;

static hm_pool_slab *slab_of(void *block)
{
    return hm_pool_run_of(hm_pool_window_arena(block), block);
}

static shelf_of_two start_shelf(void)
{
    void *blocks[BLOCKS];
    shelf_of_two made = {.bin =
                             hm_pool_local_bin(hm_pool_local_get(), hm_pool_class_of(BLOCK_BYTES))};
    for (unsigned index = 0; index < BLOCKS; index++)
        blocks[index] = hm_pool_malloc(BLOCK_BYTES);
    made.blocks[0] = blocks[0];
    for (unsigned index = 1; index < BLOCKS; index++) {
        if (made.blocks[1] == NULL && slab_of(blocks[index]) != slab_of(blocks[0]))
            made.blocks[1] = blocks[index];
        else
            hm_pool_free(blocks[index]);
    }
    assert_non_null(made.blocks[1]);
    hm_pool_local_settle();
    made.shelf = slab_of(blocks[0])->shelf;
    made.first = made.bin->rack->shelves[made.shelf];
    assert_non_null(made.first);
    made.second = made.first->next;
    assert_non_null(made.second);
    assert_int_equal(made.first->capacity, CAPACITY);
    assert_int_equal(hm_pool_slab_free_count(made.first), CAPACITY - 1);
    assert_ptr_equal(made.bin->top, made.bin->floor);
    assert_whole();
    return made;
}

static void end_shelf(shelf_of_two *made)
{
    hm_pool_free(made->blocks[0]);
    hm_pool_free(made->blocks[1]);
    hm_pool_purge();
    assert_whole();
}

static bool is_taken(const hm_pool_arena *arena, unsigned page)
{
    return (arena->used_pages >> page & 1) != 0;
}

static unsigned first_page(const hm_pool_arena *arena, const hm_pool_slab *run)
{
    return (unsigned)((size_t)(run->base - arena->base) >> HM_POOL_PAGE_SHIFT);
}

/* A run with a free page behind it. */
static hm_pool_slab *run_before_room(hm_pool_arena *arena)
{
    for (unsigned page = 0; page < HM_POOL_ARENA_PAGES;) {
        hm_pool_slab *run = hm_pool_arena_run(arena, page);
        unsigned pages = is_taken(arena, page) ? run->pages : 1;
        if (is_taken(arena, page) && page + pages < HM_POOL_ARENA_PAGES &&
            !is_taken(arena, page + pages))
            return run;
        page += pages;
    }
    return NULL;
}

/* ---- slabs and shelves ---- */

static void test_a_slab(void **state)
{
    HM_UNUSED(state);
    shelf_of_two made = start_shelf();
    hm_pool_slab *slab = made.first;
    uint64_t last_word = slab->free_bits[1], beyond = (uint64_t)1 << CAPACITY % 64;
    ASSERT_NAMED("a slab's record is damaged", SPOIL(slab->free_bits, uint64_t *, NULL));
    ASSERT_NAMED("a slab's record is damaged", SPOIL(slab->kind, uint8_t, HM_POOL_RUN_LARGE));
    ASSERT_NAMED("a slab's word of free blocks is marked wrongly",
                 SPOIL(slab->some_free, uint64_t, slab->some_free ^ 1));
    ASSERT_NAMED("a slab's free blocks are not as many as it says",
                 SPOIL(slab->free_count, uint16_t, CAPACITY - 2));
    ASSERT_NAMED("a slab's free blocks are not as many as it says",
                 SPOIL(slab->free_bits[1], uint64_t, last_word & (last_word - 1)));
    ASSERT_NAMED("a slab has a free block beyond its last",
                 SPOIL(slab->free_bits[1], uint64_t, last_word | beyond),
                 SPOIL(slab->free_count, uint16_t, CAPACITY));
    end_shelf(&made);
}

static void test_a_shelf(void **state)
{
    HM_UNUSED(state);
    shelf_of_two made = start_shelf();
    hm_pool_slab *slab = made.first;
    hm_pool_rack *rack = made.bin->rack;
    uint8_t other_shelf = (uint8_t)(made.shelf - 1);
    ASSERT_NAMED("a shelf is marked wrongly", SPOIL(rack->in_use, uint32_t, 0));
    ASSERT_NAMED("a shelf is marked wrongly",
                 SPOIL(rack->in_use, uint32_t, rack->in_use | 1u << other_shelf));
    ASSERT_NAMED("a slab is in another bin than its own",
                 SPOIL(slab->owner, hm_pool_local *, &hm_pool_no_local));
    ASSERT_NAMED("a slab is in another bin than its own",
                 SPOIL(slab->class_index, uint8_t, (uint8_t)(slab->class_index + 1)));
    ASSERT_NAMED("a slab is on another shelf than its own",
                 SPOIL(slab->shelf, uint8_t, other_shelf));
    ASSERT_NAMED("a slab's shelf has other bounds than it notes",
                 SPOIL(slab->shelf_low, uint16_t, CAPACITY));
    ASSERT_NAMED("a slab's shelf has other bounds than it notes",
                 SPOIL(slab->shelf_high, uint16_t, 1));
    ASSERT_NAMED("a shelf is broken", SPOIL(made.second->previous, hm_pool_slab *, NULL));
    end_shelf(&made);
}

/** What a fork left of another thread may be half changed and is not looked at. */
static void test_a_retired_local_pool_is_left_alone(void **state)
{
    HM_UNUSED(state);
    shelf_of_two made = start_shelf();
    hm_pool_local *local = hm_pool_local_get();
    wrong_bytes retired = SPOIL(local->state, hm_pool_local_state, HM_POOL_LOCAL_RETIRED);
    wrong_bytes broken = SPOIL(made.second->previous, hm_pool_slab *, NULL);
    const char *defect = hm_pool_check();
    memcpy(retired.place, retired.right, retired.bytes);
    const char *defect_of_live = hm_pool_check();
    memcpy(broken.place, broken.right, broken.bytes);
    assert_null(defect);
    assert_non_null(defect_of_live);
    end_shelf(&made);
}

/* ---- caches ---- */

/* A block that the cache, which is empty, would hold. */
static void assert_refused_in_cache(hm_pool_bin *bin, void *block, const char *defect)
{
    assert_named(defect,
                 (wrong_bytes[]){SPOIL(*bin->floor, void *, block),
                                 SPOIL(bin->top, void **, bin->floor + 1)},
                 2);
}

static void test_a_cache(void **state)
{
    HM_UNUSED(state);
    shelf_of_two made = start_shelf();
    void *other = hm_pool_malloc(64);
    hm_pool_bin *bin = made.bin;
    const hm_pool_slab *slab = made.first;
    unsigned word = (unsigned)__builtin_ctzll(slab->some_free);
    unsigned number = 64 * word + (unsigned)__builtin_ctzll(slab->free_bits[word]);
    ASSERT_NAMED("a cache's top lies outside it", SPOIL(bin->top, void **, bin->floor - 1));
    ASSERT_NAMED("a cache's top lies outside it", SPOIL(bin->top, void **, bin->ceiling + 1));
    assert_refused_in_cache(bin, &made, "a cached block lies in no arena");
    assert_refused_in_cache(bin, other, "a cached block is of another class");
    assert_refused_in_cache(bin, (char *)made.blocks[0] + 16,
                            "a cached block lies off its slab's grid");
    assert_refused_in_cache(bin, slab->base + (size_t)number * BLOCK_BYTES,
                            "a cached block is free in its slab as well");
    hm_pool_free(other);
    end_shelf(&made);
}

/* ---- arenas ---- */

static void test_an_arena(void **state)
{
    HM_UNUSED(state);
    shelf_of_two made = start_shelf();
    hm_pool_arena *arena = hm_pool_window_arena(made.blocks[0]);
    assert_int_equal(hm_pool_arena_count(), 1);
    size_t slot = hm_pool_window_offset(arena->base) >> HM_POOL_ARENA_SHIFT;
    ASSERT_NAMED("an arena is not in the window",
                 SPOIL(hm_pool_arenas[slot], hm_pool_arena *, NULL));
    ASSERT_NAMED("an arena's number of free pages is wrong",
                 SPOIL(arena->free_pages, unsigned, arena->free_pages + 1));
    unsigned room = 0;
    while (is_taken(arena, room))
        room++;
    ASSERT_NAMED("an arena's list is marked empty",
                 SPOIL(arena->free_pages, unsigned, arena->free_pages - 1),
                 SPOIL(arena->used_pages, hm_pool_page_set,
                       arena->used_pages | (hm_pool_page_set)1 << room));
    end_shelf(&made);
}

static void test_a_run(void **state)
{
    HM_UNUSED(state);
    shelf_of_two made = start_shelf();
    hm_pool_arena *arena = hm_pool_window_arena(made.blocks[0]);
    hm_pool_slab *run = run_before_room(arena);
    assert_non_null(run);
    unsigned page = first_page(arena, run), behind = page + run->pages;
    uint8_t number = (uint8_t)hm_pool_run_number(page);
    ASSERT_NAMED("a taken run is marked free", SPOIL(run->kind, uint8_t, HM_POOL_RUN_FREE));
    ASSERT_NAMED("a taken run is marked free", SPOIL(run->pages, uint8_t, 0));
    ASSERT_NAMED("a run's base is not its first page", SPOIL(run->base, char *, run->base + 16));
    ASSERT_NAMED("a page does not point to its run",
                 SPOIL(arena->run_of_page[page], uint8_t, (uint8_t)(number ^ 1)));
    ASSERT_NAMED("the taken pages are not those of the runs",
                 SPOIL(run->pages, uint8_t, (uint8_t)(run->pages + 1)),
                 SPOIL(arena->run_of_page[behind], uint8_t, number));
    end_shelf(&made);
}

/** Full arenas are on one list; cut behind its first, it has fewer than are counted. */
static void test_an_arena_that_no_list_holds(void **state)
{
    HM_UNUSED(state);
    enum { LARGE_BYTES = HM_POOL_RUN_PAGES_MAX * HM_POOL_PAGE_BYTES, HALVES = 4 };
    void *halves[HALVES];
    hm_pool_arena *first = NULL;
    for (unsigned index = 0; index < HALVES; index++)
        halves[index] = hm_pool_malloc(LARGE_BYTES);
    for (unsigned index = 0; index < HALVES; index++) {
        hm_pool_arena *arena = hm_pool_window_arena(halves[index]);
        assert_non_null(arena);
        assert_int_equal(arena->free_pages, 0);
        if (arena->previous == NULL)
            first = arena;
    }
    assert_non_null(first);
    assert_non_null(first->next);
    ASSERT_NAMED("the lists do not hold all arenas", SPOIL(first->next, hm_pool_arena *, NULL));
    for (unsigned index = 0; index < HALVES; index++)
        hm_pool_free(halves[index]);
    hm_pool_purge();
    assert_whole();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_slab),
        cmocka_unit_test(test_a_shelf),
        cmocka_unit_test(test_a_retired_local_pool_is_left_alone),
        cmocka_unit_test(test_a_cache),
        cmocka_unit_test(test_an_arena),
        cmocka_unit_test(test_a_run),
        cmocka_unit_test(test_an_arena_that_no_list_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
