#include "allocators/pool/arena.h"

#include "allocators/pool/backing.h"
#include "allocators/pool/lock.h"
#include "allocators/pool/metadata.h"
#include "allocators/pool/options.h"
#include "base/check.h"
#include "base/system_memory.h"

#include <string.h>
#include <sys/mman.h>

pthread_mutex_t hm_pool_mutex = PTHREAD_MUTEX_INITIALIZER;

/* Arenas by their number of free pages, and which of these lists are not empty (bit n − 1). */
static hm_pool_arena *by_free_pages[HM_POOL_ARENA_PAGES + 1];
static hm_pool_page_set lists_in_use;
static hm_pool_arena *oldest_spare; /* the last of its list */
static hm_pool_arena *unused_records;
static unsigned arena_count;
static unsigned spare_count;
static uint64_t events;

/* ---- sets of pages ---- */

static hm_pool_page_set pages_from(unsigned first, unsigned count)
{
    hm_pool_page_set all = ~(hm_pool_page_set)0;
    return (count == HM_POOL_ARENA_PAGES ? all : ~(all << count)) << first;
}

static unsigned first_in(hm_pool_page_set set)
{
    uint64_t low = (uint64_t)set;
    return low != 0 ? (unsigned)__builtin_ctzl(low)
                    : 64u + (unsigned)__builtin_ctzl((uint64_t)(set >> 64));
}

static unsigned count_of(hm_pool_page_set set)
{
    return (unsigned)(__builtin_popcountl((uint64_t)set) +
                      __builtin_popcountl((uint64_t)(set >> 64)));
}

/* The pages at which `length` pages of `set` in a row begin, by doubling the length known. */
static hm_pool_page_set starts_of_runs(hm_pool_page_set set, unsigned length)
{
    for (unsigned known = 1; known < length;) {
        unsigned step = known < length - known ? known : length - known;
        set &= set >> step;
        known += step;
    }
    return set;
}

static hm_pool_page_set multiples_of(unsigned alignment_pages)
{
    hm_pool_page_set set = 0;
    if (alignment_pages == 1)
        return ~set;
    for (unsigned page = 0; page < HM_POOL_ARENA_PAGES; page += alignment_pages)
        set |= (hm_pool_page_set)1 << page;
    return set;
}

/* ---- lists by free pages ---- */

static hm_pool_page_set list_bit(unsigned free_pages)
{
    return free_pages == 0 ? 0 : (hm_pool_page_set)1 << (free_pages - 1);
}

static void list_enter(hm_pool_arena *arena)
{
    hm_pool_arena **head = &by_free_pages[arena->free_pages];
    arena->previous = NULL;
    arena->next = *head;
    if (*head != NULL)
        (*head)->previous = arena;
    *head = arena;
    lists_in_use |= list_bit(arena->free_pages);
    if (arena->free_pages != HM_POOL_ARENA_PAGES)
        return;
    spare_count++;
    arena->emptied_at = events;
    if (arena->next == NULL)
        oldest_spare = arena;
}

static void list_leave(hm_pool_arena *arena)
{
    hm_pool_arena **head = &by_free_pages[arena->free_pages];
    if (arena->previous != NULL)
        arena->previous->next = arena->next;
    else
        *head = arena->next;
    if (arena->next != NULL)
        arena->next->previous = arena->previous;
    if (*head == NULL)
        lists_in_use &= ~list_bit(arena->free_pages);
    if (arena->free_pages != HM_POOL_ARENA_PAGES)
        return;
    spare_count--;
    if (oldest_spare == arena)
        oldest_spare = arena->previous;
}

/* ---- arenas ---- */

static hm_pool_arena *take_record(void)
{
    hm_pool_arena *arena = unused_records;
    if (arena == NULL)
        return hm_pool_metadata_allocate(sizeof *arena);
    unused_records = arena->next;
    return arena;
}

static void drop_record(hm_pool_arena *arena)
{
    arena->next = unused_records;
    unused_records = arena;
}

/* Whether an arena of small pages is slabs alone, which have touched all of them: to collapse it
   then makes nothing more resident, and no slab's record has to be told. */
static bool is_worth_collapsing(const hm_pool_arena *arena)
{
    if (arena->backed_pages != 0 || arena->collapse_tried)
        return false;
    for (unsigned page = 0; page < HM_POOL_ARENA_PAGES;) {
        const hm_pool_slab *run = &arena->runs[arena->run_of_page[page]];
        if (run->kind != HM_POOL_RUN_SLAB || !hm_pool_slab_is_touched(run))
            return false;
        page += run->pages;
    }
    return true;
}

