/* The weak containers: entries set, asked for, dropped, and walked through while bodies kill. */
#include "tests/fuzz/graph.h"

enum { MOST_ITEMS = 200 };

/* Steps through any of the three; each member found may die by what a body does. */
static void walk(fuzz_graph *graph, hm_object *container, unsigned kind)
{
    hm_heap *heap = graph->heap;
    hm_weak_iterator iterator;
    hm_object *key = NULL, *value = NULL;
    hm_weak_iterator_begin(heap, container, &iterator);
    for (;;) {
        bool found;
        if (hm_is(container, &hm_weak_set_type)) {
            key = hm_weak_set_next(heap, &iterator);
            value = &hm_none;
            found = key != NULL;
        } else if (hm_is(container, &hm_weak_key_dict_type)) {
            found = hm_weak_key_dict_next(heap, &iterator, &key, &value);
        } else {
            found = hm_weak_value_dict_next(heap, &iterator, &key, &value);
        }
        if (!found)
            break;
        graph_run_body(graph, kind, NULL);
        hm_decref(heap, key);
        hm_decref(heap, value);
    }
    hm_weak_iterator_end(heap, &iterator);
}

/* To look is to make a weak reference, which there may be no memory for. */
static void check_contained(const hm_heap *heap, bool contained)
{
    HM_CHECK(contained || heap->error.status == HM_NO_MEMORY);
}

static void use_weak_set(fuzz_graph *graph, hm_object *set, hm_object *item, uint8_t choice)
{
    hm_heap *heap = graph->heap;
    switch (choice % 6) {
    case 0:
        (void)!hm_weak_set_discard(heap, set, item);
        break;
    case 1:
        hm_xdecref(heap, hm_weak_set_pop(heap, set));
        break;
    case 2:
        hm_weak_set_clear(heap, set);
        break;
    case 3:
        hm_xdecref(heap, hm_weak_set_list(heap, set));
        break;
    default:
        if (hm_weak_set_length(set) < MOST_ITEMS && hm_weak_set_add(heap, set, item))
            check_contained(heap, hm_weak_set_contains(heap, set, item));
    }
}

static void drop_pair(hm_heap *heap, bool found, hm_object *key, hm_object *value)
{
    if (!found)
        return;
    hm_decref(heap, key);
    hm_decref(heap, value);
}

static void use_key_dict(fuzz_graph *graph, hm_object *dict, hm_object *key, hm_object *value,
                         uint8_t choice)
{
    hm_heap *heap = graph->heap;
    switch (choice % 6) {
    case 0:
        (void)!hm_weak_key_dict_delete(heap, dict, key);
        break;
    case 1:
        drop_pair(heap, hm_weak_key_dict_pop_item(heap, dict, &key, &value), key, value);
        break;
    case 2:
        hm_xdecref(heap, hm_weak_key_dict_items(heap, dict));
        break;
    case 3:
        hm_xdecref(heap, hm_weak_key_dict_get(heap, dict, key));
        break;
    default:
        if (hm_weak_key_dict_length(heap, dict) < MOST_ITEMS &&
            hm_weak_key_dict_set(heap, dict, key, value))
            check_contained(heap, hm_weak_key_dict_contains(heap, dict, key));
    }
}

static void use_value_dict(fuzz_graph *graph, hm_object *dict, hm_object *key, hm_object *value,
                           uint8_t choice)
{
    hm_heap *heap = graph->heap;
    switch (choice % 6) {
    case 0:
        (void)!hm_weak_value_dict_delete(heap, dict, key);
        break;
    case 1:
        drop_pair(heap, hm_weak_value_dict_pop_item(heap, dict, &key, &value), key, value);
        break;
    case 2:
        hm_xdecref(heap, hm_weak_value_dict_items(heap, dict));
        break;
    case 3:
        hm_xdecref(heap, hm_weak_value_dict_get(heap, dict, key));
        break;
    default:
        if (hm_weak_value_dict_length(heap, dict) < MOST_ITEMS &&
            hm_weak_value_dict_set(heap, dict, key, value))
            check_contained(heap, hm_weak_value_dict_contains(heap, dict, key));
    }
}

void graph_use_weak_container(fuzz_graph *graph, fuzz_bytes *bytes)
{
    hm_object *container = graph_operand(graph, bytes), *key = graph_operand(graph, bytes);
    hm_object *value = graph_operand(graph, bytes);
    uint8_t choice = fuzz_byte(bytes);
    if (!hm_is_weak_container(container))
        return;
    if (choice >= 224)
        walk(graph, container, choice % GRAPH_BODIES);
    else if (hm_is(container, &hm_weak_set_type))
        use_weak_set(graph, container, key, choice);
    else if (hm_is(container, &hm_weak_key_dict_type))
        use_key_dict(graph, container, key, value, choice);
    else
        use_value_dict(graph, container, key, value, choice);
}
