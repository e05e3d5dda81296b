/* Everything the runtime can be asked to do with the objects there are. An operand of the wrong
 * type makes an action do nothing, but where the runtime itself is to refuse it. */
#include "allocators/decorators.h"
#include "tests/fuzz/graph.h"

enum { MOST_ITEMS = 200 };

static void make(fuzz_graph *graph, fuzz_bytes *bytes)
{
    size_t slot = graph_slot(bytes);
    hm_object *made = graph_has_room(graph) ? graph_make(graph, bytes) : NULL;
    if (made != NULL)
        graph_put(graph, slot, made);
}

static void drop(fuzz_graph *graph, fuzz_bytes *bytes)
{
    graph_put(graph, graph_slot(bytes), NULL);
}

static void copy(fuzz_graph *graph, fuzz_bytes *bytes)
{
    hm_object *value = graph_operand(graph, bytes);
    graph_put(graph, graph_slot(bytes), hm_incref(value));
}

static void use_list(fuzz_graph *graph, fuzz_bytes *bytes)
{
    hm_heap *heap = graph->heap;
    hm_object *list = graph_operand(graph, bytes), *value = graph_operand(graph, bytes);
    uint8_t choice = fuzz_byte(bytes);
    if (!hm_is(list, &hm_list_type))
        return;
    size_t length = hm_list_length(list), index = length > 0 ? choice / 8 % length : 0;
    bool done = true;
    switch (choice % 8) {
    case 0:
        hm_list_clear(heap, list);
        break;
    case 1:
        hm_xdecref(heap, hm_list_pop(heap, list));
        break;
    case 2:
        done = hm_list_delete(heap, list, choice / 8);
        break;
    case 3:
        if (length > 0)
            hm_list_set(heap, list, index, hm_incref(value));
        break;
    default:
        if (length < MOST_ITEMS)
            done = hm_list_append(heap, list, value);
    }
    HM_CHECK(done || heap->error.status != HM_OK);
}

static void use_dict(fuzz_graph *graph, fuzz_bytes *bytes)
{
    hm_heap *heap = graph->heap;
    hm_object *dict = graph_operand(graph, bytes), *key = graph_operand(graph, bytes), *value;
    uint8_t choice = fuzz_byte(bytes);
    bool done = true;
    if (!hm_is(dict, &hm_dict_type))
        return;
    switch (choice % 8) {
    case 0:
        hm_dict_clear(heap, dict);
        break;
    case 1:
        done = hm_dict_delete(heap, dict, key);
        break;
    case 2:
        done = hm_dict_pop_item(heap, dict, &key, &value);
        if (done) {
            hm_decref(heap, key);
            hm_decref(heap, value);
        }
        break;
    case 3:
        value = hm_dict_get(heap, dict, key);
        break;
    default:
        value = graph_operand(graph, bytes);
        if (hm_dict_length(dict) < MOST_ITEMS)
            done = hm_dict_set(heap, dict, key, value);
    }
    HM_CHECK(done || heap->error.status != HM_OK);
}

static void use_set(fuzz_graph *graph, fuzz_bytes *bytes)
{
    hm_heap *heap = graph->heap;
    hm_object *set = graph_operand(graph, bytes), *key = graph_operand(graph, bytes);
    uint8_t choice = fuzz_byte(bytes);
    bool done = true;
    if (!hm_is(set, &hm_set_type))
        return;
    if (choice % 4 == 0)
        hm_set_clear(heap, set);
    else if (choice % 4 == 1)
        hm_set_discard(heap, set, key);
    else if (hm_set_length(set) < MOST_ITEMS)
        done = hm_set_add(heap, set, key);
    HM_CHECK(done || heap->error.status != HM_OK);
    HM_CHECK(choice % 4 < 2 || !done || hm_set_length(set) >= MOST_ITEMS ||
             hm_set_contains(heap, set, key));
}

static void use_instance(fuzz_graph *graph, fuzz_bytes *bytes)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    hm_heap *heap = graph->heap;
    hm_object *instance = graph_operand(graph, bytes), *value = graph_operand(graph, bytes);
    uint8_t choice = fuzz_byte(bytes);
    if ((instance->type->flags & HM_TYPE_INSTANCE) == 0)
        return;
    hm_object *name = hm_str_interned(heap, names[choice / 8 % HM_COUNT_OF(names)]);
    if (name == NULL)
        return;
    bool done = true;
    hm_object *dict;
    switch (choice % 8) {
    case 0:
        done = hm_instance_delete(heap, instance, name);
        break;
    case 1:
        hm_instance_get(heap, instance, name);
        break;
    case 2:
        dict = hm_instance_dict(heap, instance);
        if (dict != NULL)
            graph_put(graph, choice / 8 % GRAPH_SLOTS, hm_incref(dict));
        break;
    default:
        done = hm_instance_set(heap, instance, name, value);
    }
    HM_CHECK(done || heap->error.status != HM_OK);
    hm_decref(heap, name);
}

