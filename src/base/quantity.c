#include "base/quantity.h"

#include "base/attributes.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct unit {
    const char *suffix;
    int64_t factor;
} unit;

static const unit count_units[] = {
    {"", 1},          {"k", 1000},      {"M", 1000000},  {"G", 1000000000},
    {"Ki", 1 << 10},  {"Mi", 1 << 20},  {"Gi", 1 << 30}, {"KiB", 1 << 10},
    {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"B", 1},
};

bool hm_parse_count(const char *text, int64_t *value)
{
    char *end;
    if (!isdigit((unsigned char)text[0]) && text[0] != '-')
        return false;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || (end == text + 1 && text[0] == '-'))
        return false;
    for (size_t index = 0; index < HM_COUNT_OF(count_units); index++) {
        if (strcmp(end, count_units[index].suffix) == 0)
            return !__builtin_mul_overflow((int64_t)number, count_units[index].factor, value);
    }
    return false;
}

bool hm_parse_seconds(const char *text, double *seconds)
{
    char *end;
    if (!isdigit((unsigned char)text[0]) && text[0] != '.')
        return false;
    errno = 0;
    double number = strtod(text, &end);
    if (errno != 0 || end == text || !isfinite(number))
        return false;
    double factor = strcmp(end, "") == 0 || strcmp(end, "s") == 0 ? 1.0
                    : strcmp(end, "ms") == 0                      ? 1e-3
                    : strcmp(end, "m") == 0                       ? 60.0
                    : strcmp(end, "h") == 0                       ? 3600.0
                                                                  : 0.0;
    *seconds = number * factor;
    return factor > 0.0;
}

const char *hm_format_bytes(double bytes, char *text, size_t size)
{
    static const char *const names[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t step = 0;
    while (fabs(bytes) >= 1024.0 && step + 1 < HM_COUNT_OF(names)) {
        bytes /= 1024.0;
        step++;
    }
    snprintf(text, size, step == 0 ? "%.0f %s" : "%.1f %s", bytes, names[step]);
    return text;
}

const char *hm_format_nanoseconds(double nanoseconds, char *text, size_t size)
{
    static const char *const names[] = {"ns", "µs", "ms", "s"};
    size_t step = 0;
    while (fabs(nanoseconds) >= 1000.0 && step + 1 < HM_COUNT_OF(names)) {
        nanoseconds /= 1000.0;
        step++;
    }
    snprintf(text, size, "%.3g %s", nanoseconds, names[step]);
    return text;
}
