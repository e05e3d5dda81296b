/* A heap's beginning and end, and what happens in between: steps. */
#include "base/system_memory.h"
#include "bench/stress/objects/world.h"

enum { DROPPING_ROUNDS = 5 };

static void *map(size_t bytes)
{
    void *memory = hm_system_map(bytes);
    if (memory == NULL)
        hm_stress_machine_refuses("the model of a heap");
    return memory;
}

hm_objects_world *hm_objects_world_new(const hm_objects_setting *setting, unsigned thread,
                                       uint64_t seed)
{
    hm_objects_world *world = map(sizeof *world);
    world->allocator = *setting->allocator;
    world->collector = setting->collector;
    world->record = setting->record;
    world->thread = thread;
    world->seed = seed;
    world->nodes = map(HM_OBJECTS_NODES * sizeof *world->nodes);
    world->alive = map(HM_OBJECTS_NODES * sizeof *world->alive);
    world->dead = map(HM_OBJECTS_NODES * sizeof *world->dead);
    world->suspects = map(HM_OBJECTS_NODES * sizeof *world->suspects);
    world->stack = map(HM_OBJECTS_NODES * sizeof *world->stack);
    hm_objects_now = world;
    hm_objects_heap_begin(world);
    return world;
}

void hm_objects_world_free(hm_objects_world *world)
{
    hm_system_unmap(world->nodes, HM_OBJECTS_NODES * sizeof *world->nodes);
    hm_system_unmap(world->alive, HM_OBJECTS_NODES * sizeof *world->alive);
    hm_system_unmap(world->dead, HM_OBJECTS_NODES * sizeof *world->dead);
    hm_system_unmap(world->suspects, HM_OBJECTS_NODES * sizeof *world->suspects);
    hm_system_unmap(world->stack, HM_OBJECTS_NODES * sizeof *world->stack);
    hm_objects_forget_edges(world);
    hm_objects_now = NULL;
    hm_system_unmap(world, sizeof *world);
}

/* ---- a heap's beginning ---- */

static void empty_model(hm_objects_world *world)
{
    world->node_count = 1; /* None */
    world->nodes[HM_OBJECTS_NONE] = (hm_objects_node){.subject = HM_OBJECTS_NOBODY,
                                                      .weak_first = HM_OBJECTS_NOBODY,
                                                      .weak_next = HM_OBJECTS_NOBODY};
    world->alive_count = world->dead_count = world->suspect_count = world->held_count = 0;
    world->finalizes_alive = 0;
    world->mark = 0;
    world->depth = 0;
    world->collecting = world->ending = world->destroying = false;
    world->thresholds_lowered = world->frozen = false;
    for (size_t slot = 0; slot < HM_OBJECTS_SLOTS; slot++)
        world->slot_nodes[slot] = HM_OBJECTS_NOBODY;
    for (size_t place = 0; place < HM_OBJECTS_WEAK_CONTAINERS; place++)
        world->weak_containers[place] = HM_OBJECTS_NONE;
    hm_objects_forget_edges(world);
}

/* Free lists are off: an object on one is dead, and its block is not given back. */
static void make_heap(hm_objects_world *world, uint64_t dice)
{
    hm_error error = {0};
    hm_heap_config config = hm_heap_config_default(&world->allocator, world->collector.collector);
    config.settings = world->collector.settings;
    config.sink = (hm_event_sink){.emit = hm_objects_on_event, .context = world};
    config.sized_free = world->allocator.free_sized != NULL && (dice & 1) != 0;
    config.hash_seed = dice >> 8;
    hm_objects_ledger_open(&world->ledger, (dice & 2) != 0);
    world->heap = hm_heap_create(&config, &error);
    if (world->heap == NULL)
        HM_OBJECTS_DEFECT(world, WRONGLY_REFUSED, "a heap is refused: %s", error.message);
}

void hm_objects_heap_begin(hm_objects_world *world)
{
    static const char *const names[HM_OBJECTS_NAMES] = {"a", "b", "c", "d"};
    uint64_t dice = world->seed + world->heaps++;
    empty_model(world);
    make_heap(world, hm_splitmix64(&dice));
    bool done = hm_heap_add_roots(world->heap, world->slots, HM_OBJECTS_SLOTS) &&
                hm_heap_add_roots(world->heap, world->names, HM_OBJECTS_NAMES) &&
                hm_heap_add_roots(world->heap, &world->finalize_function, 1);
    for (size_t name = 0; done && name < HM_OBJECTS_NAMES; name++)
        done = (world->names[name] = hm_str_interned(world->heap, names[name])) != NULL;
    world->finalize_function =
        hm_function_new(world->heap, hm_objects_code(HM_OBJECTS_FINALIZE_CODE), NULL, NULL);
    if (!done || world->finalize_function == NULL)
        HM_OBJECTS_DEFECT(world, WRONGLY_REFUSED, "a heap's first objects are refused: %s",
                          world->heap->error.message);
    world->base_objects = hm_heap_live_objects(world->heap);
}

