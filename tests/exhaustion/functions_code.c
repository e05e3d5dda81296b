/*
 * This module is the sweeps of cells, functions, calls and generators, and of what they and
 * finalizers do in their bodies when there is no memory.
 */
#include "functions.h"

static void sweep_hm_cell_new(sweep *on)
{
    hm_object *cell;
    SWEEP(on, cell = hm_cell_new(on->heap, on->list), cell != NULL);
    assert_ptr_equal(hm_cell_get(cell), on->list);
    sweep_drop(on, cell);
    assert_int_equal(on->list->reference_count, 1);
}

static hm_object *run_pair(hm_heap *heap, hm_frame *frame)
{
    return hm_tuple_of(heap, frame->locals, 2);
}

static const hm_code pair_code = {
    .name = "pair", .argument_count = 2, .local_count = 2, .run = run_pair};

static void sweep_hm_function_new(sweep *on)
{
    hm_object *function, *globals = hm_dict_new(on->heap);
    SWEEP(on, function = hm_function_new(on->heap, &pair_code, globals, NULL), function != NULL);
    assert_ptr_equal(hm_function_globals(function), globals);
    sweep_drop(on, function);
    assert_int_equal(globals->reference_count, 1);
    sweep_drop(on, globals);
}

static void sweep_hm_method_new(sweep *on)
{
    hm_object *method;
    SWEEP(on, method = hm_method_new(on->heap, on->callable, on->list), method != NULL);
    assert_ptr_equal(hm_method_self(method), on->list);
    sweep_drop(on, method);
    assert_int_equal(on->callable->reference_count, 1);
}

static void sweep_hm_frame_new(sweep *on)
{
    hm_object *frame;
    SWEEP(on, frame = hm_frame_new(on->heap, &pair_code, on->callable, NULL), frame != NULL);
    sweep_drop(on, frame);
    assert_int_equal(on->callable->reference_count, 1);
}

/* Its frame, and what its body makes. */
static void sweep_hm_call(sweep *on)
{
    hm_object *result, *function = hm_function_new(on->heap, &pair_code, NULL, NULL);
    hm_object *method = hm_method_new(on->heap, function, on->list);
    SWEEP(on, result = hm_call(on->heap, method, &on->key, 1), result != NULL);
    assert_ptr_equal(hm_tuple_get(result, 0), on->list);
    assert_ptr_equal(hm_tuple_get(result, 1), on->key);
    sweep_drop(on, result);
    sweep_drop(on, method);
    sweep_drop(on, function);
}

/* ---- generators ---- */

static hm_object *resume_lists(hm_heap *heap, hm_generator *generator)
{
    hm_object *list = hm_list_sized(heap, 3);
    if (list != NULL)
        hm_generator_set(heap, &generator->base.base, 0, hm_incref(list));
    return list;
}

static bool clean_up_with_a_list(hm_heap *heap, hm_generator *generator)
{
    return hm_list_append_new(heap, generator->locals[0], hm_list_sized(heap, 2));
}

static const hm_generator_code lists_code = {
    .name = "lists", .local_count = 1, .resume = resume_lists, .cleanup = clean_up_with_a_list};

static void sweep_hm_generator_new(sweep *on)
{
    hm_object *generator;
    SWEEP(on, generator = hm_generator_new(on->heap, &lists_code), generator != NULL);
    sweep_drop(on, generator);
}

static hm_object *generator_at_first_item(sweep *on)
{
    hm_object *generator = hm_generator_new(on->heap, &lists_code);
    hm_decref(on->heap, hm_generator_next(on->heap, generator));
    return generator;
}

/* A body that fails ends its generator, so it is asked of a new one. */
static void sweep_hm_generator_next(sweep *on)
{
    hm_object *item, *generator = generator_at_first_item(on);
    sweep_arm(on);
    item = hm_generator_next(on->heap, generator);
    sweep_disarm(on, item != NULL);
    if (item == NULL) {
        assert_int_equal(on->heap->error.status, HM_NO_MEMORY);
        hm_error_clear(&on->heap->error);
        assert_int_equal(hm_generator_get_status(generator), HM_GENERATOR_FINISHED);
        hm_decref(on->heap, generator);
        generator = generator_at_first_item(on);
        item = hm_generator_next(on->heap, generator);
    }
    assert_int_equal(hm_list_length(item), 3);
    sweep_drop(on, item);
    sweep_drop(on, generator);
}

