/* The defining options as JSON and back: environment.json keeps them under `options`, each under
 * its option's name in snake case with its unit. One table says which option is which member. */
#include "bench/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** Option names and their members. */
static const struct {
    const char *option;
    const char *member;
} names[] = {
    {"profile", "profile"},
    {"filter", "filter"},
    {"backend", "backends"},
    {"collector", "collectors"},
    {"baseline", "baseline"},
    {"param", "parameters"},
    {"threads", "threads"},
    {"reference", "references"},
    {"size-data", "size_data"},
    {"repetitions", "repetitions"},
    {"memory-repetitions", "memory_repetitions"},
    {"latency-repetitions", "latency_repetitions"},
    {"precision", "precision"},
    {"most-rounds", "most_rounds"},
    {"duration", "duration_s"},
    {"settle", "settle"},
    {"shard", "shard"},
    {"min-time", "batch_s"},
    {"timeout", "timeout_s"},
    {"memory-limit", "memory_limit_bytes"},
    {"freelists", "freelists"},
    {"seed", "seed"},
};

static json_t *from_strings(const hm_strings *strings)
{
    json_t *array = json_array();
    for (size_t index = 0; index < strings->count; index++)
        json_array_append_new(array, json_string(strings->items[index]));
    return array;
}

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *size_data_or_null(const hm_run_options *options)
{
    if (options->size_data == NULL)
        return json_null();
    return json_pack("{s:s, s:s?}", "path", options->size_data, "digest", options->size_digest);
}

static json_t *above_zero_or_null(double number)
{
    return number > 0 ? json_real(number) : json_null();
}

static json_t *shard_or_null(const hm_run_options *options)
{
    if (options->shard_count == 0)
        return json_null();
    return json_pack("{s:I, s:I}", "index", (json_int_t)options->shard_index, "count",
                     (json_int_t)options->shard_count);
}

json_t *hm_run_options_to_json(const hm_run_options *options)
{
    char seed[32];
    snprintf(seed, sizeof seed, "0x%" PRIx64, options->seed);
    json_t *object = json_object();
    json_t *threads = json_array();
    for (size_t index = 0; index < options->thread_count; index++)
        json_array_append_new(threads, json_integer(options->threads[index]));
    json_object_set_new(object, "profile", json_string(options->profile->name));
    json_object_set_new(object, "filter", text_or_null(options->filter));
    json_object_set_new(object, "backends", from_strings(&options->backends));
    json_object_set_new(object, "collectors", from_strings(&options->collectors));
    json_object_set_new(object, "baseline", text_or_null(options->baseline));
    json_object_set_new(object, "parameters", from_strings(&options->parameters));
    json_object_set_new(object, "threads", threads);
    json_object_set_new(object, "references", from_strings(&options->references));
    json_object_set_new(object, "size_data", size_data_or_null(options));
    json_object_set_new(object, "repetitions", json_integer(options->repetitions));
    json_object_set_new(object, "memory_repetitions", json_integer(options->memory_repetitions));
    json_object_set_new(object, "latency_repetitions", json_integer(options->latency_repetitions));
    json_object_set_new(object, "precision", above_zero_or_null(options->precision_percent));
    json_object_set_new(object, "most_rounds", json_integer(options->most_rounds));
    json_object_set_new(object, "duration_s", above_zero_or_null(options->duration_seconds));
    json_object_set_new(object, "settle", json_string(hm_settle_name(options->settle)));
    json_object_set_new(object, "shard", shard_or_null(options));
    json_object_set_new(object, "batch_s", json_real(options->batch_seconds));
    json_object_set_new(object, "timeout_s", json_real(options->timeout_seconds));
    json_object_set_new(object, "memory_limit_bytes", json_integer(options->memory_limit_bytes));
    json_object_set_new(object, "freelists", json_boolean(options->freelists));
    json_object_set_new(object, "seed", json_string(seed));
    return object;
}

static hm_status same_where_given(const hm_run_options *options, const json_t *stored,
                                  hm_error *error)
{
    json_t *now = hm_run_options_to_json(options);
    hm_status status = HM_OK;
    for (size_t index = 0; index < HM_COUNT_OF(names) && status == HM_OK; index++) {
        const json_t *before = json_object_get(stored, names[index].member);
        bool given = json_object_get(options->given, names[index].option) != NULL;
        if (!given || json_equal(json_object_get(now, names[index].member), before))
            continue;
        char *text = json_dumps(before, JSON_ENCODE_ANY | JSON_COMPACT);
        status =
            hm_error_set(error, HM_USAGE_ERROR,
                         "--resume: --%s differs from the stopped run's (%.200s): leave it out "
                         "or start a new run",
                         names[index].option, text ? text : "nothing");
        free(text);
    }
    json_decref(now);
    return status;
}

static bool take_strings(hm_strings *strings, const json_t *array)
{
    hm_strings_clear(strings);
    for (size_t index = 0; index < json_array_size(array); index++) {
        const char *text = json_string_value(json_array_get(array, index));
        if (!text)
            return false;
        hm_strings_add(strings, text);
    }
    return json_is_array(array);
}

