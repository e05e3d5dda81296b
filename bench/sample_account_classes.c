/* Size classes as the count saw them, joined with what the allocator tells of its own. */
#include "bench/sample_state.h"

/* The class of this usable size, made where it is new; where there is no room left, the rest. */
static hm_sample_class *class_of(hm_sample_accounts *room, uint64_t usable_bytes)
{
    for (size_t index = 0; index < room->class_count; index++) {
        if (room->classes[index].usable_bytes == usable_bytes)
            return &room->classes[index];
    }
    if (room->class_count + 1 >= HM_SAMPLE_MAX_CLASSES && usable_bytes != HM_UNKNOWN_BYTES)
        return class_of(room, HM_UNKNOWN_BYTES);
    hm_sample_class *made = &room->classes[room->class_count++];
    *made = (hm_sample_class){.usable_bytes = usable_bytes, .slots = HM_UNKNOWN_BYTES};
    return made;
}

static void take_counted(void *context, const hm_count_class *counted)
{
    hm_sample_class *found = class_of(context, counted->usable_bytes);
    found->requested_bytes += counted->requested_bytes;
    found->blocks += counted->blocks;
}

static void take_told(void *context, const hm_allocator_class *told)
{
    hm_sample_class *found = class_of(context, told->usable_bytes);
    found->slots = (found->slots == HM_UNKNOWN_BYTES ? 0 : found->slots) + told->slots;
}

static bool take_own(void *context, unsigned thread)
{
    hm_sample_state *sample = context;
    HM_UNUSED(thread);
    return sample->bound.size_classes(take_told, &sample->accounts);
}

/* Where the allocator tells of a thread's own heap, of all of them. */
static bool take_all(hm_sample_state *sample)
{
    if ((sample->bound.capabilities & HM_ALLOCATOR_THREAD_STATS) != 0)
        return hm_crew_run_in_turn(&sample->crew, take_own, sample);
    return take_own(sample, 0);
}

void hm_sample_take_classes(hm_sample_state *sample)
{
    hm_sample_accounts *room = &sample->accounts;
    const hm_allocator *bound = &sample->bound;
    room->class_count = 0;
    hm_count_visit_classes(take_counted, room);
    if (bound->size_classes == NULL || !hm_sample_sees_all_heaps(sample) || take_all(sample))
        return;
    for (size_t index = 0; index < room->class_count; index++)
        room->classes[index].slots = HM_UNKNOWN_BYTES;
}
