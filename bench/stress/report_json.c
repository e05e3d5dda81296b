#include "bench/stress/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LISTED = 1000 };

static json_t *integer(uint64_t number)
{
    return json_integer((json_int_t)number);
}

static json_t *sequence_json(const hm_stress_result *result)
{
    json_t *array = json_array();
    hm_stress_fullness *slots = calloc(1, sizeof *slots);
    for (size_t index = 0; slots != NULL && index < result->sequence_count && index < MOST_LISTED;
         index++) {
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);
        if (stream == NULL)
            break;
        hm_stress_report_operation(stream, result, &result->sequence[index], slots);
        fclose(stream);
        json_array_append_new(array, json_string(text));
        free(text);
    }
    free(slots);
    return array;
}

static json_t *defect_json(const hm_stress_result *result)
{
    static const char *const programs[] = {"random", "retention", "pace", "objects"};
    char seed[32];
    if (!result->has_defect)
        return json_null();
    snprintf(seed, sizeof seed, "0x%llx", (unsigned long long)result->task.seed);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:s}", "name",
                     result->name, "kind", hm_stress_defect_name(result->kind), "text",
                     result->text, "program", programs[result->task.program], "seed", seed,
                     "threads", integer(result->task.threads), "operation", integer(result->at),
                     "fewest_operations", integer(result->fewest), "sequence_operations",
                     integer(result->sequence_count), "sequence", sequence_json(result), "again",
                     result->again);
}

static json_t *findings_json(const hm_stress_result *result)
{
    json_t *array = json_array();
    for (size_t index = 0; index < result->finding_count; index++)
        json_array_append_new(array, json_pack("{s:s, s:s}", "name", result->findings[index].name,
                                               "text", result->findings[index].text));
    return array;
}

static json_t *result_json(const hm_stress_result *result)
{
    double rate = result->seconds > 0 ? (double)result->operations / result->seconds : 0;
    json_t *object =
        json_pack("{s:s, s:s, s:s%, s:s%}", "label", result->spec.label, "spec", result->spec.text,
                  "version", result->version, strnlen(result->version, sizeof result->version),
                  "origin", result->origin, strnlen(result->origin, sizeof result->origin));
    if (*result->collector != '\0')
        json_object_set_new(object, "collector", json_string(result->collector));
    json_object_set_new(object, "absent",
                        result->absent != NULL ? json_string(result->absent) : json_null());
    json_object_set_new(object, "passed_over", json_boolean(result->passed_over));
    json_object_set_new(object, "operations", integer(result->operations));
    json_object_set_new(object, "checks", integer(result->checks));
    json_object_set_new(object, "seconds", json_real(result->seconds));
    json_object_set_new(object, "operations_per_second", json_real(rate));
    json_object_set_new(object, "episodes", integer(result->episodes));
    json_object_set_new(object, "threads_ended", integer(result->threads));
    json_object_set_new(object, "forks", integer(result->forks));
    json_object_set_new(object, "blocks_handed_over", integer(result->exchanges));
    json_object_set_new(object, "accounts", integer(result->accounts));
    json_object_set_new(object, "usable_sizes", integer(result->sizes));
    json_object_set_new(object, "defect", defect_json(result));
    json_object_set_new(object, "findings", findings_json(result));
    return object;
}

json_t *hm_stress_report_json(const hm_stress_options *options, const hm_stress_result *results,
                              size_t count)
{
    char seed[32];
    json_int_t defects = 0;
    json_t *array = json_array(), *runtime = json_array();
    for (size_t index = 0; index < count; index++) {
        bool objects = *results[index].collector != '\0';
        json_array_append_new(objects ? runtime : array, result_json(&results[index]));
        defects += results[index].has_defect;
    }
    snprintf(seed, sizeof seed, "0x%llx", (unsigned long long)options->seed);
    return json_pack("{s:s, s:s, s:I, s:o, s:o}", "heapmark", hm_version(), "seed", seed, "defects",
                     defects, "backends", array, "runtime", runtime);
}
