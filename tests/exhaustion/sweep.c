#include "sweep.h"

#include "base/system_memory.h"
#include "trace/trace.h"

/* Blocks made before the sweep, so that the decorator's table need not grow in it. */
enum { WARM_BLOCKS = 100000, TRACED_FRAMES = 4 };

static uint64_t points, refusals;

/* ---- the kernel ---- */

static struct {
    hm_debug_options options;
    uint64_t calls, refused;
    uint64_t mapped_bytes;
} kernel;

void *__real_hm_system_map(size_t bytes);
void *__real_hm_system_map_aligned(size_t bytes, size_t alignment);
void *__real_hm_system_remap(void *address, size_t old_bytes, size_t new_bytes);
void __real_hm_system_unmap(void *address, size_t bytes);
void *__wrap_hm_system_map(size_t bytes);
void *__wrap_hm_system_map_aligned(size_t bytes, size_t alignment);
void *__wrap_hm_system_remap(void *address, size_t old_bytes, size_t new_bytes);
void __wrap_hm_system_unmap(void *address, size_t bytes);

static bool kernel_refuses(void)
{
    const hm_debug_options *options = &kernel.options;
    uint64_t call = ++kernel.calls;
    bool refuses = (options->fail_every != 0 && call % options->fail_every == 0) ||
                   (options->fail_at != 0 &&
                    (call == options->fail_at || (options->fail_after && call > options->fail_at)));
    kernel.refused += refuses;
    return refuses;
}

static void *mapped(void *address, size_t bytes)
{
    kernel.mapped_bytes += address == NULL ? 0 : hm_system_round_up(bytes);
    return address;
}

void *__wrap_hm_system_map(size_t bytes)
{
    return kernel_refuses() ? NULL : mapped(__real_hm_system_map(bytes), bytes);
}

void *__wrap_hm_system_map_aligned(size_t bytes, size_t alignment)
{
    return kernel_refuses() ? NULL : mapped(__real_hm_system_map_aligned(bytes, alignment), bytes);
}

void *__wrap_hm_system_remap(void *address, size_t old_bytes, size_t new_bytes)
{
    void *moved = kernel_refuses() ? NULL : __real_hm_system_remap(address, old_bytes, new_bytes);
    if (moved != NULL)
        kernel.mapped_bytes -= hm_system_round_up(old_bytes);
    return mapped(moved, new_bytes);
}

void __wrap_hm_system_unmap(void *address, size_t bytes)
{
    kernel.mapped_bytes -= address == NULL ? 0 : hm_system_round_up(bytes);
    __real_hm_system_unmap(address, bytes);
}

uint64_t sweep_mapped_bytes(void)
{
    return kernel.mapped_bytes;
}

void sweep_refuse_kernel(const hm_debug_options *options)
{
    kernel.options = *options;
    kernel.calls = 0;
    kernel.refused = 0;
}

uint64_t sweep_kernel_refusals(void)
{
    return kernel.refused;
}

uint64_t sweep_kernel_requests(void)
{
    return kernel.calls;
}

/* ---- one call ---- */

hm_debug_options sweep_options(sweep_mode mode, uint64_t point)
{
    if (mode == SWEEP_EVERY)
        return (hm_debug_options){.fail_every = point};
    return (hm_debug_options){.fail_at = point, .fail_after = mode == SWEEP_FROM};
}

/* Objects of the heap's own: where they were made in the call they stay for the next one. */
static uint64_t own_objects(const sweep *on)
{
    return (uint64_t)(on->heap->finalizers != NULL) + (hm_heap_garbage(on->heap) != NULL);
}

static uint64_t live_objects(const sweep *on)
{
    return hm_heap_live_objects(on->heap) - own_objects(on);
}

void sweep_arm(sweep *on)
{
    hm_debug_options options = sweep_options(on->mode, on->point);
    on->before = hm_debug_read();
    on->live_before = live_objects(on);
    on->mapped_before = sweep_mapped_bytes();
    if (on->source == SWEEP_ALLOCATOR)
        hm_debug_configure(&options);
    else
        sweep_refuse_kernel(&options);
}

static void stop_refusing(sweep *on)
{
    static const hm_debug_options none = {.fail_at = 0};
    on->refused = on->source == SWEEP_ALLOCATOR
                      ? hm_debug_read().planned_failures - on->before.planned_failures
                      : sweep_kernel_refusals();
    hm_debug_configure(&none);
    sweep_refuse_kernel(&none);
    refusals += on->refused;
}

static void fail_point(const sweep *on, const char *what, const char *detail)
{
    static const char *const sources[] = {"allocator", "kernel"};
    static const char *const modes[] = {"at", "from", "every"};
    static const char *const settings[] = {"plain",  "collecting", "free lists",
                                           "traced", "off",        "none"};
    fail_msg("%s, %s, the %s refusing %s %llu: %s%s", on->name, settings[on->setting],
             sources[on->source], modes[on->mode], (unsigned long long)on->point, what, detail);
}

