/**
 * This module is which traces a set of filters keeps (Snapshot.filter_traces), so that a snapshot
 * can be narrowed after it was taken.
 */
#include "trace/snapshot.h"
#include "trace/storage.h"

#include <fnmatch.h>

typedef struct filter_list {
    const hm_trace_filter *filters;
    size_t count;
} filter_list;

static bool fits(const char *pattern, const char *text)
{
    return pattern == NULL || fnmatch(pattern, text, FNM_NOESCAPE) == 0;
}

static bool frame_fits(const hm_trace_filter *filter, const hm_trace_frame *frame)
{
    return fits(filter->file, frame->file) && (filter->line == 0 || filter->line == frame->line);
}

static bool traceback_fits(const hm_trace_filter *filter, const hm_traceback *traceback)
{
    size_t last = traceback->length - 1;
    for (size_t index = filter->all_frames ? 0 : last; index <= last; index++) {
        if (frame_fits(filter, &traceback->frames[index]))
            return true;
    }
    return false;
}

static bool group_fits(const hm_trace_filter *filter, const hm_trace_group *group)
{
    return (filter->domain == HM_TRACE_ANY_DOMAIN || filter->domain == group->domain) &&
           fits(filter->type, group->type) && traceback_fits(filter, group->traceback);
}

static bool is_kept(const hm_trace_group *group, const void *context)
{
    const filter_list *list = context;
    bool included = false, asks = false;
    for (size_t index = 0; index < list->count; index++) {
        const hm_trace_filter *filter = &list->filters[index];
        bool matches = group_fits(filter, group);
        if (!filter->inclusive && matches)
            return false;
        asks = asks || filter->inclusive;
        included = included || (filter->inclusive && matches);
    }
    return included || !asks;
}

hm_trace_snapshot *hm_trace_filter_traces(const hm_trace_snapshot *snapshot,
                                          const hm_trace_filter *filters, size_t count,
                                          hm_error *error)
{
    filter_list list = {filters, count};
    hm_trace_snapshot *kept = hm_trace_snapshot_copy(snapshot, is_kept, &list);
    if (kept == NULL)
        hm_error_set(error, HM_NO_MEMORY, "no memory for a filtered snapshot");
    return kept;
}
