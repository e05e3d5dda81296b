/**
 * This module is the query `keys`: what is in a dict, a set or a weak container.
 */
#include "bench/conform/machine.h"
#include "bench/strings.h"
#include "object/weak_key_dict.h"
#include "object/weak_set.h"
#include "object/weak_value_dict.h"

#include <stdlib.h>
#include <string.h>

/* A new list of the members of anything that has keys; NULL: it has none, or an error. */
static hm_object *list_dict(hm_heap *heap, hm_object *dict)
{
    hm_object *list = hm_list_new(heap);
    hm_object *key, *value;
    size_t position = 0;
    while (list != NULL && hm_dict_next(dict, &position, &key, &value)) {
        if (!hm_list_append(heap, list, key))
            return list;
    }
    return list;
}

static hm_object *list_set(hm_heap *heap, hm_object *set)
{
    hm_object *list = hm_list_new(heap);
    hm_object *key;
    size_t position = 0;
    while (list != NULL && hm_set_next(set, &position, &key)) {
        if (!hm_list_append(heap, list, key))
            return list;
    }
    return list;
}

static hm_object *list_weak_values(hm_heap *heap, hm_object *dict)
{
    hm_object *list = hm_list_new(heap);
    hm_weak_iterator walk;
    hm_object *key, *value;
    if (list == NULL)
        return NULL;
    hm_weak_iterator_begin(heap, dict, &walk);
    while (hm_weak_value_dict_next(heap, &walk, &key, &value)) {
        hm_decref(heap, value);
        if (!hm_list_append_new(heap, list, key))
            break;
    }
    hm_weak_iterator_end(heap, &walk);
    return list;
}

static hm_object *list_keys(hm_conform_machine *machine, hm_object *object)
{
    if (hm_is(object, &hm_dict_type))
        return list_dict(machine->heap, object);
    if (hm_is(object, &hm_set_type))
        return list_set(machine->heap, object);
    if (hm_is(object, &hm_weak_set_type))
        return hm_weak_set_list(machine->heap, object);
    if (hm_is(object, &hm_weak_key_dict_type))
        return hm_weak_key_dict_keys(machine->heap, object);
    if (hm_is(object, &hm_weak_value_dict_type))
        return list_weak_values(machine->heap, object);
    hm_conform_fail_attribute(machine, object, "keys");
    return NULL;
}

static int compare_texts(const void *left, const void *right)
{
    const hm_conform_text *first = left, *second = right;
    return strcmp(hm_conform_text_get(first), hm_conform_text_get(second));
}

static void put_descriptions(hm_conform_machine *machine, hm_object *list, bool sorted,
                             hm_conform_text *answer)
{
    size_t count = hm_list_length(list);
    hm_conform_text *texts = hm_grow(NULL, count + 1, sizeof *texts);
    for (size_t index = 0; index < count; index++) {
        texts[index] = (hm_conform_text){0};
        hm_conform_describe(machine, hm_list_get(list, index), &texts[index]);
    }
    if (sorted)
        qsort(texts, count, sizeof *texts, compare_texts);
    for (size_t index = 0; index < count; index++) {
        hm_conform_text_separate(answer, 0, " ");
        hm_conform_text_put(answer, hm_conform_text_get(&texts[index]));
        hm_conform_text_clear(&texts[index]);
    }
    if (count == 0)
        hm_conform_text_put(answer, "(none)");
    free(texts);
}

bool hm_conform_ask_keys(hm_conform_machine *machine, const hm_conform_node *node,
                         hm_conform_text *answer)
{
    hm_object *object = hm_conform_load_subject(machine, &node->operands[0]);
    if (object == NULL)
        return false;
    machine->heap->error.status = HM_OK;
    hm_object *list = list_keys(machine, object);
    bool done = list != NULL && machine->heap->error.status == HM_OK;
    if (done)
        put_descriptions(machine, list,
                         hm_is(object, &hm_set_type) || hm_is(object, &hm_weak_set_type), answer);
    hm_xdecref(machine->heap, list);
    hm_decref(machine->heap, object);
    return done;
}
