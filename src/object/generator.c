#include "object/generator.h"

#include "object/memory.h"
#include "object/runtime.h"
#include "object/weakref.h"

static size_t generator_bytes(size_t locals)
{
    return offsetof(hm_generator, locals) + locals * sizeof(hm_object *);
}

static void drop_locals(hm_heap *heap, hm_generator *generator)
{
    for (size_t index = 0; index < generator->base.length; index++)
        hm_store(heap, &generator->base.base, &generator->locals[index], NULL);
}

static void generator_finalize(hm_heap *heap, hm_object *object);

static void generator_deallocate(hm_heap *heap, hm_object *object)
{
    drop_locals(heap, (hm_generator *)object);
    hm_object_free(heap, object, generator_bytes(((hm_generator *)object)->base.length));
}

/* No clear: as in CPython, a cycle is broken by the finalizer's close, or at its other members. */
const hm_type hm_generator_type = {
    .name = "generator",
    .basic_size = offsetof(hm_generator, locals),
    .item_size = sizeof(hm_object *),
    .flags = HM_TYPE_CONTAINER | HM_TYPE_WEAKREFS_FIRST,
    .weaklist_offset = offsetof(hm_generator, weaklist),
    .references = {.vector_offset = offsetof(hm_generator, locals),
                   .length_offset = offsetof(hm_variable_object, length)},
    .finalize = generator_finalize,
    .die = hm_object_deallocate,
    .deallocate = generator_deallocate};

hm_object *hm_generator_new(hm_heap *heap, const hm_generator_code *code)
{
    hm_generator *generator = (hm_generator *)hm_container_allocate(
        heap, &hm_generator_type, generator_bytes(code->local_count));
    if (generator == NULL)
        return NULL;
    generator->base.length = code->local_count;
    generator->weaklist = NULL;
    generator->code = code;
    generator->counters[0] = generator->counters[1] = generator->counters[2] = 0;
    generator->state = 0;
    generator->status = HM_GENERATOR_CREATED;
    hm_clear_slots(generator->locals, code->local_count);
    hm_track_new(heap, &generator->base.base);
    return &generator->base.base;
}

void hm_generator_set(hm_heap *heap, hm_object *object, size_t index, hm_object *value)
{
    hm_generator *generator = (hm_generator *)object;
    HM_ASSERT(hm_is(object, &hm_generator_type) && index < generator->base.length);
    hm_store(heap, object, &generator->locals[index], value);
}

static bool fail_if_running(hm_heap *heap, const hm_generator *generator)
{
    if (generator->status != HM_GENERATOR_RUNNING)
        return true;
    return hm_fail(heap, HM_VALUE_ERROR, "generator already executing");
}

hm_object *hm_generator_next(hm_heap *heap, hm_object *object)
{
    hm_generator *generator = (hm_generator *)object;
    HM_ASSERT(hm_is(object, &hm_generator_type));
    if (generator->status == HM_GENERATOR_FINISHED || !fail_if_running(heap, generator))
        return NULL;
    generator->status = HM_GENERATOR_RUNNING;
    hm_object *item = generator->code->resume(heap, generator);
    if (item != NULL) {
        generator->status = HM_GENERATOR_SUSPENDED;
        return item;
    }
    generator->status = HM_GENERATOR_FINISHED;
    drop_locals(heap, generator);
    return NULL;
}

/* Runs the cleanup of a suspended generator; the locals are still there. */
static bool clean_up(hm_heap *heap, hm_generator *generator)
{
    bool cleaned = true;
    if (generator->status == HM_GENERATOR_SUSPENDED && generator->code->cleanup != NULL) {
        generator->status = HM_GENERATOR_RUNNING;
        cleaned = generator->code->cleanup(heap, generator);
    }
    generator->status = HM_GENERATOR_FINISHED;
    return cleaned;
}

bool hm_generator_close(hm_heap *heap, hm_object *object)
{
    hm_generator *generator = (hm_generator *)object;
    if (!fail_if_running(heap, generator))
        return false;
    if (generator->status == HM_GENERATOR_FINISHED)
        return true;
    bool started = generator->status != HM_GENERATOR_CREATED;
    bool cleaned = clean_up(heap, generator);
    if (started)
        drop_locals(heap, generator);
    return cleaned;
}

/* A generator's finalizer is its close(): abandoned half-way, it cleans up (PEP 442). A failure is
 * told before the locals are dropped. */
static void generator_finalize(hm_heap *heap, hm_object *object)
{
    hm_generator *generator = (hm_generator *)object;
    if (generator->status != HM_GENERATOR_SUSPENDED) {
        generator->status = HM_GENERATOR_FINISHED;
        return;
    }
    if (!clean_up(heap, generator)) {
        if (heap->error.status == HM_OK)
            hm_fail(heap, HM_RUNTIME_ERROR, "the cleanup of generator %s failed",
                    generator->code->name);
        hm_emit_unraisable(heap, object);
    }
    drop_locals(heap, generator);
}

hm_generator_status hm_generator_get_status(const hm_object *generator)
{
    return (hm_generator_status)((const hm_generator *)generator)->status;
}
