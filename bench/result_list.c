#include "bench/result_list.h"

#include "bench/journal.h"
#include "bench/strings.h"

#include <stdlib.h>
#include <string.h>

static const char *text_of(const json_t *record, const char *name)
{
    const char *text = json_string_value(json_object_get(record, name));
    return text ? text : "";
}

static hm_status take(void *context, json_t *record, size_t line, hm_error *error)
{
    static const char *const heavy[] = {"series", "timeline", "collections", "pauses", "edges"};
    hm_result_list *list = context;
    HM_UNUSED(line);
    HM_UNUSED(error);
    if (!json_is_true(json_object_get(record, "valid")) ||
        strcmp(text_of(record, "role"), "cell") != 0)
        return HM_OK;
    for (size_t index = 0; index < HM_COUNT_OF(heavy); index++)
        json_object_del(record, heavy[index]);
    list->items = hm_grow(list->items, list->count + 1, sizeof *list->items);
    list->items[list->count++] = (hm_result){
        .record = json_incref(record),
        .cell = text_of(record, "cell"),
        .work = text_of(record, "work"),
        .backend = text_of(record, "backend"),
        .collector = text_of(record, "collector"),
        .kind = text_of(record, "kind"),
        .threads = json_integer_value(json_object_get(record, "threads")),
        .repetition = json_integer_value(json_object_get(record, "repetition")),
    };
    return HM_OK;
}

hm_status hm_result_list_read(hm_result_list *list, const char *folder, hm_error *error)
{
    *list = (hm_result_list){0};
    return hm_journal_read(folder, take, list, error);
}

static int compare(const void *first, const void *second)
{
    const hm_result *left = first;
    const hm_result *right = second;
    int order = strcmp(left->cell, right->cell);
    if (order != 0)
        return order;
    return (left->repetition > right->repetition) - (left->repetition < right->repetition);
}

void hm_result_list_sort(hm_result_list *list)
{
    if (list->count > 1)
        qsort(list->items, list->count, sizeof *list->items, compare);
}

void hm_result_list_clear(hm_result_list *list)
{
    for (size_t index = 0; index < list->count; index++)
        json_decref(list->items[index].record);
    free(list->items);
    *list = (hm_result_list){0};
}

bool hm_result_metric(const hm_result *result, const char *metric, double *value)
{
    const json_t *number = json_object_get(json_object_get(result->record, "metrics"), metric);
    *value = json_number_value(number);
    return json_is_number(number);
}
