#include "bench/filter.h"

#include "base/check.h"
#include "bench/strings.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

struct hm_filter {
    char *text;
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
    bool gave_up;
};

/* Names are bytes: a text cannot ask for more (`(*UTF)`). */
static const uint32_t PLAIN_BYTES = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;

static void refuse(const char *text, int code, size_t at, hm_error *error)
{
    char why[128];
    pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof why);
    hm_error_set(error, HM_USAGE_ERROR,
                 "--filter: '%.200s' is not a regular expression: %s (byte %zu)", text, why, at);
}

hm_filter *hm_filter_compile(const char *text, hm_error *error)
{
    if (strlen(text) > HM_FILTER_MOST_BYTES) {
        hm_error_set(error, HM_USAGE_ERROR,
                     "--filter: an expression of %zu bytes; at most %d can be taken", strlen(text),
                     HM_FILTER_MOST_BYTES);
        return NULL;
    }
    int failed = 0;
    size_t at = 0;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, PLAIN_BYTES, &failed, &at, NULL);
    if (code == NULL) {
        refuse(text, failed, at, error);
        return NULL;
    }
    hm_filter *filter = hm_grow(NULL, 1, sizeof *filter);
    *filter = (hm_filter){.text = hm_copy(text),
                          .code = code,
                          .match = pcre2_match_data_create(1, NULL),
                          .limits = pcre2_match_context_create(NULL)};
    HM_CHECK(filter->match != NULL && filter->limits != NULL);
    pcre2_set_match_limit(filter->limits, HM_FILTER_MOST_STEPS);
    return filter;
}

bool hm_filter_matches(hm_filter *filter, const char *name)
{
    if (filter == NULL)
        return true;
    if (filter->gave_up)
        return false;
    int found = pcre2_match(filter->code, (PCRE2_SPTR)name, strlen(name), 0, 0, filter->match,
                            filter->limits);
    /* 0: more groups than there is room for, which nobody asks for. */
    filter->gave_up = found < 0 && found != PCRE2_ERROR_NOMATCH;
    return found >= 0;
}

hm_status hm_filter_check(const hm_filter *filter, hm_error *error)
{
    if (filter == NULL || !filter->gave_up)
        return HM_OK;
    return hm_error_set(error, HM_USAGE_ERROR,
                        "--filter: '%.200s' takes too long on a cell's name; let fewer of its "
                        "repeats be inside one another",
                        filter->text);
}

void hm_filter_free(hm_filter *filter)
{
    if (filter == NULL)
        return;
    pcre2_match_context_free(filter->limits);
    pcre2_match_data_free(filter->match);
    pcre2_code_free(filter->code);
    free(filter->text);
    free(filter);
}