/* ---- its end ---- */

static void empty_slots(hm_objects_world *world)
{
    for (size_t slot = 0; slot < HM_OBJECTS_SLOTS; slot++)
        hm_objects_place(world, slot, HM_OBJECTS_NOBODY);
    hm_objects_settle(world);
}

static void run_finalize_objects(hm_objects_world *world)
{
    if (!hm_finalize_run_at_exit(world->heap))
        HM_OBJECTS_DEFECT(world, WRONGLY_REFUSED, "what is to run at the end is refused: %s",
                          world->heap->error.message);
    hm_objects_settle(world);
    if (world->finalizes_alive > 0)
        HM_OBJECTS_DEFECT(world, CALL_MISSED, "%u finalize objects were not called at the end",
                          world->finalizes_alive);
}

/* Once all that the program made is dead, the heap has its own objects alone. */
static void check_empty(hm_objects_world *world)
{
    const hm_heap *heap = world->heap;
    uint64_t own =
        world->base_objects + (heap->finalizers != NULL) + (hm_heap_garbage(world->heap) != NULL);
    if (world->alive_count == 0 && hm_heap_live_objects(heap) != own)
        HM_OBJECTS_DEFECT(world, LEAKED_BY_COLLECTOR,
                          "%llu objects are left in an empty heap that has %llu of its own",
                          (unsigned long long)hm_heap_live_objects(heap), (unsigned long long)own);
}

void hm_objects_heap_end(hm_objects_world *world)
{
    hm_stress_enter(world->record, world->thread, HM_STRESS_IN_END);
    world->steps++;
    hm_objects_check(world);
    for (unsigned round = 0; round < DROPPING_ROUNDS; round++)
        empty_slots(world);
    world->ending = true; /* bodies bring nothing back any more */
    empty_slots(world);
    world->frozen = world->frozen && !hm_gc_unfreeze(world->heap);
    run_finalize_objects(world);
    hm_objects_collect_all(world);
    hm_objects_check(world);
    if ((world->collector.collector->capabilities & HM_COLLECTOR_COLLECTS) != 0)
        check_empty(world);
    world->destroying = true;
    hm_heap_destroy(world->heap);
    hm_objects_ledger_flush(&world->ledger);
    if (world->ledger.count > 0)
        HM_OBJECTS_DEFECT(world, HEAP_LEFT, "%zu blocks of %llu bytes are left after a heap's end",
                          world->ledger.count, (unsigned long long)world->ledger.bytes);
    hm_objects_ledger_close(&world->ledger);
}

/* ---- steps ---- */

static void renew(hm_objects_world *world)
{
    hm_objects_heap_end(world);
    hm_objects_heap_begin(world);
}

static void run(hm_objects_world *world, const hm_objects_step *step)
{
    switch (hm_objects_call(step->kind)) {
    case HM_STRESS_IN_MAKE:
        if (step->kind >= HM_OBJECTS_WEAKREF && step->kind <= HM_OBJECTS_WEAK_CONTAINER)
            hm_objects_make_weak(world, step);
        else
            hm_objects_make(world, step);
        break;
    case HM_STRESS_IN_RUN_CODE:
        hm_objects_run_code(world, step);
        break;
    case HM_STRESS_IN_COLLECT:
        hm_objects_collect(world, step);
        break;
    case HM_STRESS_IN_ASK:
        hm_objects_ask(world, step);
        break;
    case HM_STRESS_IN_CHECK:
        hm_objects_check(world);
        break;
    default:
        hm_objects_change(world, step);
        break;
    }
}

void hm_objects_do(hm_objects_world *world, const hm_objects_step *step)
{
    bool makes = hm_objects_call(step->kind) == HM_STRESS_IN_MAKE;
    if (step->kind == HM_OBJECTS_RENEW || (makes && !hm_objects_has_room(world)))
        renew(world);
    if (step->kind == HM_OBJECTS_RENEW)
        return;
    hm_stress_enter(world->record, world->thread, hm_objects_call(step->kind));
    world->steps++;
    run(world, step);
    hm_objects_settle(world);
    if (makes)
        hm_objects_check_automatic(world);
}

void hm_objects_explain(void)
{
    hm_objects_world *world = hm_objects_now;
    if (world == NULL || world->destroying)
        return;
    hm_objects_mark(world, false);
    for (uint32_t index = 0; index < world->dead_count; index++) {
        uint32_t id = world->dead[index];
        if (hm_objects_marked(world, id) && world->nodes[id].count > 0)
            HM_OBJECTS_DEFECT(world, FREED_EARLY,
                              "%s is freed that can be reached, and the process crashed",
                              hm_objects_name(world, id));
    }
}
