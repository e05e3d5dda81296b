#include "bench/stress/shrink.h"

#include "bench/measure/clock.h"
#include "bench/stress/objects/operation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* HANG_PATIENCE_S: every try that fails alike takes as long. */
enum { MOST_OPERATIONS = 10 * 1000 * 1000, HANG_PATIENCE_S = 2 };

typedef struct shrink_state {
    hm_stress_trial trial;
    hm_stress_record *record; /* of the last try */
    hm_stress_defect kind;
    hm_stress_operation *kept, *tried;
    size_t count;
    uint64_t deadline_ns;
    bool hangs; /* what fails alike takes long, what does not is quick */
} shrink_state;

static bool in_time(const shrink_state *shrinking)
{
    return hm_clock_wall_ns() < shrinking->deadline_ns;
}

static void start(shrink_state *shrinking, const hm_stress_trial *trial,
                  const hm_stress_record *record, hm_stress_record *tries, unsigned seconds)
{
    bool hangs = record->kind == HM_STRESS_HANG || record->kind == HM_STRESS_CHILD_HANG ||
                 record->kind == HM_STRESS_HANG_AT_EXIT;
    *shrinking = (shrink_state){.trial = *trial,
                                .record = tries,
                                .kind = record->kind,
                                .hangs = hangs,
                                .deadline_ns = hm_clock_wall_ns() + seconds * 1000000000ull};
    shrinking->trial.quiet = true;
    if (hangs && trial->task.patience_s > HANG_PATIENCE_S)
        shrinking->trial.task.patience_s = HANG_PATIENCE_S;
}

static bool fails_alike(shrink_state *shrinking, const hm_stress_operation *list, size_t count)
{
    shrinking->trial.list = list;
    shrinking->trial.task.has_list = true;
    shrinking->trial.task.operations = count;
    return hm_stress_trial_run(&shrinking->trial, shrinking->record) == HM_STRESS_BAD &&
           shrinking->record->kind == shrinking->kind;
}

/* The first `count` of those tried are kept if they fail alike. */
static bool keep_tried(shrink_state *shrinking, size_t count)
{
    if (!fails_alike(shrinking, shrinking->tried, count))
        return false;
    hm_stress_operation *other = shrinking->kept;
    shrinking->kept = shrinking->tried;
    shrinking->tried = other;
    shrinking->count = count;
    if (shrinking->record->at < shrinking->count && shrinking->record->at > 0)
        shrinking->count = shrinking->record->at;
    return true;
}

/* Leaves out `length` operations at `first` if the rest fails alike. */
static bool leave_out(shrink_state *shrinking, size_t first, size_t length)
{
    size_t after = shrinking->count - first - length;
    memcpy(shrinking->tried, shrinking->kept, first * sizeof *shrinking->tried);
    memcpy(shrinking->tried + first, shrinking->kept + first + length,
           after * sizeof *shrinking->tried);
    return keep_tried(shrinking, first + after);
}

/* Leaves out what does nothing to the slot that it names. */
static void leave_out_idle(shrink_state *shrinking)
{
    hm_stress_fullness *slots = calloc(1, sizeof *slots);
    size_t count = 0;
    for (size_t index = 0; slots != NULL && index < shrinking->count; index++) {
        if (!hm_stress_operation_idles(&shrinking->kept[index], slots))
            shrinking->tried[count++] = shrinking->kept[index];
    }
    if (slots != NULL && count < shrinking->count)
        keep_tried(shrinking, count);
    free(slots);
}

/* Leaves out all that concerns the slots of a share, so that whole lives of blocks go together. */
static bool leave_out_slots(shrink_state *shrinking, uint32_t shares, uint32_t share)
{
    size_t count = 0;
    for (size_t index = 0; index < shrinking->count; index++) {
        const hm_stress_operation *operation = &shrinking->kept[index];
        uint32_t mixed = operation->slot * 0x9e3779b1u >> 8;
        if (operation->empty >= HM_STRESS_PURGE || mixed % shares != share)
            shrinking->tried[count++] = *operation;
    }
    return count < shrinking->count && keep_tried(shrinking, count);
}

/* Often the last operation's block is all it takes. */
static bool keep_last_slot(shrink_state *shrinking)
{
    uint32_t slot = shrinking->count > 0 ? shrinking->kept[shrinking->count - 1].slot : 0;
    size_t count = 0;
    for (size_t index = 0; index < shrinking->count; index++) {
        const hm_stress_operation *operation = &shrinking->kept[index];
        if (operation->slot == slot && operation->empty < HM_STRESS_PURGE)
            shrinking->tried[count++] = *operation;
    }
    return count > 0 && count < shrinking->count && keep_tried(shrinking, count);
}

