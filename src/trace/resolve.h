/**
 * This module turns the items of tracebacks into files, functions and lines, each once, when
 * somebody wants to read them.
 */
#ifndef HM_TRACE_RESOLVE_H
#define HM_TRACE_RESOLVE_H

#include "trace/region.h"
#include "trace/trace.h"
#include "trace/traceback.h"

/** Resolves into a region; zeroed: ready for tracebacks of sites. */
typedef struct hm_resolver {
    hm_region region;                 /* frames, tracebacks, words of native frames */
    hm_number_map frames;             /* item to hm_trace_frame * */
    hm_number_map tracebacks;         /* record to hm_traceback * */
    struct hm_native_session *native; /* NULL: items are sites, or nothing was resolved yet */
    bool is_native;
} hm_resolver;

/** The traceback in words, valid until the resolver's region is released; NULL: no memory. */
const hm_traceback *hm_resolver_traceback(hm_resolver *resolver, const hm_traceback_record *record);

/** Bytes of pages it holds. */
size_t hm_resolver_bytes(const hm_resolver *resolver);

/** Gives everything back but the region, which the caller takes over. */
hm_region hm_resolver_finish(hm_resolver *resolver);

#endif
