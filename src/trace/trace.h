/**
 * This module is the tracer, tracemalloc's counterpart: while it is on, it knows of every block a
 * heap has asked for and not given back how large it is and which lines of code asked for it.
 *
 * It stands between the heap and its allocator: starting swaps the functions in the heap's own
 * table, stopping swaps them back, so a heap that is not traced runs the code it always ran. Where
 * a block came from is told by the sites of object/sites.h and the frames of HM_TRACE_FRAME, or by
 * the machine's own stack (`native`).
 *
 * Words: a *trace* is a live block with its size and its traceback; a *traceback* is a list of
 * frames, the most recent last; a *snapshot* (trace/snapshot.h) is all traces at one moment.
 *
 * Rules: a heap is traced by the thread that uses it, one heap a thread. Blocks from before the
 * start are not known, and ignored when they are freed. A heap that ends while it is traced stops
 * the tracer. The tracer's memory is the kernel's: never the allocator's, never counted.
 */
#ifndef HM_TRACE_TRACE_H
#define HM_TRACE_TRACE_H

#include "object/heap.h"

#include <stdio.h>

enum { HM_TRACE_MAX_FRAMES = 65535 };

/** How to trace. */
typedef struct hm_trace_options {
    int64_t frames; /**< most frames kept of a traceback, 1 to HM_TRACE_MAX_FRAMES */
    bool native;    /**< unwind the machine's stack instead of reading sites and frames */
} hm_trace_options;

/** A line in a traceback. */
typedef struct hm_trace_frame {
    const char *file;     /**< "<unknown>" where no site was reached, or nothing is known */
    const char *function; /**< "" where not known */
    unsigned line;        /**< 0: not known, or the file as a whole */
} hm_trace_frame;

typedef struct hm_traceback {
    const hm_trace_frame *frames; /**< oldest first */
    size_t length;
    size_t total; /**< frames there were before the limit cut the oldest off */
} hm_traceback;

/** Bytes of the blocks traced. */
typedef struct hm_traced_memory {
    uint64_t current_bytes;
    uint64_t peak_bytes; /**< since the start, the last clear or the last reset of the peak */
} hm_traced_memory;

/**
 * Starts (tracemalloc.start); nothing happens where the heap is traced already. False, with the
 * heap's error: ValueError for a number of frames out of range, HM_USAGE_ERROR where the thread
 * traces another heap, HM_UNAVAILABLE for `native` without its libraries or in a build without
 * tracing, HM_NO_MEMORY.
 */
bool hm_trace_start(hm_heap *heap, const hm_trace_options *options) HM_MUST_USE;

/** Stops, and forgets all traces (tracemalloc.stop); nothing happens where it is off. */
void hm_trace_stop(hm_heap *heap);

/** Forgets all traces and goes on (tracemalloc.clear_traces). */
void hm_trace_clear(hm_heap *heap);

/** True while this heap is traced (tracemalloc.is_tracing). */
bool hm_trace_is_tracing(const hm_heap *heap);

/** Makes the current size the peak (tracemalloc.reset_peak). */
void hm_trace_reset_peak(hm_heap *heap);

/** Zeros while off (tracemalloc.get_traced_memory). */
hm_traced_memory hm_trace_get_traced_memory(const hm_heap *heap);

/**
 * Bytes of pages the tracer holds for traces and tracebacks; 0 while off
 * (tracemalloc.get_tracemalloc_memory). What libdw needs to resolve native frames is not in it.
 */
uint64_t hm_trace_get_tracemalloc_memory(const hm_heap *heap);

/** How many blocks are traced; 0 while off. */
uint64_t hm_trace_get_trace_count(const hm_heap *heap);

/** The limit of the last start, 1 before it (tracemalloc.get_traceback_limit). */
unsigned hm_trace_get_traceback_limit(const hm_heap *heap);

/**
 * Where the object's own block came from (tracemalloc.get_object_traceback), until the next stop or
 * clear. NULL: it is not traced (heap->error untouched), or out of memory (heap->error).
 */
const hm_traceback *hm_trace_get_object_traceback(hm_heap *heap, const hm_object *object);

/** HM_OK, or HM_UNAVAILABLE with the library and the package that native tracebacks miss. */
hm_status hm_trace_native_available(hm_error *error);

#endif
