#include "allocators/pool/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static hm_pool_options options;
static bool options_are_read;

/* By write: a stream may ask for memory, and the lock is held. */
static void complain(const char *variable, const char *value, const char *expected)
{
    char line[256];
    int length =
        snprintf(line, sizeof line, "pool: %s=%.64s is not %s\n", variable, value, expected);
    ssize_t written = write(STDERR_FILENO, line, (size_t)length);
    (void)written; /* nobody to tell */
}

static uint64_t read_retain(void)
{
    const char *value = secure_getenv(HM_POOL_RETAIN_VARIABLE);
    if (value == NULL)
        return HM_POOL_RETAIN_DEFAULT;
    char *end;
    unsigned long events = strtoul(value, &end, 10);
    if (value[0] >= '0' && value[0] <= '9' && *end == '\0' && events <= HM_POOL_RETAIN_MAX)
        return events;
    complain(HM_POOL_RETAIN_VARIABLE, value,
             "a number of events from 0 to 1000000000; the default, 4096, is used");
    return HM_POOL_RETAIN_DEFAULT;
}

static hm_pool_huge_pages read_huge_pages(void)
{
    const char *value = secure_getenv(HM_POOL_HUGE_PAGES_VARIABLE);
    if (value == NULL || strcmp(value, "auto") == 0)
        return HM_POOL_HUGE_PAGES_AUTO;
    if (strcmp(value, "on") == 0)
        return HM_POOL_HUGE_PAGES_ON;
    if (strcmp(value, "off") == 0)
        return HM_POOL_HUGE_PAGES_OFF;
    complain(HM_POOL_HUGE_PAGES_VARIABLE, value, "auto, on or off; the default, auto, is used");
    return HM_POOL_HUGE_PAGES_AUTO;
}

static bool read_reuse(void)
{
    const char *value = secure_getenv(HM_POOL_REUSE_VARIABLE);
    if (value == NULL || strcmp(value, "newest") == 0)
        return false;
    if (strcmp(value, "oldest") == 0)
        return true;
    complain(HM_POOL_REUSE_VARIABLE, value, "newest or oldest; the default, newest, is used");
    return false;
}

const hm_pool_options *hm_pool_options_get(void)
{
    if (!options_are_read) {
        options_are_read = true;
        options.retain_events = read_retain();
        options.huge_pages = read_huge_pages();
        options.oldest_first = read_reuse();
    }
    return &options;
}
