/**
 * This module is the tracer as its own files see it: what it keeps for the heap it traces.
 */
#ifndef HM_TRACE_TRACER_H
#define HM_TRACE_TRACER_H

#include "trace/resolve.h"
#include "trace/table.h"
#include "trace/trace.h"
#include "trace/traceback.h"

/* Places of the last tracebacks of one frame: a power of two. */
enum { HM_RECENT_SITES = 64 };

/** The traceback of one frame last found for a site. */
typedef struct hm_recent_site {
    const hm_site *site;
    uint32_t total;
    uint32_t traceback;
} hm_recent_site;

typedef struct hm_tracer {
    /* Hot. */
    hm_trace_table table;
    uint64_t current_bytes;
    uint64_t peak_bytes;
    hm_trace_seam *seam;
    hm_allocator inner; /* the heap's table as it was */
    uint32_t frame_limit;
    bool native;

    /* Cold. */
    hm_heap *heap;
    hm_traceback_store tracebacks;
    const void **items; /* a traceback in the making: item_capacity of them */
    size_t item_capacity;
    hm_resolver resolver; /* of hm_trace_get_object_traceback */
    hm_recent_site recent[HM_RECENT_SITES];
} hm_tracer;

/**
 * The index of the traceback of the running call, or HM_NO_TRACEBACK. `return_address` is where the
 * allocator's function was called from: native tracebacks begin there.
 */
uint32_t hm_tracer_capture_deep(hm_tracer *tracer, const void *return_address);

/** Puts the tracer's functions into the heap's table and makes it this thread's tracer. */
void hm_tracer_attach(hm_tracer *tracer);

/** Puts the heap's own functions back. */
void hm_tracer_detach(hm_tracer *tracer);

/** The tracer of this thread, or NULL. */
hm_tracer *hm_tracer_of_thread(void);

/** Gives back all its memory, itself included. The heap is not touched. */
void hm_tracer_free(hm_tracer *tracer);

#endif