static void shrink_by_slots(shrink_state *shrinking)
{
    enum { MOST_SHARES = 64 };
    for (uint32_t shares = 2; shares <= MOST_SHARES; shares *= 2) {
        for (uint32_t share = 0; share < shares && in_time(shrinking); share++)
            leave_out_slots(shrinking, shares, share);
    }
}

/* Chunks from long to single operations, from the front; again until a pass leaves nothing out. */
static void shrink(shrink_state *shrinking)
{
    size_t length = (shrinking->count + 1) / 2;
    while (length > 0 && in_time(shrinking)) {
        bool shorter = false;
        for (size_t first = 0; first < shrinking->count && in_time(shrinking);) {
            size_t rest = shrinking->count - first;
            bool gone = leave_out(shrinking, first, length < rest ? length : rest);
            shorter |= gone;
            first += gone ? 0 : length;
        }
        if (length == 1 && !shorter)
            break;
        length = shorter && length == 1 ? 1 : length / 2;
    }
}

/* The sequence up to the failure, written down. */
static bool write_down(shrink_state *shrinking, const hm_stress_record *record)
{
    hm_stress_generator generator;
    const hm_stress_task *task = &shrinking->trial.task;
    size_t count = record->at < task->operations ? record->at : task->operations;
    if (count > MOST_OPERATIONS)
        return false;
    shrinking->kept = malloc((count + 1) * sizeof(hm_stress_operation));
    shrinking->tried = malloc((count + 1) * sizeof(hm_stress_operation));
    if (shrinking->kept == NULL || shrinking->tried == NULL)
        return false;
    hm_stress_generator_start(&generator, task->seed, false);
    for (size_t index = 0; index < count; index++)
        shrinking->kept[index] = task->program == HM_STRESS_OBJECTS
                                     ? hm_objects_generate(&generator)
                                     : hm_stress_generator_next(&generator);
    shrinking->count = count;
    return true;
}

/* A usable size that is too large shows in whatever lies behind the block. */
static void ask_whether_usable(shrink_state *shrinking, hm_stress_record *record)
{
    bool filled = false;
    for (size_t index = 0; index < shrinking->count; index++) {
        shrinking->tried[index] = shrinking->kept[index];
        filled |= (shrinking->tried[index].flags & HM_STRESS_USABLE) != 0;
        shrinking->tried[index].flags &= (uint8_t)~HM_STRESS_USABLE;
    }
    shrinking->trial.list = shrinking->tried;
    shrinking->trial.task.operations = shrinking->count;
    if (!filled || hm_stress_trial_run(&shrinking->trial, shrinking->record) != HM_STRESS_WELL ||
        !fails_alike(shrinking, shrinking->kept, shrinking->count))
        return;
    record->kind = HM_STRESS_USABLE_LARGE;
    size_t length = strlen(record->defect);
    snprintf(record->defect + length, sizeof record->defect - length,
             "; all is well as long as nothing beyond the sizes asked for is written");
}

static bool is_about_bytes(const hm_stress_record *record)
{
    return record->kind == HM_STRESS_CRASH || record->kind == HM_STRESS_CONTENTS ||
           record->kind == HM_STRESS_MEMORY_GONE || record->kind == HM_STRESS_CHILD_CRASH;
}

hm_stress_operation *hm_stress_shrink(const hm_stress_trial *trial, hm_stress_record *record,
                                      hm_stress_record *tries, unsigned seconds, size_t *count)
{
    shrink_state shrinking;
    start(&shrinking, trial, record, tries, seconds);
    bool done =
        write_down(&shrinking, record) && fails_alike(&shrinking, shrinking.kept, shrinking.count);
    if (done && fails_alike(&shrinking, shrinking.kept, 0)) {
        *count = 0; /* it takes no operation at all */
    } else if (done) {
        bool calls = trial->task.program == HM_STRESS_RANDOM;
        if (calls)
            leave_out_idle(&shrinking);
        if (calls && !keep_last_slot(&shrinking) && !shrinking.hangs)
            shrink_by_slots(&shrinking);
        shrink(&shrinking);
        *count = shrinking.count;
        if (calls && is_about_bytes(record))
            ask_whether_usable(&shrinking, record);
    }
    free(shrinking.tried);
    if (!done)
        free(shrinking.kept);
    return done ? shrinking.kept : NULL;
}

uint64_t hm_stress_shorten(const hm_stress_trial *trial, const hm_stress_record *record,
                           hm_stress_record *tries, unsigned seconds)
{
    shrink_state shrinking;
    start(&shrinking, trial, record, tries, seconds);
    uint64_t fewest = trial->task.operations;
    bool fails = true;
    while (fails && fewest > 2 * trial->task.threads && in_time(&shrinking)) {
        shrinking.trial.task.operations = fewest / 2;
        fails = hm_stress_trial_run(&shrinking.trial, shrinking.record) == HM_STRESS_BAD &&
                shrinking.record->kind == shrinking.kind;
        fewest = fails ? fewest / 2 : fewest;
    }
    return fewest;
}