/* A few of the arenas that are full, at each growth: the first of them lie where most is used. */
static void collapse_some(void)
{
    unsigned left = HM_POOL_COLLAPSES_AN_ARENA;
    for (hm_pool_arena *arena = by_free_pages[0]; arena != NULL && left > 0; arena = arena->next) {
        if (!is_worth_collapsing(arena))
            continue;
        arena->collapse_tried = true;
        left--;
        if (hm_pool_collapse_arena(arena->base))
            arena->backed_pages = ~(hm_pool_page_set)0;
    }
}

bool hm_pool_arena_add(void)
{
    hm_pool_arena *arena = take_record();
    if (arena == NULL)
        return false;
    arena->base = hm_pool_window_map(arena);
    if (arena->base == NULL) {
        drop_record(arena);
        return false;
    }
    bool backed = hm_pool_back_arena(arena->base, arena_count);
    arena->backed_pages = backed ? ~(hm_pool_page_set)0 : 0;
    arena->used_pages = arena->touched_pages = 0;
    arena->collapse_tried = false;
    arena->free_pages = HM_POOL_ARENA_PAGES;
    list_enter(arena);
    arena_count++;
    if (backed)
        collapse_some();
    return true;
}

static void unmap_arena(hm_pool_arena *arena)
{
    list_leave(arena);
    hm_pool_window_unmap(arena->base);
    drop_record(arena);
    arena_count--;
}

static void unmap_old(void)
{
    uint64_t retain_events = hm_pool_options_get()->retain_events;
    while (oldest_spare != NULL && events - oldest_spare->emptied_at >= retain_events)
        unmap_arena(oldest_spare);
}

uint64_t hm_pool_events(void)
{
    return events;
}

void hm_pool_count_events(unsigned count)
{
    events += count;
    unmap_old();
}

void hm_pool_arenas_age(void)
{
    hm_pool_count_events(HM_POOL_EVENTS_OF_WORK);
}

/* Changes which pages are taken; all that follows from it is brought up to date here. */
static void set_used_pages(hm_pool_arena *arena, hm_pool_page_set used_pages)
{
    events++;
    list_leave(arena);
    arena->used_pages = used_pages;
    arena->free_pages = HM_POOL_ARENA_PAGES - count_of(used_pages);
    list_enter(arena);
    unmap_old();
}

/* ---- runs ---- */

static hm_pool_arena *arena_of(const hm_pool_slab *run)
{
    return hm_pool_window_arena(run->base);
}

static unsigned page_of(const hm_pool_arena *arena, const hm_pool_slab *run)
{
    return (unsigned)((size_t)(run->base - arena->base) >> HM_POOL_PAGE_SHIFT);
}

static uint8_t *bins_of_pages(const hm_pool_slab *run)
{
    return &hm_pool_bin_of_page[hm_pool_window_offset(run->base) >> HM_POOL_PAGE_SHIFT];
}

static hm_pool_slab *take_from(hm_pool_arena *arena, unsigned first, unsigned pages, bool *fresh)
{
    hm_pool_page_set taken = pages_from(first, pages);
    hm_pool_slab *run = hm_pool_arena_run(arena, first);
    memset(&arena->run_of_page[first], (int)hm_pool_run_number(first), pages);
    run->base = arena->base + ((size_t)first << HM_POOL_PAGE_SHIFT);
    run->pages = (uint8_t)pages;
    *fresh = (arena->touched_pages & taken) == 0;
    set_used_pages(arena, arena->used_pages | taken);
    return run;
}

hm_pool_slab *hm_pool_run_take(unsigned pages, unsigned alignment_pages, bool *fresh)
{
    hm_pool_page_set aligned = multiples_of(alignment_pages);
    hm_pool_page_set lists = lists_in_use >> (pages - 1) << (pages - 1);
    for (; lists != 0; lists &= lists - 1) {
        hm_pool_arena *arena = by_free_pages[first_in(lists) + 1];
        for (; arena != NULL; arena = arena->next) {
            hm_pool_page_set starts = starts_of_runs(~arena->used_pages, pages) & aligned;
            if (starts != 0)
                return take_from(arena, first_in(starts), pages, fresh);
        }
    }
    return NULL;
}

bool hm_pool_run_is_backed(const hm_pool_slab *run)
{
    hm_pool_arena *arena = arena_of(run);
    return (arena->backed_pages & pages_from(page_of(arena, run), run->pages)) != 0;
}

void hm_pool_run_return(hm_pool_slab *run, unsigned touched)
{
    hm_pool_arena *arena = arena_of(run);
    unsigned first = page_of(arena, run);
    run->kind = HM_POOL_RUN_FREE;
    run->owner = NULL;
    memset(bins_of_pages(run), 0, run->pages);
    if (touched != 0)
        arena->touched_pages |= pages_from(first, touched);
    set_used_pages(arena, arena->used_pages & ~pages_from(first, run->pages));
}