static void use_cell_or_generator(fuzz_graph *graph, fuzz_bytes *bytes)
{
    hm_heap *heap = graph->heap;
    hm_object *object = graph_operand(graph, bytes), *value = graph_operand(graph, bytes);
    uint8_t choice = fuzz_byte(bytes);
    if (hm_is(object, &hm_cell_type)) {
        hm_cell_set(heap, object, choice % 4 == 0 ? NULL : hm_incref(value));
    } else if (hm_is(object, &hm_generator_type)) {
        if (choice % 4 == 0)
            (void)hm_generator_close(heap, object);
        else
            hm_xdecref(heap, hm_generator_next(heap, object));
    } else if (hm_is(object, &hm_weakref_type)) {
        hm_object *referent = hm_weakref_get(object);
        graph_put(graph, choice % GRAPH_SLOTS, referent);
    }
}

static void call(fuzz_graph *graph, fuzz_bytes *bytes)
{
    hm_object *callable = graph_operand(graph, bytes);
    hm_object *arguments[2] = {graph_operand(graph, bytes), graph_operand(graph, bytes)};
    size_t slot = graph_slot(bytes);
    hm_object *result = hm_call(graph->heap, callable, arguments, fuzz_below(bytes, 3));
    HM_CHECK(result != NULL || graph->heap->error.status != HM_OK);
    if (result != NULL)
        graph_put(graph, slot, result);
}

static void use_proxy(fuzz_graph *graph, fuzz_bytes *bytes)
{
    hm_heap *heap = graph->heap;
    hm_object *proxy = graph_operand(graph, bytes), *other = graph_operand(graph, bytes);
    uint8_t choice = fuzz_byte(bytes);
    size_t length;
    bool answer;
    if (!hm_is(proxy, &hm_weakproxy_type) && !hm_is(proxy, &hm_weakcallableproxy_type))
        return;
    switch (choice % 7) {
    case 0:
        hm_xdecref(heap, hm_weakproxy_referent(heap, proxy));
        break;
    case 1:
        (void)!hm_weakproxy_length(heap, proxy, &length);
        break;
    case 2:
        (void)!hm_weakproxy_contains(heap, proxy, other, &answer);
        break;
    case 3:
        (void)!hm_weakproxy_truth(heap, proxy, &answer);
        break;
    case 4:
        hm_xdecref(heap, hm_weakproxy_next(heap, proxy));
        break;
    case 5:
        hm_xdecref(heap, hm_weakproxy_call(heap, proxy, &other, 1));
        break;
    default:
        (void)!hm_weakproxy_equal(heap, proxy, other, &answer);
    }
}

static bool holds_proxy(const hm_object *object)
{
    bool holds = hm_is(object, &hm_weakproxy_type) || hm_is(object, &hm_weakcallableproxy_type);
    for (size_t index = 0; !holds && hm_is(object, &hm_tuple_type); index++) {
        if (index == hm_tuple_length(object))
            break;
        holds = holds_proxy(hm_tuple_get(object, index));
    }
    return holds;
}

/* Looks at hash and equality, which must agree. With a proxy, as in CPython, it matters who is
   asked: a weak reference equals the proxy of its object, which does not equal it. */
static void compare(fuzz_graph *graph, fuzz_bytes *bytes)
{
    hm_object *left = graph_operand(graph, bytes), *right = graph_operand(graph, bytes);
    uint64_t left_hash, right_hash;
    bool both = hm_object_hash(graph->heap, left, &left_hash) &&
                hm_object_hash(graph->heap, right, &right_hash);
    bool equal = hm_object_equal(left, right);
    HM_CHECK(equal == hm_object_equal(right, left) || holds_proxy(left) || holds_proxy(right));
    HM_CHECK(!both || !equal || left_hash == right_hash);
}

static void collect(fuzz_graph *graph, fuzz_bytes *bytes)
{
    hm_gc_collect(graph->heap, (int)fuzz_below(bytes, 5) - 1);
}