/* A success leaves no error; a failure comes of a refusal. */
void sweep_disarm(sweep *on, bool done)
{
    stop_refusing(on);
    if (done && (on->heap->error.status != HM_OK || on->error.status != HM_OK))
        fail_point(on, "it succeeded and left an error: ", on->heap->error.message);
    if (!done && on->refused == 0)
        fail_point(on, "it failed and nothing was refused: ", on->heap->error.message);
}

static void check_error(const sweep *on, const hm_error *error)
{
    if (error->status != HM_NO_MEMORY || strstr(error->message, "memory") == NULL)
        fail_point(on, "the error is not one of memory: ", error->message);
}

static void check_sound(const sweep *on)
{
    hm_error error = {0};
    if (hm_heap_check(on->heap, &error) != HM_OK)
        fail_point(on, "the heap is not sound: ", error.message);
    if (hm_debug_check_all() != 0 || hm_debug_read().defects != 0)
        fail_point(on, "a defect: ", hm_debug_read().first_defect);
}

static void check_nothing_left(const sweep *on)
{
    hm_debug_totals now = hm_debug_read();
    char text[128];
    snprintf(text, sizeof text, "%lld objects, %lld blocks, %lld bytes, %lld bytes of the kernel",
             (long long)(live_objects(on) - on->live_before),
             (long long)(now.live_blocks - on->before.live_blocks),
             (long long)(now.live_bytes - on->before.live_bytes),
             (long long)(sweep_mapped_bytes() - on->mapped_before));
    bool keeps = (on->flags & SWEEP_KEEPS) != 0;
    if (on->flags & SWEEP_HALFWAY)
        return;
    bool same = live_objects(on) == on->live_before;
    if (!keeps && on->setting != SWEEP_FREE_LISTS)
        same = same && now.live_blocks == on->before.live_blocks &&
               now.live_bytes == on->before.live_bytes;
    if (!keeps && on->setting != SWEEP_TRACED && on->setting != SWEEP_NONE)
        same = same && sweep_mapped_bytes() == on->mapped_before;
    if (!same)
        fail_point(on, "it failed and left ", text);
}

void sweep_check_failure(sweep *on)
{
    hm_error *heaps = &on->heap->error;
    if ((heaps->status != HM_OK) == (on->error.status != HM_OK))
        fail_point(on, "one error and no more must be told: ", heaps->message);
    check_error(on, heaps->status != HM_OK ? heaps : &on->error);
    check_sound(on);
    check_nothing_left(on);
    hm_error_clear(heaps);
    hm_error_clear(&on->error);
}

void sweep_check_told(sweep *on)
{
    stop_refusing(on);
    if (on->heap->error.status != HM_OK || on->error.status != HM_OK)
        fail_point(on, "an error is left: ", on->heap->error.message);
    if (on->told > 0 && on->refused == 0)
        fail_point(on, "told, and nothing was refused: ", on->told_last.message);
    if (on->told > 0)
        check_error(on, &on->told_last);
    check_sound(on);
    on->told = 0;
}

/* ---- all of them ---- */

static void hear(hm_heap *heap, hm_object *object, const hm_error *error, void *context)
{
    sweep *on = context;
    HM_UNUSED(heap);
    HM_UNUSED(object);
    on->told++;
    on->told_last = *error;
}

hm_heap_config sweep_config(const char *collector)
{
    return fixture_config(collector);
}

hm_heap *sweep_heap(sweep_setting setting)
{
    static const char *const collectors[] = {
        [SWEEP_OFF] = "off", [SWEEP_NONE] = "none", [SWEEP_SETTINGS] = NULL};
    const char *collector = collectors[setting] == NULL ? "generational" : collectors[setting];
    hm_heap_config config = fixture_config(collector);
    config.settings.automatic = setting == SWEEP_COLLECTING;
    for (int generation = 0; generation < HM_GENERATIONS; generation++)
        config.settings.thresholds[generation] = 1;
    config.freelists = setting == SWEEP_FREE_LISTS;
    hm_heap *heap = fixture_create(&config);
    if (setting == SWEEP_TRACED)
        assert_true(hm_trace_start(heap, &(hm_trace_options){.frames = TRACED_FRAMES}));
    return heap;
}

/* Needs memory of its own, which it drops. */
static hm_object *run_callable(hm_heap *heap, hm_frame *frame)
{
    HM_UNUSED(frame);
    return hm_list_sized(heap, SWEEP_ITEMS);
}