/* A cleanup that fails has run: closing once more succeeds and does nothing. */
static void sweep_hm_generator_close(sweep *on)
{
    bool done;
    hm_object *generator = generator_at_first_item(on);
    sweep_arm(on);
    done = hm_generator_close(on->heap, generator);
    sweep_disarm(on, done);
    assert_int_equal(on->heap->error.status, done ? HM_OK : HM_NO_MEMORY);
    hm_error_clear(&on->heap->error);
    assert_int_equal(hm_generator_get_status(generator), HM_GENERATOR_FINISHED);
    assert_true(hm_generator_close(on->heap, generator));
    sweep_drop(on, generator);
}

/* ---- what runs at an object's death ---- */

static void sweep_hm_decref_generator(sweep *on)
{
    hm_object *generator = generator_at_first_item(on);
    SWEEP_TOLD(on, hm_decref(on->heap, generator));
}

static bool make_objects(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(context);
    hm_object *list = hm_list_of(heap, &self, 1);
    hm_object *cell = list == NULL ? NULL : hm_cell_new(heap, list);
    hm_xdecref(heap, list);
    hm_xdecref(heap, cell);
    return cell != NULL;
}

static hm_object *needy_class(sweep *on)
{
    const hm_class_spec spec = {
        .name = "Needy", .slot_count = 1, .has_weakrefs = true, .finalizer = make_objects};
    hm_object *class = hm_class_new(on->heap, &spec);
    assert_non_null(class);
    return class;
}

/* A chain of them, so that one's failure is told in the middle of another's end. */
static void sweep_hm_decref(sweep *on)
{
    hm_object *class = needy_class(on), *next = NULL;
    for (int index = 0; index < 3; index++) {
        hm_object *object = hm_instance_new(on->heap, class);
        hm_store(on->heap, object, hm_instance_slot(object, 0), next);
        next = object;
    }
    SWEEP_TOLD(on, hm_decref(on->heap, next));
    assert_int_equal(class->reference_count, 1);
    sweep_drop(on, class);
}

static void sweep_hm_decref_weak_callback(sweep *on)
{
    hm_object *object = hm_instance_new(on->heap, on->class);
    hm_object *weak = hm_weakref_new_calling(on->heap, object, on->callable);
    SWEEP_TOLD(on, hm_decref(on->heap, object));
    assert_null(hm_weakref_get(weak));
    sweep_drop(on, weak);
}

/* The same in garbage: a collection needs no memory for itself. */
static void sweep_hm_heap_collect(sweep *on)
{
    enum { GARBAGE = 4 };
    hm_object *class = needy_class(on), *weak[GARBAGE];
    for (int index = 0; index < GARBAGE; index++) {
        hm_object *object = hm_instance_new(on->heap, class);
        hm_store(on->heap, object, hm_instance_slot(object, 0), hm_incref(object));
        weak[index] = hm_weakref_new_calling(on->heap, object, on->callable);
        hm_decref(on->heap, object);
    }
    int64_t collected;
    SWEEP_TOLD(on, collected = hm_heap_collect(on->heap, 2));
    if (on->setting != SWEEP_COLLECTING) /* there some are gone before */
        assert_int_equal(collected, GARBAGE);
    for (int index = 0; index < GARBAGE; index++) {
        assert_null(hm_weakref_get(weak[index]));
        hm_decref(on->heap, weak[index]);
    }
    assert_int_equal(class->reference_count, 1);
    sweep_drop(on, class);
}

static const swept functions[] = {
    SWEPT(hm_cell_new),
    SWEPT(hm_function_new),
    SWEPT(hm_method_new),
    SWEPT(hm_frame_new),
    SWEPT(hm_call),
    SWEPT(hm_generator_new),
    SWEPT(hm_generator_next),
    SWEPT(hm_generator_close),
    SWEPT(hm_decref_generator),
    SWEPT(hm_decref),
    SWEPT(hm_decref_weak_callback),
    SWEPT_WITH(hm_heap_collect, SWEEP_NEEDS_GENERATIONS),
};

const swept_table swept_code = {functions, HM_COUNT_OF(functions)};
