#include "graph/type_counts.h"

#include "base/system_memory.h"
#include "graph/graph_map.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64, NAMES_BYTES = 1 << 14 };

/* A block of names, one behind the other from this head on. */
struct hm_type_names {
    struct hm_type_names *older;
    size_t bytes; /* of the block, this head included */
    size_t used;
};

static size_t index_bytes(size_t capacity)
{
    return 2 * capacity * sizeof(uint32_t);
}

static uint32_t *find_slot(const hm_type_counts *counts, const char *name)
{
    size_t hash = 5381;
    for (const char *character = name; *character != '\0'; character++)
        hash = hash * 33 + (unsigned char)*character;
    size_t mask = 2 * counts->capacity - 1;
    size_t slot = hash & mask;
    while (counts->index[slot] != 0 &&
           strcmp(counts->types[counts->index[slot] - 1].name, name) != 0)
        slot = (slot + 1) & mask;
    return &counts->index[slot];
}

static void write_index(hm_type_counts *counts)
{
    memset(counts->index, 0, index_bytes(counts->capacity));
    for (size_t type = 0; type < counts->length; type++)
        *find_slot(counts, counts->types[type].name) = (uint32_t)type + 1;
}

/* The index first: a types' block made larger could not be made smaller again. */
static bool grow(hm_type_counts *counts)
{
    size_t old = counts->capacity * sizeof *counts->types;
    size_t capacity = counts->capacity == 0 ? FIRST_CAPACITY : counts->capacity * 2;
    uint32_t *index = hm_system_map(index_bytes(capacity));
    if (index == NULL)
        return false;
    hm_type_count *types = old == 0 ? hm_system_map(capacity * sizeof *types)
                                    : hm_system_remap(counts->types, old, capacity * sizeof *types);
    if (types == NULL) {
        hm_system_unmap(index, index_bytes(capacity));
        return false;
    }
    hm_system_unmap(counts->index, index_bytes(counts->capacity));
    counts->types = types;
    counts->index = index;
    counts->capacity = capacity;
    write_index(counts);
    return true;
}

/* A copy of the name that stays where it is: in the newest block, or in a new one. */
static const char *copy_name(hm_type_counts *counts, const char *name)
{
    size_t bytes = strlen(name) + 1;
    struct hm_type_names *names = counts->names;
    if (names == NULL || names->bytes - names->used < bytes) {
        size_t needed = sizeof *names + bytes;
        size_t size = needed > NAMES_BYTES ? needed : NAMES_BYTES;
        names = hm_system_map(size);
        if (names == NULL)
            return NULL;
        *names = (struct hm_type_names){counts->names, size, sizeof *names};
        counts->names = names;
    }
    char *copy = (char *)names + names->used;
    memcpy(copy, name, bytes);
    names->used += bytes;
    return copy;
}

/* The type's entry, made with zeros where it is new; NULL: no memory. */
static hm_type_count *entry_of(hm_type_counts *counts, const char *name)
{
    if (counts->length == counts->capacity && !grow(counts))
        return NULL;
    uint32_t *slot = find_slot(counts, name);
    if (*slot != 0)
        return &counts->types[*slot - 1];
    const char *copy = copy_name(counts, name);
    if (copy == NULL)
        return NULL;
    counts->types[counts->length] = (hm_type_count){.name = copy};
    *slot = (uint32_t)++counts->length;
    return &counts->types[counts->length - 1];
}

static bool count_object(hm_type_counts *counts, const hm_object *object)
{
    hm_type_count *entry = entry_of(counts, object->type->name);
    if (entry == NULL)
        return false;
    entry->count++;
    entry->bytes += hm_object_size(object);
    return true;
}

static bool count_tracked(const hm_graph *graph, hm_type_counts *counts)
{
    for (size_t node = 0; node < hm_graph_count(graph); node++) {
        const hm_object *object = hm_graph_object(graph, (hm_graph_node)node);
        if (hm_is_tracked(object) && !count_object(counts, object))
            return false;
    }
    return true;
}

static bool count_nodes(const hm_graph *graph, const hm_graph_nodes *nodes, hm_type_counts *counts)
{
    for (size_t index = 0; index < nodes->length; index++) {
        if (!count_object(counts, hm_graph_object(graph, nodes->nodes[index])))
            return false;
    }
    return true;
}

static int compare_counts(const void *left, const void *right)
{
    const hm_type_count *one = left;
    const hm_type_count *other = right;
    if (one->count != other->count)
        return one->count > other->count ? -1 : 1;
    return strcmp(one->name, other->name);
}

hm_status hm_type_counts_take(const hm_graph *graph, const hm_graph_nodes *nodes,
                              hm_type_counts *counts, hm_error *error)
{
    hm_type_counts_destroy(counts);
    bool complete =
        nodes == NULL ? count_tracked(graph, counts) : count_nodes(graph, nodes, counts);
    if (!complete) {
        hm_type_counts_destroy(counts);
        return hm_graph_no_memory(error);
    }
    if (counts->length != 0) {
        qsort(counts->types, counts->length, sizeof *counts->types, compare_counts);
        write_index(counts);
    }
    return HM_OK;
}

hm_type_count hm_type_counts_of(const hm_type_counts *counts, const char *name)
{
    uint32_t entry = counts->length == 0 ? 0 : *find_slot(counts, name);
    return entry == 0 ? (hm_type_count){0} : counts->types[entry - 1];
}

