#include "bench/timeline/tally.h"

#include "bench/strings.h"

#include <stdlib.h>
#include <string.h>

static json_int_t get(const json_t *entry, const char *name)
{
    return json_integer_value(json_object_get(entry, name));
}

static void set(json_t *entry, const char *name, json_int_t value)
{
    json_object_set_new(entry, name, json_integer(value));
}

void hm_timeline_tally_begin(hm_timeline_tally *tally)
{
    const char *key;
    json_t *entry;
    if (tally->entries == NULL)
        tally->entries = json_object();
    json_object_foreach(tally->entries, key, entry)
    {
        set(entry, "bytes", 0);
        set(entry, "count", 0);
    }
}

void hm_timeline_tally_add(hm_timeline_tally *tally, const char *key, json_t *identity,
                           uint64_t bytes, uint64_t count)
{
    json_t *entry = json_object_get(tally->entries, key);
    if (entry == NULL) {
        entry = json_object();
        json_object_set(entry, "identity", identity);
        json_object_set_new(tally->entries, key, entry);
    }
    json_decref(identity);
    set(entry, "bytes", get(entry, "bytes") + (json_int_t)bytes);
    set(entry, "count", get(entry, "count") + (json_int_t)count);
}

void hm_timeline_tally_end(hm_timeline_tally *tally)
{
    const char *key;
    json_t *entry;
    json_object_foreach(tally->entries, key, entry)
    {
        if (get(entry, "bytes") > get(entry, "highest_bytes"))
            set(entry, "highest_bytes", get(entry, "bytes"));
    }
}

/* An entry as it is told. */
static json_t *told(const json_t *entry)
{
    json_t *line = json_deep_copy(json_object_get(entry, "identity"));
    set(line, "increment_bytes", get(entry, "bytes") - get(entry, "begin_bytes"));
    set(line, "increment_count", get(entry, "count") - get(entry, "begin_count"));
    set(line, "bytes", get(entry, "bytes"));
    set(line, "count", get(entry, "count"));
    set(line, "highest_bytes", get(entry, "highest_bytes"));
    return line;
}

static bool holds_or_changed(const json_t *entry)
{
    return get(entry, "bytes") != 0 || get(entry, "count") != 0 || get(entry, "begin_bytes") != 0 ||
           get(entry, "begin_count") != 0 || get(entry, "highest_bytes") != 0;
}

typedef struct ranked {
    const char *key;
    json_t *line;
} ranked;

static int compare(const void *first, const void *second)
{
    const ranked *left = first, *right = second;
    long long changes[] = {llabs(get(left->line, "increment_bytes")),
                           llabs(get(right->line, "increment_bytes"))};
    json_int_t bytes[] = {get(left->line, "bytes"), get(right->line, "bytes")};
    if (changes[0] != changes[1])
        return changes[0] > changes[1] ? -1 : 1;
    if (bytes[0] != bytes[1])
        return bytes[0] > bytes[1] ? -1 : 1;
    return strcmp(left->key, right->key);
}

json_t *hm_timeline_tally_take(hm_timeline_tally *tally)
{
    const char *key;
    json_t *entry, *lines = json_array();
    size_t count = 0;
    ranked *order = hm_grow(NULL, json_object_size(tally->entries) + 1, sizeof *order);
    json_object_foreach(tally->entries, key, entry)
    {
        if (holds_or_changed(entry))
            order[count++] = (ranked){.key = key, .line = told(entry)};
        set(entry, "begin_bytes", get(entry, "bytes"));
        set(entry, "begin_count", get(entry, "count"));
        set(entry, "highest_bytes", get(entry, "bytes"));
    }
    qsort(order, count, sizeof *order, compare);
    for (size_t index = 0; index < count; index++)
        json_array_append_new(lines, order[index].line);
    free(order);
    return lines;
}

void hm_timeline_tally_clear(hm_timeline_tally *tally)
{
    json_decref(tally->entries);
    tally->entries = NULL;
}
