/* The values of the options of `heapmark run`: each is read in one place and refused in one way. */
#include "base/quantity.h"
#include "bench/filter.h"
#include "bench/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static error_t refuse(hm_run_options *options, const char *option, const char *value,
                      const char *right)
{
    hm_error_set(&options->command.error, HM_USAGE_ERROR, "--%s: '%s' is not %s", option, value,
                 right);
    return EINVAL;
}

error_t hm_take_profile(hm_run_options *options, const char *value)
{
    options->profile = hm_profile_find(value);
    if (options->profile)
        return 0;
    hm_strings names = {0};
    char list[256];
    size_t count;
    const hm_profile *profiles = hm_profiles(&count);
    for (size_t index = 0; index < count; index++)
        hm_strings_add(&names, profiles[index].name);
    hm_error_set(&options->command.error, HM_USAGE_ERROR,
                 "--profile: no profile '%s'; there are %s", value,
                 hm_strings_join(&names, list, sizeof list));
    hm_strings_clear(&names);
    return EINVAL;
}

error_t hm_take_filter(hm_run_options *options, const char *value)
{
    hm_filter *filter = hm_filter_compile(value, &options->command.error);
    if (filter == NULL)
        return EINVAL;
    hm_filter_free(filter);
    free(options->filter);
    options->filter = hm_copy(value);
    return 0;
}

error_t hm_take_names(hm_run_options *options, const char *option, hm_strings *into,
                      const char *value, const char *marks_of_a_spec)
{
    return hm_strings_add_names(into, value, marks_of_a_spec)
               ? 0
               : refuse(options, option, value, HM_NAMES_ARE_RIGHT);
}

error_t hm_take_threads(hm_run_options *options, const char *value)
{
    static const char right[] = "a list of at most 8 different numbers from 1 to 64";
    hm_strings parts = {0};
    hm_strings_split(&parts, value, ',');
    bool sound = parts.count <= HM_MAX_THREAD_COUNTS;
    options->thread_count = 0;
    for (size_t index = 0; sound && index < parts.count; index++) {
        int64_t number = 0;
        sound = hm_parse_count(parts.items[index], &number) && number >= 1 && number <= 64;
        for (size_t earlier = 0; earlier < options->thread_count; earlier++)
            sound = sound && options->threads[earlier] != (unsigned)number;
        options->threads[options->thread_count++] = (unsigned)number;
    }
    hm_strings_clear(&parts);
    return sound ? 0 : refuse(options, "threads", value, right);
}

error_t hm_take_count(hm_run_options *options, const char *option, const char *value,
                      unsigned minimum, unsigned *into)
{
    int64_t number;
    if (!hm_parse_count(value, &number) || number < minimum || number > 100000)
        return refuse(options, option, value,
                      minimum ? "a whole number from 1 to 100000"
                              : "a whole number from 0 to 100000");
    *into = (unsigned)number;
    return 0;
}

error_t hm_take_seconds(hm_run_options *options, const char *option, const char *value,
                        double *into)
{
    if (!hm_parse_seconds(value, into) || *into <= 0 || *into > 86400)
        return refuse(options, option, value,
                      "a time above 0 and at most 24 h: 0.5, 30, 200ms, 2m or 1h");
    return 0;
}

error_t hm_take_memory_limit(hm_run_options *options, const char *value)
{
    if (!hm_parse_count(value, &options->memory_limit_bytes) || options->memory_limit_bytes < 1)
        return refuse(options, "memory-limit", value, "a size above 0: 512MiB, 2GiB or bytes");
    return 0;
}

error_t hm_take_seed(hm_run_options *options, const char *value)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(value, &end, 0);
    if (errno != 0 || end == value || *end != '\0' || !strchr("0123456789", *value))
        return refuse(options, "seed", value, "a number from 0 to 2^64 - 1, such as 7 or 0x1f");
    options->seed = number;
    return 0;
}

error_t hm_take_when(hm_run_options *options, const char *option, const char *value, hm_when *into)
{
    static const char *const names[] = {"auto", "always", "never"};
    for (unsigned index = 0; index < HM_COUNT_OF(names); index++) {
        if (strcmp(value, names[index]) == 0) {
            *into = (hm_when)index;
            return 0;
        }
    }
    return refuse(options, option, value, "auto, always or never");
}

error_t hm_take_freelists(hm_run_options *options, const char *value)
{
    options->freelists = strcmp(value, "on") == 0;
    if (!options->freelists && strcmp(value, "off") != 0)
        return refuse(options, "freelists", value, "on or off");
    return 0;
}

error_t hm_take_settle(hm_run_options *options, const char *value)
{
    return hm_settle_parse(value, &options->settle)
               ? 0
               : refuse(options, "settle", value, "short or long");
}

error_t hm_take_precision(hm_run_options *options, const char *value)
{
    char *end;
    errno = 0;
    double percent = strtod(value, &end);
    bool number = end != value && strchr("0123456789.", *value) && errno == 0;
    if (*end == '%')
        end++;
    if (strcmp(value, "off") == 0)
        percent = 0;
    else if (!number || *end != '\0' || !(percent >= 0.01) || percent > 100)
        return refuse(options, "precision", value,
                      "a width in percent from 0.01 to 100 (2, 0.5%), or off");
    options->precision_percent = percent;
    return 0;
}

/** Reads a whole number without a sign or a blank; where it ends, NULL where there is none. */
static const char *read_shard_number(const char *text, unsigned *number)
{
    char *end;
    unsigned long read = strtoul(text, &end, 10);
    *number = (unsigned)read;
    return *text >= '1' && *text <= '9' && read <= 1000 ? end : NULL;
}

error_t hm_take_shard(hm_run_options *options, const char *value)
{
    unsigned index = 0, count = 0;
    const char *slash = read_shard_number(value, &index);
    const char *end = slash && *slash == '/' ? read_shard_number(slash + 1, &count) : NULL;
    if (!end || *end != '\0' || index > count)
        return refuse(options, "shard", value, "INDEX/COUNT from 1/1 to 1000/1000, such as 2/3");
    options->shard_index = index;
    options->shard_count = count;
    return 0;
}

error_t hm_take_size_data(hm_run_options *options, const char *value)
{
    if (options->size_data != NULL)
        hm_error_set(&options->command.error, HM_USAGE_ERROR,
                     "--size-data: '%.200s' is a second file; put all programs into one", value);
    else
        options->size_data = hm_copy(value);
    return options->command.error.status == HM_OK ? 0 : EINVAL;
}

error_t hm_take_out(hm_run_options *options, const char *value)
{
    if (*value == '\0')
        return refuse(options, "out", value, "a folder's name");
    free(options->out);
    options->out = hm_copy(value);
    return 0;
}