static bool take_text(char **into, const json_t *value)
{
    free(*into);
    *into = json_is_string(value) ? hm_copy(json_string_value(value)) : NULL;
    return json_is_string(value) || json_is_null(value);
}

/** The file and its digest; runs of earlier versions have no such member. */
static bool take_size_data(hm_run_options *options, const json_t *value)
{
    bool none = value == NULL || json_is_null(value);
    const json_t *path = none ? json_null() : json_object_get(value, "path");
    const json_t *digest = none ? json_null() : json_object_get(value, "digest");
    return take_text(&options->size_data, path) && take_text(&options->size_digest, digest) &&
           (options->size_data == NULL) == (options->size_digest == NULL);
}

static bool take_number(unsigned *into, const json_t *value)
{
    json_int_t number = json_integer_value(value);
    *into = (unsigned)number;
    return json_is_integer(value) && number >= 0 && number <= 100000;
}

static bool take_positive(double *into, const json_t *value)
{
    *into = json_number_value(value);
    return *into > 0;
}

static bool take_above_zero_or_null(double *into, const json_t *value)
{
    *into = json_number_value(value);
    return json_is_null(value) || *into > 0;
}

static bool take_settle(hm_settle *into, const json_t *value)
{
    const char *text = json_string_value(value);
    return text && hm_settle_parse(text, into);
}

static bool take_shard(hm_run_options *options, const json_t *value)
{
    options->shard_index = options->shard_count = 0;
    return json_is_null(value) ||
           (take_number(&options->shard_index, json_object_get(value, "index")) &&
            take_number(&options->shard_count, json_object_get(value, "count")) &&
            options->shard_index >= 1 && options->shard_index <= options->shard_count);
}

static bool take_threads(hm_run_options *options, const json_t *array)
{
    size_t count = json_array_size(array);
    bool sound = count >= 1 && count <= HM_MAX_THREAD_COUNTS;
    options->thread_count = sound ? count : 0;
    for (size_t index = 0; index < options->thread_count; index++)
        sound = take_number(&options->threads[index], json_array_get(array, index)) &&
                options->threads[index] >= 1 && sound;
    return sound;
}

/** How often and how long. */
static bool take_amounts(hm_run_options *options, const json_t *stored)
{
    return take_number(&options->repetitions, json_object_get(stored, "repetitions")) &&
           take_number(&options->memory_repetitions,
                       json_object_get(stored, "memory_repetitions")) &&
           take_number(&options->latency_repetitions,
                       json_object_get(stored, "latency_repetitions")) &&
           take_above_zero_or_null(&options->precision_percent,
                                   json_object_get(stored, "precision")) &&
           take_number(&options->most_rounds, json_object_get(stored, "most_rounds")) &&
           take_above_zero_or_null(&options->duration_seconds,
                                   json_object_get(stored, "duration_s")) &&
           take_settle(&options->settle, json_object_get(stored, "settle")) &&
           take_positive(&options->batch_seconds, json_object_get(stored, "batch_s")) &&
           take_positive(&options->timeout_seconds, json_object_get(stored, "timeout_s"));
}

/** A list that runs of earlier versions lack. */
static bool take_later_strings(hm_strings *strings, const json_t *array)
{
    hm_strings_clear(strings);
    return array == NULL || take_strings(strings, array);
}

static bool take_all(hm_run_options *options, const json_t *stored)
{
    const char *profile = json_string_value(json_object_get(stored, "profile"));
    const char *seed = json_string_value(json_object_get(stored, "seed"));
    options->profile = profile ? hm_profile_find(profile) : NULL;
    options->seed = seed ? strtoull(seed, NULL, 16) : 0;
    options->memory_limit_bytes = json_integer_value(json_object_get(stored, "memory_limit_bytes"));
    options->freelists = json_is_true(json_object_get(stored, "freelists"));
    return options->profile && seed && options->memory_limit_bytes > 0 &&
           take_text(&options->filter, json_object_get(stored, "filter")) &&
           take_strings(&options->backends, json_object_get(stored, "backends")) &&
           take_strings(&options->collectors, json_object_get(stored, "collectors")) &&
           take_text(&options->baseline, json_object_get(stored, "baseline")) &&
           take_strings(&options->parameters, json_object_get(stored, "parameters")) &&
           take_threads(options, json_object_get(stored, "threads")) &&
           take_later_strings(&options->references, json_object_get(stored, "references")) &&
           take_size_data(options, json_object_get(stored, "size_data")) &&
           take_shard(options, json_object_get(stored, "shard")) && take_amounts(options, stored);
}

hm_status hm_run_options_resume(hm_run_options *options, const json_t *stored, hm_error *error)
{
    hm_status status = same_where_given(options, stored, error);
    if (status == HM_OK && !take_all(options, stored))
        status =
            hm_error_set(error, HM_USAGE_ERROR,
                         "--resume: the options in environment.json are not ones this heapmark "
                         "knows; start a new run");
    return status;
}
