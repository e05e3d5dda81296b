#include "trace/snapshot.h"

#include "base/system_memory.h"
#include "trace/storage.h"
#include "trace/tracer.h"

#include <string.h>

enum { NO_OWNER }; /* the index of the type "buffer" */

/* A snapshot in the making. A type has an index for its objects and another for their buffers. */
typedef struct taking {
    const hm_tracer *tracer;
    uint32_t *owners;     /* by slot of the table: type index of a buffer */
    hm_number_map types;  /* address of a hm_type, 1 added for its buffers, to index */
    hm_vector names;      /* const char *, by type index */
    hm_number_map places; /* traceback and type index to index + 1 of a group */
    hm_vector groups;     /* hm_trace_group; `traceback` is filled in last */
    hm_vector tracebacks; /* uint32_t: the tracebacks of the groups */
    hm_resolver resolver;
} taking;

static bool add_name(taking *take, const char *name, const char *suffix)
{
    size_t length = strlen(name);
    char *text = hm_region_allocate(&take->resolver.region, length + strlen(suffix) + 1);
    const char **slot = hm_vector_append(&take->names, sizeof *slot);
    if (text == NULL || slot == NULL)
        return false;
    memcpy(text, name, length);
    memcpy(text + length, suffix, strlen(suffix) + 1);
    *slot = text;
    return true;
}

/* The index of a type's objects or of their buffers; 0: no memory. */
static uint32_t type_index(taking *take, const hm_type *type, bool buffer)
{
    uint64_t *index = hm_number_map_at(&take->types, (uint64_t)(uintptr_t)type + buffer);
    if (index == NULL)
        return 0;
    if (*index == 0 && add_name(take, type->name, buffer ? " buffer" : ""))
        *index = take->names.length - 1;
    return (uint32_t)*index;
}

static hm_object *object_of(const taking *take, const hm_trace_entry *entry)
{
    size_t prefix =
        hm_trace_entry_kind(entry) == HM_TRACE_CONTAINER ? take->tracer->heap->prefix_bytes : 0;
    return (hm_object *)(uintptr_t)(hm_trace_entry_address(entry) + prefix);
}

/* An object that owns blocks holds their addresses in its fixed part: a word there that is the
 * address of a traced buffer makes that buffer the object's. */
static bool claim_buffers(taking *take, const hm_object *object)
{
    const hm_trace_table *table = &take->tracer->table;
    const hm_type *type = object->type;
    for (size_t offset = sizeof *object; offset + sizeof(void *) <= type->basic_size;
         offset += sizeof(void *)) {
        void *word;
        memcpy(&word, (const char *)object + offset, sizeof word);
        const hm_trace_entry *entry = word == NULL ? NULL : hm_trace_table_find(table, word);
        if (entry == NULL || hm_trace_entry_kind(entry) != HM_TRACE_BUFFER)
            continue;
        uint32_t index = type_index(take, type, true);
        if (index == 0)
            return false;
        take->owners[entry - table->entries] = index;
    }
    return true;
}

/* Only types that tell their size themselves own blocks (hm_type.size). */
static bool find_owners(taking *take)
{
    const hm_trace_table *table = &take->tracer->table;
    take->owners = hm_system_map(table->capacity * sizeof *take->owners);
    if (take->owners == NULL)
        return false;
    for (size_t slot = 0; slot < table->capacity; slot++) {
        const hm_trace_entry *entry = &table->entries[slot];
        if (entry->key == 0 || hm_trace_entry_kind(entry) != HM_TRACE_CONTAINER)
            continue;
        const hm_object *object = object_of(take, entry);
        if (object->type->size != NULL && !claim_buffers(take, object))
            return false;
    }
    return true;
}

static hm_trace_group *group_at(taking *take, uint32_t traceback, uint32_t type)
{
    uint64_t key = ((uint64_t)traceback << 32 | type) + 1;
    uint64_t *place = hm_number_map_at(&take->places, key);
    if (place == NULL)
        return NULL;
    if (*place == 0) {
        uint32_t *kept = hm_vector_append(&take->tracebacks, sizeof *kept);
        if (kept == NULL || hm_vector_append(&take->groups, sizeof(hm_trace_group)) == NULL)
            return NULL;
        *kept = traceback;
        *place = take->groups.length;
    }
    return (hm_trace_group *)take->groups.items + *place - 1;
}

