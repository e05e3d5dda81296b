/**
 * This module is collectors as people write them: a name with settings, and the label that stands
 * for it in a cell. A label parses back to the same settings.
 */
#include "gc/collectors.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPEC_BYTES = 256 };

static hm_status unknown(const char *name, hm_error *error)
{
    char known[SPEC_BYTES] = "";
    size_t count, length = 0;
    const hm_collector *const *collectors = hm_collectors(&count);
    for (size_t index = 0; index < count && length < sizeof known; index++)
        length += (size_t)snprintf(known + length, sizeof known - length, "%s%s",
                                   index == 0 ? "" : ", ", collectors[index]->name);
    return hm_error_set(error, HM_USAGE_ERROR, "unknown collector '%s'; known: %s", name, known);
}

static bool collects(const hm_collector *collector)
{
    return (collector->capabilities & HM_COLLECTOR_COLLECTS) != 0;
}

/* Reads "A<separator>B<separator>C"; `end` receives what follows. */
static bool read_thresholds(const char *text, char separator, uint32_t *thresholds)
{
    for (int generation = 0; generation < HM_GENERATIONS; generation++) {
        char *end;
        if (*text < '0' || *text > '9')
            return false;
        unsigned long value = strtoul(text, &end, 10);
        if (value > INT32_MAX)
            return false;
        thresholds[generation] = (uint32_t)value;
        bool last = generation + 1 == HM_GENERATIONS;
        if (*end != (last ? '\0' : separator))
            return false;
        text = end + 1;
    }
    return true;
}

static hm_status apply_setting(hm_collector_spec *spec, const char *setting, hm_error *error)
{
    if (!collects(spec->collector))
        return hm_error_set(error, HM_USAGE_ERROR, "collector %s takes no settings, not '%s'",
                            spec->collector->name, setting);
    if (strcmp(setting, "trigger=auto") == 0)
        spec->settings.automatic = true;
    else if (strcmp(setting, "trigger=manual") == 0)
        spec->settings.automatic = false;
    else if (strncmp(setting, "thresholds=", 11) != 0 ||
             !read_thresholds(setting + 11, ',', spec->settings.thresholds))
        return hm_error_set(error, HM_USAGE_ERROR,
                            "unknown collector setting '%s'; known: trigger=auto, trigger=manual, "
                            "thresholds=A,B,C with whole numbers from 0 to %d",
                            setting, INT32_MAX);
    return HM_OK;
}

/* The name, "-manual" where it is not automatic, the thresholds where they are not the default. */
static void write_label(hm_collector_spec *spec)
{
    const hm_collector *collector = spec->collector;
    const uint32_t *thresholds = spec->settings.thresholds;
    bool manual = collects(collector) && !spec->settings.automatic;
    int length =
        snprintf(spec->label, sizeof spec->label, "%s%s", collector->name, manual ? "-manual" : "");
    if (memcmp(thresholds, collector->defaults.thresholds, sizeof spec->settings.thresholds) != 0)
        snprintf(spec->label + length, sizeof spec->label - (size_t)length,
                 "-%" PRIu32 "-%" PRIu32 "-%" PRIu32, thresholds[0], thresholds[1], thresholds[2]);
}

/* Reads what follows the name in a label: "[-manual][-A-B-C]". */
static bool read_label_rest(hm_collector_spec *spec, const char *rest)
{
    if (*rest != '\0' && !collects(spec->collector))
        return false;
    if (strncmp(rest, "-manual", 7) == 0) {
        spec->settings.automatic = false;
        rest += 7;
    }
    return *rest == '\0' ||
           (*rest == '-' && read_thresholds(rest + 1, '-', spec->settings.thresholds));
}

/* A label: the longest known name it begins with, and settings. */
static bool parse_label(const char *text, hm_collector_spec *spec)
{
    size_t count;
    const hm_collector *const *collectors = hm_collectors(&count);
    for (size_t index = 0; index < count; index++) {
        size_t length = strlen(collectors[index]->name);
        if (strncmp(text, collectors[index]->name, length) != 0)
            continue;
        spec->collector = collectors[index];
        spec->settings = collectors[index]->defaults;
        if (read_label_rest(spec, text + length))
            return true;
    }
    return false;
}

hm_status hm_collector_parse(const char *text, hm_collector_spec *spec, hm_error *error)
{
    char copy[SPEC_BYTES];
    if (strlen(text) >= sizeof copy)
        return hm_error_set(error, HM_USAGE_ERROR, "a collector's spec has at most %zu characters",
                            sizeof copy - 1);
    strcpy(copy, text);
    char *rest = NULL;
    char *name = strtok_r(copy, ";", &rest);
    if (name == NULL || !parse_label(name, spec))
        return unknown(name == NULL ? "" : name, error);
    char *setting;
    while ((setting = strtok_r(NULL, ";", &rest)) != NULL) {
        if (apply_setting(spec, setting, error) != HM_OK)
            return error->status;
    }
    write_label(spec);
    return HM_OK;
}