void hm_pool_run_serves(hm_pool_slab *run, unsigned bin_number)
{
    memset(bins_of_pages(run), (int)bin_number, run->pages);
}

bool hm_pool_run_extend(hm_pool_slab *run, unsigned pages)
{
    hm_pool_arena *arena = arena_of(run);
    unsigned first = page_of(arena, run);
    if (first + pages > HM_POOL_ARENA_PAGES)
        return false;
    hm_pool_page_set more = pages_from(first, pages) & ~pages_from(first, run->pages);
    if ((arena->used_pages & more) != 0)
        return false;
    memset(&arena->run_of_page[first], (int)hm_pool_run_number(first), pages);
    run->pages = (uint8_t)pages;
    set_used_pages(arena, arena->used_pages | more);
    return true;
}

void hm_pool_run_shrink(hm_pool_slab *run, unsigned pages)
{
    hm_pool_arena *arena = arena_of(run);
    unsigned first = page_of(arena, run);
    hm_pool_page_set less = pages_from(first, run->pages) & ~pages_from(first, pages);
    run->pages = (uint8_t)pages;
    arena->touched_pages |= less;
    set_used_pages(arena, arena->used_pages & ~less);
}

/* ---- the whole ---- */

static hm_pool_page_set dirty_pages(const hm_pool_arena *arena)
{
    return (arena->touched_pages | arena->backed_pages) & ~arena->used_pages;
}

/* The kernel has taken them back; those it gives next are small ones. */
static void forget_pages(hm_pool_arena *arena, hm_pool_page_set pages)
{
    arena->touched_pages &= ~pages;
    arena->backed_pages &= ~pages;
}

static void purge_free_pages(void *context, hm_pool_arena *arena)
{
    HM_UNUSED(context);
    hm_pool_page_set dirty = dirty_pages(arena);
    while (dirty != 0) {
        unsigned first = first_in(dirty);
        unsigned count = 1;
        while (first + count < HM_POOL_ARENA_PAGES && (dirty >> (first + count) & 1) != 0)
            count++;
        hm_pool_page_set run = pages_from(first, count);
        if (madvise(arena->base + ((size_t)first << HM_POOL_PAGE_SHIFT),
                    (size_t)count << HM_POOL_PAGE_SHIFT, MADV_DONTNEED) == 0)
            forget_pages(arena, run);
        dirty &= ~run;
    }
}

void hm_pool_arenas_purge(void)
{
    while (oldest_spare != NULL)
        unmap_arena(oldest_spare);
    hm_pool_arenas_visit(purge_free_pages, NULL);
}

void hm_pool_arenas_visit(void (*visit)(void *context, hm_pool_arena *arena), void *context)
{
    for (unsigned free_pages = 0; free_pages <= HM_POOL_ARENA_PAGES; free_pages++) {
        for (hm_pool_arena *arena = by_free_pages[free_pages]; arena != NULL; arena = arena->next)
            visit(context, arena);
    }
}

unsigned hm_pool_arena_count(void)
{
    return arena_count;
}

unsigned hm_pool_arena_spare_count(void)
{
    return spare_count;
}

unsigned hm_pool_arena_dirty_pages(const hm_pool_arena *arena)
{
    return count_of(dirty_pages(arena));
}

/* Walks the taken runs from page to page; what they cover must be what the set says. */
static const char *check_runs(hm_pool_arena *arena)
{
    hm_pool_page_set covered = 0;
    for (unsigned page = 0; page < HM_POOL_ARENA_PAGES;) {
        hm_pool_slab *run = hm_pool_arena_run(arena, page);
        if ((arena->used_pages >> page & 1) == 0) {
            page++;
            continue;
        }
        if (run->kind == HM_POOL_RUN_FREE || run->pages == 0)
            return "a taken run is marked free";
        if (run->base != arena->base + ((size_t)page << HM_POOL_PAGE_SHIFT))
            return "a run's base is not its first page";
        for (unsigned index = 0; index < run->pages; index++) {
            if (page + index >= HM_POOL_ARENA_PAGES ||
                arena->run_of_page[page + index] != hm_pool_run_number(page))
                return "a page does not point to its run";
        }
        covered |= pages_from(page, run->pages);
        page += run->pages;
    }
    return covered == arena->used_pages ? NULL : "the taken pages are not those of the runs";
}

const char *hm_pool_arena_check(hm_pool_arena *arena)
{
    if (hm_pool_window_arena(arena->base) != arena)
        return "an arena is not in the window";
    if (arena->free_pages != HM_POOL_ARENA_PAGES - count_of(arena->used_pages))
        return "an arena's number of free pages is wrong";
    if (arena->free_pages != 0 && (lists_in_use & list_bit(arena->free_pages)) == 0)
        return "an arena's list is marked empty";
    return check_runs(arena);
}
