#include "shrink.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_OPERATIONS = 40 * 1000 * 1000 };

typedef struct shrink_state {
    shadow_trial trial;
    shadow_record *record; /* of the last try */
    char kind[128];
    shadow_operation *kept, *tried;
    size_t count;
    time_t deadline;
} shrink_state;

static bool fails_alike(shrink_state *shrinking, const shadow_operation *list, size_t count)
{
    shrinking->trial.list = list;
    shrinking->trial.operations = count;
    return !shadow_trial_run(&shrinking->trial, shrinking->record) &&
           strcmp(shrinking->record->kind, shrinking->kind) == 0;
}

/* Leaves out `length` operations at `first` if the rest fails alike. */
static bool leave_out(shrink_state *shrinking, size_t first, size_t length)
{
    size_t after = shrinking->count - first - length;
    memcpy(shrinking->tried, shrinking->kept, first * sizeof *shrinking->tried);
    memcpy(shrinking->tried + first, shrinking->kept + first + length,
           after * sizeof *shrinking->tried);
    if (!fails_alike(shrinking, shrinking->tried, first + after))
        return false;
    shadow_operation *other = shrinking->kept;
    shrinking->kept = shrinking->tried;
    shrinking->tried = other;
    shrinking->count = first + after;
    if (shrinking->record->at < shrinking->count && shrinking->record->at > 0)
        shrinking->count = shrinking->record->at;
    return true;
}

/* Chunks from long to single operations, from the front; again until a pass leaves nothing out. */
static void shrink(shrink_state *shrinking)
{
    size_t length = (shrinking->count + 1) / 2;
    while (length > 0 && time(NULL) < shrinking->deadline) {
        bool shorter = false;
        for (size_t first = 0; first < shrinking->count && time(NULL) < shrinking->deadline;) {
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
static bool write_down(shrink_state *shrinking, const shadow_record *record)
{
    shadow_generator generator;
    size_t count =
        record->at < shrinking->trial.operations ? record->at : shrinking->trial.operations;
    shrinking->kept =
        count > MOST_OPERATIONS ? NULL : malloc((count + 1) * sizeof(shadow_operation));
    shrinking->tried =
        shrinking->kept == NULL ? NULL : malloc((count + 1) * sizeof(shadow_operation));
    if (shrinking->tried == NULL)
        return false;
    shadow_generator_start(&generator, shrinking->trial.seed, false);
    for (size_t index = 0; index < count; index++)
        shrinking->kept[index] = shadow_generator_next(&generator);
    shrinking->count = count;
    return true;
}

shadow_operation *shadow_shrink(const shadow_trial *trial, const shadow_record *record,
                                unsigned seconds, size_t *count)
{
    shrink_state shrinking = {.trial = *trial, .record = shadow_record_new()};
    bool done = false;
    memcpy(shrinking.kind, record->kind, sizeof shrinking.kind);
    shrinking.trial.quiet = true;
    shrinking.deadline = time(NULL) + (time_t)seconds;
    if (write_down(&shrinking, record) &&
        fails_alike(&shrinking, shrinking.kept, shrinking.count)) {
        shrink(&shrinking);
        *count = shrinking.count;
        done = true;
    }
    free(shrinking.tried);
    if (!done)
        free(shrinking.kept);
    return done ? shrinking.kept : NULL;
}
