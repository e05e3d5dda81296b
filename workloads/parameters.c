/**
 * This module is parameters as text: it reads values, prints them, and builds a work's name, so
 * that a name from a record says exactly what ran.
 */
#include "workloads/parameters.h"

#include "base/quantity.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

int hm_parameter_find(const hm_workload *workload, const char *name)
{
    for (unsigned index = 0; index < workload->parameter_count; index++) {
        if (strcmp(workload->parameters[index].name, name) == 0)
            return (int)index;
    }
    return -1;
}

void hm_parameters_default(const hm_workload *workload, int64_t *values)
{
    for (unsigned index = 0; index < workload->parameter_count; index++)
        values[index] = workload->parameters[index].initial;
}

/** Writes the choices as "a, b, c" into `text`, cut off where it is full. */
static const char *list_choices(const hm_parameter *parameter, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t index = 0; parameter->choices[index] != NULL && used < size; index++) {
        int written = snprintf(text + used, size - used, "%s%s", index == 0 ? "" : ", ",
                               parameter->choices[index]);
        used += written < 0 ? 0 : (size_t)written;
    }
    return text;
}

static hm_status parse_choice(const hm_parameter *parameter, const char *text, int64_t *value,
                              hm_error *error)
{
    char choices[256];
    for (int64_t index = 0; parameter->choices[index] != NULL; index++) {
        if (strcmp(parameter->choices[index], text) == 0) {
            *value = index;
            return HM_OK;
        }
    }
    return hm_error_set(error, HM_USAGE_ERROR, "%s: '%.64s' is not one of %s", parameter->name,
                        text, list_choices(parameter, choices, sizeof choices));
}

hm_status hm_parameter_parse(const hm_parameter *parameter, const char *text, int64_t *value,
                             hm_error *error)
{
    int64_t number;
    if (parameter->choices != NULL)
        return parse_choice(parameter, text, value, error);
    if (!hm_parse_count(text, &number))
        return hm_error_set(error, HM_USAGE_ERROR,
                            "%s: '%.64s' is not a whole number (1000, 10k and 64Ki are)",
                            parameter->name, text);
    if (number < parameter->minimum || number > parameter->maximum)
        return hm_error_set(error, HM_USAGE_ERROR,
                            "%s: %" PRId64 " is out of range; %" PRId64 " to %" PRId64 "%s%s are "
                            "allowed",
                            parameter->name, number, parameter->minimum, parameter->maximum,
                            parameter->unit[0] == '\0' ? "" : " ", parameter->unit);
    *value = number;
    return HM_OK;
}

const char *hm_parameter_format(const hm_parameter *parameter, int64_t value, char *text,
                                size_t size)
{
    if (parameter->choices != NULL)
        snprintf(text, size, "%s", parameter->choices[value]);
    else
        snprintf(text, size, "%" PRId64, value);
    return text;
}

bool hm_work_name(const hm_workload *workload, const int64_t *values, char *text, size_t size)
{
    char value[64];
    int written = snprintf(text, size, "%s", workload->name);
    size_t used = (size_t)written;
    for (unsigned index = 0; index < workload->parameter_count && used < size; index++) {
        const hm_parameter *parameter = &workload->parameters[index];
        if (values[index] == parameter->initial)
            continue;
        written = snprintf(text + used, size - used, "/%s:%s", parameter->name,
                           hm_parameter_format(parameter, values[index], value, sizeof value));
        used += (size_t)written;
    }
    return used < size;
}

/* The highest value there is: choices may be added to those that were declared. */
static int64_t highest(const hm_parameter *parameter)
{
    int64_t choices = 0;
    while (parameter->choices != NULL && parameter->choices[choices] != NULL)
        choices++;
    return parameter->choices != NULL ? choices - 1 : parameter->maximum;
}

hm_status hm_parameters_in_range(const hm_workload *workload, const int64_t *values,
                                 hm_error *error)
{
    for (unsigned index = 0; index < workload->parameter_count; index++) {
        const hm_parameter *parameter = &workload->parameters[index];
        if (values[index] < parameter->minimum || values[index] > highest(parameter))
            return hm_error_set(error, HM_USAGE_ERROR,
                                "%s: %s %" PRId64 " is out of range; %" PRId64 " to %" PRId64
                                " are allowed",
                                workload->name, parameter->name, values[index], parameter->minimum,
                                highest(parameter));
    }
    return HM_OK;
}

hm_status hm_parameter_without_effect(const hm_workload *workload, const int64_t *values, int index,
                                      const char *reason, hm_error *error)
{
    char initial[64];
    const hm_parameter *parameter = &workload->parameters[index];
    if (values[index] == parameter->initial)
        return HM_OK;
    return hm_error_set(
        error, HM_USAGE_ERROR, "%s: %s has no effect with %s; leave it at %s", workload->name,
        parameter->name, reason,
        hm_parameter_format(parameter, parameter->initial, initial, sizeof initial));
}

hm_status hm_parameters_fit(const hm_workload *workload, double bytes, const char *lower,
                            hm_error *error)
{
    char asked[32], allowed[32];
    if (bytes <= (double)HM_WORK_MAX_BYTES)
        return HM_OK;
    return hm_error_set(error, HM_USAGE_ERROR,
                        "%s: about %s would be live at once and at most %s is allowed; lower %s",
                        workload->name, hm_format_bytes(bytes, asked, sizeof asked),
                        hm_format_bytes((double)HM_WORK_MAX_BYTES, allowed, sizeof allowed), lower);
}
