/*
 * This module is the sweeps of the tracer and of its snapshots, whose memory is the kernel's; that
 * a traced heap's own functions stand failures is a setting of every other sweep.
 */
#include "functions.h"

#include "trace/print.h"
#include "trace/snapshot.h"

enum { SITES = 400, FRAMES = 3 };

static const hm_trace_options options = {.frames = FRAMES};

static void sweep_hm_trace_start(sweep *on)
{
    bool done;
    SWEEP(on, done = hm_trace_start(on->heap, &options), done);
    assert_true(hm_trace_is_tracing(on->heap));
    hm_trace_stop(on->heap);
}

/* A list of lists, each from a line of its own, so that the first tables are too small. */
static hm_object *trace_lines(sweep *on)
{
    static hm_site sites[SITES];
    assert_true(hm_trace_start(on->heap, &options));
    hm_object *all = hm_list_new(on->heap);
    for (unsigned line = 0; line < SITES; line++) {
        sites[line] = (hm_site){"a_file.c", "a_function", line + 1};
        on->heap->trace.site = &sites[line];
        assert_true(hm_list_append_new(on->heap, all, hm_list_sized(on->heap, 2)));
    }
    return all;
}

static void end_lines(sweep *on, hm_object *all)
{
    hm_trace_stop(on->heap);
    sweep_drop(on, all);
}

static hm_trace_snapshot *take(sweep *on)
{
    hm_trace_snapshot *snapshot = hm_trace_take_snapshot(on->heap);
    assert_non_null(snapshot);
    return snapshot;
}

static void sweep_hm_trace_take_snapshot(sweep *on)
{
    hm_trace_snapshot *snapshot;
    hm_object *all = trace_lines(on);
    SWEEP(on, snapshot = hm_trace_take_snapshot(on->heap), snapshot != NULL);
    assert_true(snapshot->group_count >= (size_t)2 * SITES);
    hm_trace_snapshot_destroy(snapshot);
    end_lines(on, all);
}

static void sweep_hm_trace_get_object_traceback(sweep *on)
{
    const hm_traceback *traceback;
    hm_object *all = trace_lines(on);
    SWEEP(on, traceback = hm_trace_get_object_traceback(on->heap, hm_list_get(all, 6)),
          traceback != NULL);
    assert_int_equal(traceback->frames[0].line, 7);
    end_lines(on, all);
}

static void sweep_hm_trace_filter_traces(sweep *on)
{
    const hm_trace_filter filter = {.inclusive = true, .file = "a_file.c"};
    hm_trace_snapshot *kept;
    hm_object *all = trace_lines(on);
    hm_trace_snapshot *snapshot = take(on);
    SWEEP(on, kept = hm_trace_filter_traces(snapshot, &filter, 1, &on->error), kept != NULL);
    assert_true(kept->group_count >= (size_t)2 * SITES);
    hm_trace_snapshot_destroy(kept);
    hm_trace_snapshot_destroy(snapshot);
    end_lines(on, all);
}

static void sweep_hm_trace_get_statistics(sweep *on)
{
    hm_trace_statistics *statistics;
    hm_object *all = trace_lines(on);
    hm_trace_snapshot *snapshot = take(on);
    SWEEP(on, statistics = hm_trace_get_statistics(snapshot, HM_TRACE_BY_FILE, true, &on->error),
          statistics != NULL);
    assert_true(statistics->length >= 1);
    hm_trace_statistics_destroy(statistics);
    hm_trace_snapshot_destroy(snapshot);
    end_lines(on, all);
}

static void sweep_hm_trace_compare_to(sweep *on)
{
    hm_trace_statistics *changes;
    hm_object *all = trace_lines(on);
    hm_trace_snapshot *old = take(on);
    on->heap->trace.site = NULL;
    hm_object *more = hm_list_sized(on->heap, 100);
    hm_trace_snapshot *snapshot = take(on);
    SWEEP(on, changes = hm_trace_compare_to(snapshot, old, HM_TRACE_BY_LINE, false, &on->error),
          changes != NULL);
    assert_true(changes->items[0].size_difference >= 800);
    hm_trace_statistics_destroy(changes);
    hm_trace_snapshot_destroy(snapshot);
    hm_trace_snapshot_destroy(old);
    sweep_drop(on, more);
    end_lines(on, all);
}

static void sweep_hm_trace_print_top(sweep *on)
{
    hm_status status;
    hm_object *all = trace_lines(on);
    hm_trace_snapshot *snapshot = take(on);
    FILE *file = fopen("/dev/null", "w");
    SWEEP(on, status = hm_trace_print_top(file, snapshot, HM_TRACE_BY_LINE, 3, &on->error),
          status == HM_OK);
    fclose(file);
    hm_trace_snapshot_destroy(snapshot);
    end_lines(on, all);
}

static void sweep_hm_trace_write_json(sweep *on)
{
    hm_status status;
    hm_object *all = trace_lines(on);
    hm_trace_snapshot *snapshot = take(on);
    FILE *file = fopen("/dev/null", "w");
    SWEEP(on, status = hm_trace_write_json(file, snapshot, &on->error), status == HM_OK);
    fclose(file);
    hm_trace_snapshot_destroy(snapshot);
    end_lines(on, all);
}

/* Floats made until the tracer must map more. */
static size_t make_floats(sweep *on, hm_object **floats, size_t most)
{
    size_t count = 0;
    floats[count++] = hm_float_new(on->heap, 0.5); /* and its traceback */
    for (uint64_t mapped = sweep_mapped_bytes(); count < most && sweep_mapped_bytes() == mapped;)
        floats[count++] = hm_float_new(on->heap, 0.5);
    return count;
}

/* While it runs: where there is no room for one more trace, the block is not asked for. */
static void sweep_hm_float_new_where_traces_are_full(sweep *on)
{
    static hm_object *floats[4096];
    hm_object *one_more;
    assert_true(hm_trace_start(on->heap, &options));
    size_t count = make_floats(on, floats, HM_COUNT_OF(floats));
    assert_true(count < HM_COUNT_OF(floats));
    hm_trace_stop(on->heap);
    for (size_t index = 0; index < count; index++)
        hm_decref(on->heap, floats[index]);
    assert_true(hm_trace_start(on->heap, &options));
    for (size_t index = 0; index + 1 < count; index++)
        floats[index] = hm_float_new(on->heap, 0.5);
    SWEEP(on, one_more = hm_float_new(on->heap, 0.5), one_more != NULL);
    assert_int_equal(hm_trace_get_trace_count(on->heap), count);
    sweep_drop(on, one_more);
    for (size_t index = 0; index + 1 < count; index++)
        hm_decref(on->heap, floats[index]);
    hm_trace_stop(on->heap);
}

static const swept functions[] = {
    SWEPT_WITH(hm_trace_start, SWEEP_MAPS),
    SWEPT_WITH(hm_trace_take_snapshot, SWEEP_MAPS),
    SWEPT_WITH(hm_trace_get_object_traceback, SWEEP_MAPS | SWEEP_KEEPS),
    SWEPT_WITH(hm_trace_filter_traces, SWEEP_MAPS),
    SWEPT_WITH(hm_trace_get_statistics, SWEEP_MAPS),
    SWEPT_WITH(hm_trace_compare_to, SWEEP_MAPS),
    SWEPT_WITH(hm_trace_print_top, SWEEP_MAPS),
    SWEPT_WITH(hm_trace_write_json, SWEEP_MAPS),
    SWEPT_WITH(hm_float_new_where_traces_are_full, SWEEP_MAPS | SWEEP_KEEPS),
};

const swept_table swept_trace = {functions, HM_COUNT_OF(functions)};
