#include "bench/exec/record.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PROCESSES = 256 };

static json_t *count(uint64_t value)
{
    return json_integer((json_int_t)value);
}

static json_t *count_or_null(int64_t value)
{
    return value < 0 ? json_null() : json_integer(value);
}

/** Text as JSON; names of files and processes may hold bytes that are no UTF-8. */
static json_t *words(const char *text)
{
    json_t *value = json_string(text);
    if (value)
        return value;
    char *plain = hm_copy(text);
    for (char *byte = plain; *byte; byte++)
        *byte = (unsigned char)*byte < 128 ? *byte : '?';
    value = json_string(plain);
    free(plain);
    return value;
}

static json_t *metrics_of(const hm_exec_result *result)
{
    json_t *metrics = json_object();
    const uint64_t cpu_ns = result->user_ns + result->system_ns;
    const int64_t values[] = {(int64_t)result->wall_ns,
                              (int64_t)cpu_ns,
                              (int64_t)result->user_ns,
                              (int64_t)result->system_ns,
                              hm_exec_tree_peak(result),
                              hm_exec_largest_peak(result),
                              (int64_t)result->minor_page_faults,
                              (int64_t)result->major_page_faults,
                              (int64_t)result->voluntary_context_switches,
                              (int64_t)result->involuntary_context_switches};
    static const char *const names[] = {
#define HM_EXEC_METRIC(name, unit, brief) #name,
#include "bench/exec/metrics.def"
#undef HM_EXEC_METRIC
    };
    _Static_assert(HM_COUNT_OF(names) == HM_COUNT_OF(values), "metrics.def and the values differ");
    for (size_t index = 0; index < HM_COUNT_OF(names); index++)
        json_object_set_new(metrics, names[index], count_or_null(values[index]));
    return metrics;
}

static json_t *timeline_of(const hm_exec_result *result)
{
    const hm_exec_tree *tree = &result->tree;
    json_t *at = json_array(), *bytes = json_array();
    for (size_t index = 0; index < tree->look_count; index++) {
        uint64_t moment = tree->look_ns[index];
        json_array_append_new(at,
                              count(moment > result->started_ns ? moment - result->started_ns : 0));
        json_array_append_new(bytes, json_integer(tree->look_rss_bytes[index]));
    }
    return json_pack("{s:o, s:o, s:I}", "at_ns", at, "rss_bytes", bytes, "looks",
                     (json_int_t)tree->looks);
}

/** The processes the looks saw, in order; of very many the first. */
static json_t *processes_of(const hm_exec_case *self)
{
    const hm_exec_tree *tree = &self->result->tree;
    json_t *array = json_array();
    for (size_t index = 0; index < tree->seen_count && index < MOST_PROCESSES; index++) {
        const hm_exec_seen *seen = &tree->seen[index];
        const hm_exec_word *word = hm_exec_testimony_of(self->testimony, seen->image);
        json_array_append_new(
            array, json_pack("{s:i, s:o, s:o, s:o, s:o, s:I, s:o}", "pid", (int)seen->pid, "name",
                             words(seen->name), "executable",
                             *seen->executable ? words(seen->executable) : json_null(), "from_ns",
                             count(seen->first_ns - self->result->started_ns), "to_ns",
                             count(seen->last_ns - self->result->started_ns), "peak_rss_bytes",
                             (json_int_t)seen->peak_rss_bytes, "malloc_file",
                             word ? words(word->malloc_file) : json_null()));
    }
    return array;
}

/** Who testified to what: each pair of executable and malloc's file once, with how often. */
static json_t *proof_of(const hm_exec_case *self)
{
    json_t *array = json_array(), *entry;
    for (size_t index = 0; index < self->testimony->count; index++) {
        const hm_exec_word *word = &self->testimony->words[index];
        json_t *executable = words(word->executable), *file = words(word->malloc_file);
        size_t place;
        bool found = false;
        json_array_foreach(array, place, entry)
        {
            found = json_equal(json_object_get(entry, "executable"), executable) &&
                    json_equal(json_object_get(entry, "malloc_file"), file);
            if (found)
                break;
        }
        if (found) {
            json_object_set_new(
                entry, "count",
                json_integer(json_integer_value(json_object_get(entry, "count")) + 1));
            json_decref(executable);
            json_decref(file);
        } else {
            bool python = hm_exec_is_python(word->executable);
            json_array_append_new(array,
                                  json_pack("{s:o, s:o, s:i, s:b}", "executable", executable,
                                            "malloc_file", file, "count", 1, "python", python));
        }
    }
    return array;
}

static json_t *output_of(const hm_exec_result *result)
{
    if (!result->output.hash)
        return json_null();
    char *hash = hm_format("0x%016" PRIx64, hm_exec_output_hash(&result->output));
    json_t *output =
        json_pack("{s:I, s:s}", "bytes", (json_int_t)result->output.bytes, "hash", hash);
    free(hash);
    return output;
}

json_t *hm_exec_record_make(const hm_exec_case *self, const hm_exec_place *place,
                            const char *reason)
{
    const hm_exec_result *result = self->result;
    bool exited = result->end == HM_PROCESS_EXITED;
    bool killed = result->end == HM_PROCESS_KILLED;
    char *id = hm_format("%s#%u", self->variant->label, place->repetition);
    json_t *record = json_pack(
        "{s:s, s:s, s:I, s:I, s:s, s:s, s:b, s:o, s:s, s:i, s:o, s:o, s:o, s:I, s:I, s:I}",
        "record", "exec-sample", "id", id, "sequence", (json_int_t)place->sequence, "repetition",
        (json_int_t)place->repetition, "variant", self->variant->label, "backend",
        self->variant->spec.label, "valid", *reason == '\0', "reason",
        *reason ? words(reason) : json_null(), "started_at", place->started_at, "padding_bytes",
        (int)place->padding_bytes, "exit_code", exited ? json_integer(result->code) : json_null(),
        "signal", killed ? json_integer(result->code) : json_null(), "last_words",
        *result->words.last ? words(result->words.last) : json_null(), "most_processes",
        (json_int_t)result->tree.most_processes, "outlived_ns", (json_int_t)result->outlived_ns,
        "floor_rss_bytes", (json_int_t)result->floor_rss_bytes);
    json_object_set_new(record, "output", output_of(result));
    json_object_set_new(record, "proof", proof_of(self));
    json_object_set_new(record, "metrics", metrics_of(result));
    json_object_set_new(record, "processes", processes_of(self));
    json_object_set_new(record, "timeline", timeline_of(result));
    free(id);
    return record;
}