static void control_collector(fuzz_graph *graph, fuzz_bytes *bytes)
{
    static const uint32_t thresholds[] = {0, 1, 3, 700};
    hm_heap *heap = graph->heap;
    uint8_t choice = fuzz_byte(bytes);
    uint32_t given[HM_GENERATIONS] = {thresholds[choice / 8 % 4], 1 + choice / 32 % 3, 2};
    switch (choice % 6) {
    case 0:
        (void)!hm_gc_enable(heap);
        break;
    case 1:
        hm_gc_disable(heap);
        break;
    case 2:
        (void)!hm_gc_freeze(heap);
        break;
    case 3:
        (void)!hm_gc_unfreeze(heap);
        break;
    case 4:
        hm_gc_set_thresholds(heap, given);
        break;
    default:
        hm_gc_set_debug(heap, choice / 8 % 4 == 0 ? HM_GC_DEBUG_SAVEALL : 0);
        graph->keeps_garbage = true;
    }
}

static void ask_collector(fuzz_graph *graph, fuzz_bytes *bytes)
{
    hm_heap *heap = graph->heap;
    hm_object *object = graph_operand(graph, bytes), *answer;
    uint8_t choice = fuzz_byte(bytes);
    uint64_t live;
    switch (choice % 6) {
    case 0:
        answer = hm_gc_get_objects(heap, choice / 6 % 4 - 1);
        break;
    case 1:
        answer = hm_gc_get_referrers(heap, &object, 1);
        break;
    case 2:
        answer = hm_gc_get_referents(heap, &object, 1);
        break;
    case 3:
        answer = hm_weakref_list(heap, object);
        break;
    case 4:
        answer = hm_gc_garbage(heap);
        hm_xincref(answer);
        graph->keeps_garbage = true;
        break;
    default:
        answer = NULL;
        HM_CHECK(hm_heap_live_bytes(heap, &live, NULL));
    }
    if (answer != NULL && choice & 64)
        graph_put(graph, choice % GRAPH_SLOTS, hm_incref(answer));
    hm_xdecref(heap, answer);
}

static void check(fuzz_graph *graph, fuzz_bytes *bytes)
{
    hm_error error = {0};
    HM_UNUSED(bytes);
    if (hm_heap_check(graph->heap, &error) != HM_OK)
        hm_check_failed(error.message, __FILE__, __LINE__, __func__);
}

/* One of the next allocating calls fails. */
static void plan_failure(fuzz_graph *graph, fuzz_bytes *bytes)
{
    HM_UNUSED(graph);
    hm_debug_configure(&(hm_debug_options){.fail_at = 1 + fuzz_below(bytes, 16)});
}

static void finalize(fuzz_graph *graph, fuzz_bytes *bytes)
{
    hm_heap *heap = graph->heap;
    hm_object *object = graph_operand(graph, bytes);
    uint8_t choice = fuzz_byte(bytes);
    if (choice == 255)
        (void)!hm_finalize_run_at_exit(heap);
    if (!hm_is(object, &hm_finalize_type))
        return;
    if (choice % 4 == 0)
        hm_xdecref(heap, hm_finalize_call(heap, object));
    else if (choice % 4 == 1)
        hm_xdecref(heap, hm_finalize_detach(heap, object));
    else if (choice % 4 == 2)
        hm_xdecref(heap, hm_finalize_peek(heap, object));
    else {
        hm_finalize_set_at_exit(object, choice & 4);
        /* One that is not run at the end keeps what it would have called, and with what. */
        graph->keeps_garbage = graph->keeps_garbage || (choice & 4) == 0;
    }
}

typedef void action(fuzz_graph *graph, fuzz_bytes *bytes);

void graph_act(fuzz_graph *graph, fuzz_bytes *bytes)
{
    static action *const actions[] = {
        make,
        make,
        make,
        make,
        make,
        make,
        drop,
        drop,
        copy,
        use_list,
        use_list,
        use_dict,
        use_dict,
        use_set,
        use_instance,
        use_instance,
        call,
        use_cell_or_generator,
        use_proxy,
        compare,
        collect,
        control_collector,
        check,
        ask_collector,
        finalize,
        plan_failure,
        graph_use_weak_container,
    };
    actions[fuzz_below(bytes, HM_COUNT_OF(actions))](graph, bytes);
    graph_let_go(graph);
    hm_error_clear(&graph->heap->error);
}
