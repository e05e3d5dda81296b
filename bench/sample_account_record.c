/* The accounts as JSON, built when all measuring is over. */
#include "bench/sample_state.h"

#include <stdlib.h>
#include <string.h>

const char *hm_sample_attribution(const hm_sample_state *sample)
{
    const hm_sample_edge *steady = hm_sample_steady_edge(sample);
    if (steady == NULL)
        return NULL;
    if (steady->live_bytes == HM_UNKNOWN_BYTES ||
        steady->live_bytes < HM_SAMPLE_LEAST_LIVE_BYTES_FOR_RATIOS)
        return "bytes";
    return steady->active_bytes == HM_UNKNOWN_BYTES ? "merged" : "split";
}

static void add_bytes(json_t *object, const char *name, uint64_t bytes)
{
    json_object_set_new(object, name,
                        bytes == HM_UNKNOWN_BYTES ? json_null() : json_integer((json_int_t)bytes));
}

static json_t *account_of(const hm_sample_state *sample, const hm_sample_edge *account)
{
    json_t *object = json_object();
    if (account->name != NULL)
        json_object_set_new(object, "edge", json_string(account->name));
    else
        json_object_set_new(object, "batch", json_integer((json_int_t)account->batch));
    json_object_set_new(object, "at_ns",
                        json_integer((json_int_t)(account->at_ns - sample->build_started_ns)));
    add_bytes(object, "rss_bytes", account->rss_bytes);
    add_bytes(object, "peak_rss_bytes", account->peak_rss_bytes);
    add_bytes(object, "live_bytes", account->live_bytes);
    add_bytes(object, "requested_bytes", account->requested_bytes);
    add_bytes(object, "usable_bytes", account->usable_bytes);
    add_bytes(object, "active_bytes", account->active_bytes);
    add_bytes(object, "allocated_bytes", account->allocated_bytes);
    add_bytes(object, "resident_bytes", account->resident_bytes);
    add_bytes(object, "metadata_bytes", account->metadata_bytes);
    add_bytes(object, "huge_page_bytes", account->huge_page_bytes);
    add_bytes(object, "collector_table_bytes", account->collector_table_bytes);
    add_bytes(object, "uncollected_bytes", account->uncollected_bytes);
    add_bytes(object, "live_page_bytes", account->live_page_bytes);
    json_object_set_new(object, "tracked_objects",
                        json_integer((json_int_t)account->tracked_objects));
    return object;
}

static json_t *accounts_of(const hm_sample_state *sample, const hm_sample_edge *accounts,
                           size_t count)
{
    json_t *array = json_array();
    for (size_t index = 0; index < count; index++)
        json_array_append_new(array, account_of(sample, &accounts[index]));
    return array;
}

/* By usable size; the rest, which has none, comes last. */
static int compare(const void *left, const void *right)
{
    const hm_sample_class *first = left, *second = right;
    return (first->usable_bytes > second->usable_bytes) -
           (first->usable_bytes < second->usable_bytes);
}

static json_t *classes_of(const hm_sample_accounts *accounts)
{
    json_t *array = json_array();
    if (accounts->class_count > 0)
        qsort(accounts->classes, accounts->class_count, sizeof *accounts->classes, compare);
    for (size_t index = 0; index < accounts->class_count; index++) {
        const hm_sample_class *entry = &accounts->classes[index];
        json_t *object = json_object();
        add_bytes(object, "usable_bytes", entry->usable_bytes);
        add_bytes(object, "requested_bytes", entry->requested_bytes);
        add_bytes(object, "blocks", entry->blocks);
        add_bytes(object, "slots", entry->slots);
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *masked_of(const hm_sample_accounts *accounts)
{
    json_t *masked = json_array();
    for (size_t index = 0; index < accounts->masked_count; index++) {
        json_t *pair = json_array();
        json_array_append_new(pair, json_integer((json_int_t)accounts->masked[index].begin_ns));
        json_array_append_new(pair, json_integer((json_int_t)accounts->masked[index].end_ns));
        json_array_append_new(masked, pair);
    }
    return masked;
}

void hm_sample_account_record(const hm_sample_state *sample, json_t *record)
{
    const hm_sample_accounts *accounts = &sample->accounts;
    const char *attribution = hm_sample_attribution(sample);
    json_object_set_new(record, "edges", accounts_of(sample, sample->edges, sample->edge_count));
    json_object_set_new(record, "accounts",
                        accounts_of(sample, accounts->batches, accounts->batch_count));
    json_object_set_new(record, "size_classes", classes_of(accounts));
    if (attribution != NULL)
        json_object_set_new(record, "attribution", json_string(attribution));
    json_object_set_new(record, "masked_ns", masked_of(accounts));
}
