/**
 * This module is the workload `list-append`, so that the commonest way a list comes about can be
 * measured apart from what is appended and from the list's end.
 *
 * Models `result.append(x)` in a loop. Stresses realloc along the list's growth and the reference
 * counts of the items. A batch's lists are dropped in the restore phase, which is not timed. It has
 * no numbers that need a source.
 */
#include "workloads/layer.h"
#include "workloads/parameters.h"

enum { ITEMS, PARAMETERS };
enum { FIRST_ITEM = 1000 }; /* above the shared small ints */

static const hm_parameter parameters[PARAMETERS] = {
    [ITEMS] = {"items", "items", "items appended to a new list", 1, 10000000, 1000, NULL, true},
};

typedef struct list_append {
    hm_lane lane;
    size_t items;
    hm_layer_slots elements; /* ints, `items` of them */
    hm_layer_slots lists;    /* of a batch */
    size_t next;             /* the place of the next list */
} list_append;

static bool append_all(hm_heap *heap, hm_layer_object *list, hm_layer_object *const *items,
                       size_t count)
{
    for (size_t index = 0; index < count; index++) {
        if (HM_UNLIKELY(!hm_layer_list_append(heap, list, items[index])))
            return false;
    }
    return true;
}

static bool failed(list_append *state)
{
    return hm_layer_failed(&state->lane, "list-append: appending to a list");
}

static bool one_list(list_append *state)
{
    hm_heap *heap = state->lane.heap;
    hm_layer_object **slot = &state->lists.at[state->next];
    state->next = (state->next + 1) % state->lists.count;
    if (HM_UNLIKELY(*slot != NULL)) { /* no restore phase came before */
        hm_layer_drop(heap, *slot);
        *slot = NULL;
    }
    *slot = hm_layer_list(heap);
    if (*slot == NULL || !append_all(heap, *slot, state->elements.at, state->items))
        return failed(state);
    size_t length = hm_layer_list_length(*slot);
    int64_t last = hm_layer_int_value(hm_layer_list_get(*slot, length - 1));
    if (length != state->items || last != hm_layer_int_value(state->elements.at[length - 1]))
        return hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                            "list-append: a list of %zu items ends with %lld after %zu appends",
                            length, (long long)last, state->items);
    state->lane.checksum = hm_checksum_add(state->lane.checksum, (uint64_t)last);
    return true;
}

static bool steady(void *opaque, unsigned thread, uint64_t iterations)
{
    list_append *state = hm_lanes_at(opaque, thread);
    uint64_t lists = iterations * hm_layer_containers(state->items);
    for (uint64_t count = 0; count < lists; count++) {
        if (!one_list(state))
            return false;
    }
    return true;
}

/** Reads every item of a list; false: one is not the one that was appended there. */
static bool is_whole(const list_append *state, hm_layer_object *list)
{
    size_t right = 0;
    for (size_t index = 0; index < state->items; index++)
        right += hm_layer_list_get(list, index) == state->elements.at[index];
    return right == state->items;
}

/** Reads and drops the lists of the last batch. */
static bool restore(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    list_append *state = hm_lanes_at(opaque, thread);
    for (size_t index = 0; index < state->lists.count; index++) {
        if (state->lists.at[index] != NULL && !is_whole(state, state->lists.at[index]))
            return hm_lane_fail(&state->lane, HM_WRONG_RESULT,
                                "list-append: a list does not hold what was appended");
    }
    hm_layer_slots_drop(&state->lane, &state->lists);
    state->next = 0;
    return true;
}

static bool build(void *opaque, unsigned thread, uint64_t iterations)
{
    HM_UNUSED(iterations);
    list_append *state = hm_lanes_at(opaque, thread);
    int64_t first = FIRST_ITEM + (int64_t)(state->lane.seed & 0xffffff);
    for (size_t index = 0; index < state->items; index++) {
        state->elements.at[index] = hm_layer_int(state->lane.heap, first + (int64_t)index);
        if (state->elements.at[index] == NULL)
            return hm_layer_failed(&state->lane, "list-append: making items");
    }
    return true;
}

static bool release(void *opaque, unsigned thread, uint64_t iterations)
{
    list_append *state = hm_lanes_at(opaque, thread);
    if (!restore(opaque, thread, iterations))
        return false;
    hm_layer_slots_drop(&state->lane, &state->elements);
    return true;
}

static bool open_lane(void *opaque)
{
    list_append *state = opaque;
    state->items = (size_t)state->lane.parameters[ITEMS];
    uint64_t lists = hm_layer_containers(state->items) * hm_layer_most_iterations(state->items);
    return hm_layer_slots_open(&state->lane, &state->elements, state->items) &&
           hm_layer_slots_open(&state->lane, &state->lists, lists);
}

static void close_lane(void *opaque)
{
    list_append *state = opaque;
    hm_layer_slots_close(&state->lane, &state->lists);
    hm_layer_slots_close(&state->lane, &state->elements);
}

const hm_workload hm_list_append_workload;

static hm_status validate(const int64_t *values, hm_error *error)
{
    return hm_parameters_in_range(&hm_list_append_workload, values, error);
}

static void *setup(const hm_workload_context *context)
{
    return hm_lanes_setup(context, sizeof(list_append), open_lane, close_lane);
}

static uint64_t most_iterations(const int64_t *values)
{
    return hm_layer_most_iterations((uint64_t)values[ITEMS]);
}

static uint64_t operations(const int64_t *values)
{
    return (uint64_t)values[ITEMS] * hm_layer_containers((uint64_t)values[ITEMS]);
}

const hm_workload hm_list_append_workload = {
    .name = "list-append",
    .brief = "Items appended to new lists one by one",
    .group = "object",
    .operation = "one item appended",
    .parameters = parameters,
    .parameter_count = PARAMETERS,
    .phases = {{"build", HM_PHASE_BUILD, build},
               {"restore", HM_PHASE_RESTORE, restore},
               {"steady", HM_PHASE_STEADY, steady},
               {"release", HM_PHASE_RELEASE, release}},
    .validate = validate,
    .setup = setup,
    .most_iterations = most_iterations,
    .operations = operations,
    .check = hm_lanes_check,
    .teardown = hm_lanes_teardown,
};
