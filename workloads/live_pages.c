/** The pages under a set of blocks; see live_pages.h. */
#include "workloads/live_pages.h"

#include "base/check.h"
#include "base/system_memory.h"

#include <string.h>

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

bool hm_live_pages_open(hm_live_pages *pages, size_t blocks)
{
    *pages = (hm_live_pages){.room = blocks > 0 ? blocks : 1};
    pages->spans = hm_system_map(2 * pages->room * sizeof *pages->spans);
    return pages->spans != NULL;
}

void hm_live_pages_add(hm_live_pages *pages, const void *block, size_t bytes)
{
    uintptr_t address = (uintptr_t)block;
    if (block == NULL)
        return;
    HM_CHECK(pages->count < pages->room && bytes > 0);
    pages->spans[pages->count++] =
        (hm_page_span){address / HM_LIVE_PAGE_BYTES, (address + bytes - 1) / HM_LIVE_PAGE_BYTES};
}

/* One pass of a radix sort. False: all have the same digit, and nothing was moved. */
static bool sort_by_digit(const hm_page_span *from, hm_page_span *to, size_t count, unsigned shift)
{
    size_t starts[DIGITS] = {0}, start = 0;
    for (size_t index = 0; index < count; index++)
        starts[(from[index].first >> shift) % DIGITS]++;
    if (starts[(from[0].first >> shift) % DIGITS] == count)
        return false;
    for (size_t digit = 0; digit < DIGITS; digit++) {
        size_t items = starts[digit];
        starts[digit] = start;
        start += items;
    }
    for (size_t index = 0; index < count; index++)
        to[starts[(from[index].first >> shift) % DIGITS]++] = from[index];
    return true;
}

void hm_sort_spans(hm_page_span *spans, hm_page_span *spare, size_t count)
{
    hm_page_span *from = spans, *to = spare;
    for (unsigned shift = 0; shift < 64 && count > 0; shift += DIGIT_BITS) {
        if (!sort_by_digit(from, to, count, shift))
            continue;
        hm_page_span *sorted = to;
        to = from;
        from = sorted;
    }
    if (from != spans)
        memcpy(spans, from, count * sizeof *spans);
}

uint64_t hm_live_pages_close(hm_live_pages *pages)
{
    uint64_t found = 0, next = 0; /* the first page that no span so far has reached */
    hm_sort_spans(pages->spans, pages->spans + pages->room, pages->count);
    for (size_t index = 0; index < pages->count; index++) {
        uint64_t first = pages->spans[index].first, last = pages->spans[index].last;
        if (first < next)
            first = next;
        if (last >= first) {
            found += last - first + 1;
            next = last + 1;
        }
    }
    hm_system_unmap(pages->spans, 2 * pages->room * sizeof *pages->spans);
    *pages = (hm_live_pages){0};
    return found * HM_LIVE_PAGE_BYTES;
}