static bool add_trace(taking *take, size_t slot)
{
    const hm_trace_entry *entry = &take->tracer->table.entries[slot];
    bool buffer = hm_trace_entry_kind(entry) == HM_TRACE_BUFFER;
    uint32_t type =
        buffer ? take->owners[slot] : type_index(take, object_of(take, entry)->type, false);
    if (type == 0 && !buffer)
        return false;
    hm_trace_group *group = group_at(take, entry->traceback, type);
    if (group == NULL)
        return false;
    group->type = ((const char *const *)take->names.items)[type];
    group->domain = buffer ? HM_TRACE_BUFFERS : HM_TRACE_OBJECTS;
    group->size_bytes += hm_trace_entry_size(entry);
    group->count++;
    return true;
}

static bool resolve_groups(taking *take)
{
    hm_trace_group *groups = take->groups.items;
    const uint32_t *tracebacks = take->tracebacks.items;
    for (size_t index = 0; index < take->groups.length; index++) {
        groups[index].traceback = hm_resolver_traceback(
            &take->resolver, hm_traceback_at(&take->tracer->tracebacks, tracebacks[index]));
        if (groups[index].traceback == NULL)
            return false;
    }
    return true;
}

static bool sum_up(taking *take)
{
    const hm_trace_table *table = &take->tracer->table;
    if (!add_name(take, "buffer", "") || !find_owners(take))
        return false;
    for (size_t slot = 0; slot < table->capacity; slot++) {
        if (table->entries[slot].key != 0 && !add_trace(take, slot))
            return false;
    }
    return resolve_groups(take);
}

static hm_trace_snapshot *new_snapshot(hm_region region, hm_vector groups, unsigned limit)
{
    hm_trace_storage *storage = hm_trace_storage_new(region, groups);
    if (storage == NULL)
        return NULL;
    hm_trace_snapshot *snapshot = hm_region_allocate(&storage->region, sizeof *snapshot);
    if (snapshot == NULL) {
        hm_trace_storage_release(storage);
        return NULL;
    }
    *snapshot = (hm_trace_snapshot){groups.items, groups.length, limit, storage};
    return snapshot;
}

hm_trace_snapshot *hm_trace_take_snapshot(hm_heap *heap)
{
    const hm_tracer *tracer = heap->trace.tracer;
    if (tracer == NULL) {
        hm_fail(heap, HM_RUNTIME_ERROR,
                "the tracemalloc module must be tracing memory allocations to take a snapshot");
        return NULL;
    }
    taking take = {.tracer = tracer, .resolver.is_native = tracer->native};
    bool done = sum_up(&take);
    if (take.owners != NULL)
        hm_system_unmap(take.owners, tracer->table.capacity * sizeof *take.owners);
    hm_number_map_release(&take.types);
    hm_vector_release(&take.names);
    hm_number_map_release(&take.places);
    hm_vector_release(&take.tracebacks);
    hm_region region = hm_resolver_finish(&take.resolver);
    hm_trace_snapshot *snapshot = NULL;
    if (done)
        snapshot = new_snapshot(region, take.groups, tracer->frame_limit);
    else {
        hm_vector_release(&take.groups);
        hm_region_release(&region);
    }
    if (snapshot == NULL)
        hm_fail(heap, HM_NO_MEMORY, "no memory for a snapshot of %zu traces", tracer->table.length);
    return snapshot;
}

hm_trace_snapshot *hm_trace_snapshot_copy(const hm_trace_snapshot *snapshot,
                                          bool (*keep)(const hm_trace_group *, const void *),
                                          const void *context)
{
    hm_vector kept = {0};
    for (size_t index = 0; index < snapshot->group_count; index++) {
        if (!keep(&snapshot->groups[index], context))
            continue;
        hm_trace_group *group = hm_vector_append(&kept, sizeof *group);
        if (group == NULL) {
            hm_vector_release(&kept);
            return NULL;
        }
        *group = snapshot->groups[index];
    }
    return new_snapshot((hm_region){0}, kept, snapshot->traceback_limit);
}

void hm_trace_snapshot_destroy(hm_trace_snapshot *snapshot)
{
    if (snapshot != NULL)
        hm_trace_storage_release(snapshot->storage);
}