static void make_objects(sweep *on)
{
    static const hm_code code = {.name = "make_list",
                                 .argument_count = 1,
                                 .local_count = 1,
                                 .optional_count = 1,
                                 .run = run_callable};
    hm_heap *heap = on->heap;
    on->class = hm_class_new(heap, &(hm_class_spec){.name = "C", .has_dict = true});
    on->instance = hm_instance_new(heap, on->class);
    on->list = hm_list_sized(heap, SWEEP_ITEMS);
    on->key = hm_str_from(heap, "a key");
    on->value = hm_int_new(heap, INT64_C(1) << 40);
    on->callable = hm_function_new(heap, &code, NULL, NULL);
    for (size_t index = 0; index < SWEEP_ITEMS; index++) {
        char text[40];
        snprintf(text, sizeof text, "name %zu", index);
        on->names[index] = hm_str_from(heap, text);
        assert_non_null(on->names[index]);
        hm_list_set(heap, on->list, index, hm_incref(on->names[index]));
    }
    assert_true(on->class != NULL && on->instance != NULL && on->list != NULL && on->key != NULL &&
                on->value != NULL && on->callable != NULL);
}

static void drop_objects(sweep *on)
{
    hm_object *objects[] = {on->instance, on->class, on->list, on->key, on->value, on->callable};
    for (size_t index = 0; index < HM_COUNT_OF(objects); index++)
        hm_decref(on->heap, objects[index]);
    for (size_t index = 0; index < SWEEP_ITEMS; index++)
        hm_decref(on->heap, on->names[index]);
}

/* One point; true: something was refused. */
static bool run_point(sweep *on, sweep_function run)
{
    uint64_t mapped_bytes = sweep_mapped_bytes();
    on->heap = sweep_heap(on->setting);
    hm_heap_set_unraisable_hook(on->heap, hear, on);
    make_objects(on);
    uint64_t live = live_objects(on);
    run(on);
    if (live_objects(on) != live)
        fail_point(on, "objects are left in the end", "");
    if (on->told != 0)
        fail_point(on, "told outside of the call: ", on->told_last.message);
    check_sound(on);
    drop_objects(on);
    fixture_end(on->heap);
    if (sweep_mapped_bytes() != mapped_bytes)
        fail_point(on, "kernel memory is left when the heap has ended", "");
    points++;
    return on->refused != 0;
}

static bool is_swept(const swept *function, sweep_setting setting)
{
    if ((function->flags & SWEEP_NEEDS_GENERATIONS) &&
        (setting == SWEEP_OFF || setting == SWEEP_NONE))
        return false;
    if ((function->flags & SWEEP_MAPS) && setting != SWEEP_PLAIN && setting != SWEEP_NONE)
        return false;
    return setting != SWEEP_TRACED || HM_TRACE;
}

/* How many points there are before one passes without a refusal. */
static uint64_t sweep_mode_of(const swept *function, sweep_setting setting, sweep_source source,
                              sweep_mode mode)
{
    for (uint64_t point = 1;; point++) {
        sweep on = {.name = function->name,
                    .flags = function->flags,
                    .setting = setting,
                    .source = source,
                    .mode = mode,
                    .point = point};
        if (!run_point(&on, function->run))
            return point - 1;
    }
}

void sweep_warm_up(void)
{
    static void *blocks[WARM_BLOCKS];
    const hm_allocator *allocator = fixture_allocator();
    for (size_t index = 0; index < WARM_BLOCKS; index++)
        blocks[index] = allocator->malloc(1);
    for (size_t index = 0; index < WARM_BLOCKS; index++)
        allocator->free(blocks[index]);
}

#ifdef HM_SLOW_TOOL /* plain and none, each request alone */
enum { SETTING_STEP = SWEEP_NONE - SWEEP_PLAIN, PART_STEP = SWEEP_MODES };
#else
enum { SETTING_STEP = 1, PART_STEP = 1 };
#endif

/* A function that nothing can be refused to asks for nothing: its sweep says nothing of it. */
static void sweep_one(const swept *function)
{
    uint64_t found = 0;
    for (int setting = 0; setting < SWEEP_SETTINGS; setting += SETTING_STEP) {
        for (int part = 0; part < SWEEP_SOURCES * SWEEP_MODES; part += PART_STEP) {
            if (is_swept(function, (sweep_setting)setting))
                found += sweep_mode_of(function, (sweep_setting)setting,
                                       (sweep_source)(part / SWEEP_MODES),
                                       (sweep_mode)(part % SWEEP_MODES));
        }
    }
    if (found == 0)
        fail_msg("%s asks for no memory in its sweep", function->name);
}

void sweep_all(const swept *functions, size_t count)
{
    sweep_warm_up();
    for (size_t index = 0; index < count; index++)
        sweep_one(&functions[index]);
}

uint64_t sweep_points(void)
{
    return points;
}

uint64_t sweep_refusals(void)
{
    return refusals;
}