void hm_type_counts_destroy(hm_type_counts *counts)
{
    for (struct hm_type_names *names = counts->names, *older = NULL; names != NULL; names = older) {
        older = names->older;
        hm_system_unmap(names, names->bytes);
    }
    hm_system_unmap(counts->types, counts->capacity * sizeof *counts->types);
    hm_system_unmap(counts->index, index_bytes(counts->capacity));
    *counts = (hm_type_counts){0};
}

static bool push_growth(hm_type_growths *growths, const char *name, uint64_t count,
                        int64_t increase)
{
    if (growths->length == growths->capacity) {
        size_t old = growths->capacity * sizeof *growths->types;
        size_t capacity = growths->capacity == 0 ? FIRST_CAPACITY : growths->capacity * 2;
        hm_type_growth *types =
            old == 0 ? hm_system_map(capacity * sizeof *types)
                     : hm_system_remap(growths->types, old, capacity * sizeof *types);
        if (types == NULL)
            return false;
        growths->types = types;
        growths->capacity = capacity;
    }
    growths->types[growths->length++] = (hm_type_growth){name, count, increase};
    return true;
}

static int compare_growths(const void *left, const void *right)
{
    const hm_type_growth *one = left;
    const hm_type_growth *other = right;
    if (one->increase != other->increase)
        return one->increase > other->increase ? -1 : 1;
    return strcmp(one->name, other->name);
}

static hm_status finish_growths(hm_type_growths *growths, bool complete, hm_error *error)
{
    if (!complete) {
        hm_type_growths_destroy(growths);
        return hm_graph_no_memory(error);
    }
    if (growths->length != 0)
        qsort(growths->types, growths->length, sizeof *growths->types, compare_growths);
    return HM_OK;
}

hm_status hm_type_counts_compare(const hm_type_counts *before, const hm_type_counts *after,
                                 hm_type_growths *growths, hm_error *error)
{
    bool complete = true;
    growths->length = 0;
    for (size_t type = 0; type < after->length && complete; type++) {
        const hm_type_count *now = &after->types[type];
        int64_t increase = (int64_t)(now->count - hm_type_counts_of(before, now->name).count);
        if (increase != 0)
            complete = push_growth(growths, now->name, now->count, increase);
    }
    for (size_t type = 0; type < before->length && complete; type++) {
        const hm_type_count *then = &before->types[type];
        if (hm_type_counts_of(after, then->name).count == 0)
            complete = push_growth(growths, then->name, 0, -(int64_t)then->count);
    }
    return finish_growths(growths, complete, error);
}

/* The peaks were all found before: this needs no memory. */
static void raise_peaks(hm_type_counts *peaks, const hm_type_counts *now)
{
    for (size_t type = 0; type < now->length; type++) {
        const hm_type_count *current = &now->types[type];
        hm_type_count *peak = &peaks->types[*find_slot(peaks, current->name) - 1];
        if (current->count <= peak->count)
            continue;
        peak->count = current->count;
        peak->bytes = current->bytes;
    }
}

hm_status hm_type_counts_growth(hm_type_counts *peaks, const hm_type_counts *now,
                                hm_type_growths *growths, hm_error *error)
{
    bool complete = true;
    growths->length = 0;
    for (size_t type = 0; type < now->length && complete; type++) {
        const hm_type_count *current = &now->types[type];
        const hm_type_count *peak = entry_of(peaks, current->name);
        if (peak == NULL)
            complete = false;
        else if (current->count > peak->count)
            complete = push_growth(growths, current->name, current->count,
                                   (int64_t)(current->count - peak->count));
    }
    /* Not before all is told: a peak raised untold would never be told. */
    if (complete)
        raise_peaks(peaks, now);
    return finish_growths(growths, complete, error);
}

void hm_type_growths_destroy(hm_type_growths *growths)
{
    hm_system_unmap(growths->types, growths->capacity * sizeof *growths->types);
    *growths = (hm_type_growths){0};
}

static size_t limited(size_t length, size_t limit)
{
    return limit == 0 || limit > length ? length : limit;
}

static int wider(int width, const char *name)
{
    return (int)strlen(name) > width ? (int)strlen(name) : width;
}

static hm_status check_written(FILE *file, hm_error *error)
{
    if (ferror(file))
        return hm_error_set(error, HM_IO_ERROR, "a table of types could not be written");
    return HM_OK;
}

hm_status hm_type_counts_print(const hm_type_counts *counts, size_t limit, FILE *file,
                               hm_error *error)
{
    size_t length = limited(counts->length, limit);
    int width = (int)strlen("type");
    for (size_t type = 0; type < length; type++)
        width = wider(width, counts->types[type].name);
    fprintf(file, "%-*s %10s %12s\n", width, "type", "count", "bytes");
    for (size_t type = 0; type < length; type++)
        fprintf(file, "%-*s %10" PRIu64 " %12" PRIu64 "\n", width, counts->types[type].name,
                counts->types[type].count, counts->types[type].bytes);
    return check_written(file, error);
}

hm_status hm_type_growths_print(const hm_type_growths *growths, size_t limit, FILE *file,
                                hm_error *error)
{
    size_t length = limited(growths->length, limit);
    int width = (int)strlen("type");
    for (size_t type = 0; type < length; type++)
        width = wider(width, growths->types[type].name);
    fprintf(file, "%-*s %10s %10s\n", width, "type", "count", "increase");
    for (size_t type = 0; type < length; type++)
        fprintf(file, "%-*s %10" PRIu64 " %+10" PRId64 "\n", width, growths->types[type].name,
                growths->types[type].count, growths->types[type].increase);
    return check_written(file, error);
}
