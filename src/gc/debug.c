/**
 * This module is what a collection says under the debug flags (gc.set_debug), in lines that people
 * know from CPython; only the elapsed time is missing, since the runtime knows no clock.
 */
#include "gc/gc.h"
#include "gc/generational.h"

#include <inttypes.h>

static FILE *stream_of(const hm_heap *heap)
{
    return heap->gc.debug_stream == NULL ? stderr : heap->gc.debug_stream;
}

void hm_gc_report_begin(hm_heap *heap, int generation)
{
    if (!(heap->gc.debug & HM_GC_DEBUG_STATS))
        return;
    const hm_generational *state = hm_generational_of(heap);
    FILE *stream = stream_of(heap);
    fprintf(stream, "gc: collecting generation %d...\n", generation);
    fputs("gc: objects in each generation:", stream);
    for (int index = 0; index < HM_GENERATIONS; index++)
        fprintf(stream, " %" PRIu64, hm_gc_list_length(state->generations[index].objects));
    fprintf(stream, "\ngc: objects in permanent generation: %" PRIu64 "\n",
            hm_gc_list_length(&state->permanent));
}

void hm_gc_report_each(hm_heap *heap, uint32_t flag, const hm_gc_link *list)
{
    if (!(heap->gc.debug & flag))
        return;
    const char *word = flag == HM_GC_DEBUG_COLLECTABLE ? "collectable" : "uncollectable";
    for (hm_gc_link *link = list->next; link != list; link = link->next) {
        hm_object *object = hm_gc_object_of(link);
        fprintf(stream_of(heap), "gc: %s <%s %p>\n", word, object->type->name, (void *)object);
    }
}

void hm_gc_report_end(hm_heap *heap, const hm_collection_counts *did)
{
    if (heap->gc.debug & HM_GC_DEBUG_STATS)
        fprintf(stream_of(heap), "gc: done, %" PRIu64 " unreachable, %" PRIu64 " uncollectable\n",
                did->collected + did->uncollectable, did->uncollectable);
}
