/**
 * This module is where the runtime and a tracer meet, so that a traced heap knows which line of
 * whose code asked for a block, and an untraced one pays a store for it.
 *
 * Words: a *site* is a place in source that asks the heap for something; the heap's *current* site
 * is the last one reached. A *call frame* stands for a C function that said HM_TRACE_FRAME, and is
 * linked through the C stack as an interpreter's frames are. object/sites.h makes every allocating
 * call a site.
 *
 * Invariant: the frames of a heap are those of C functions that have not returned; when one leaves,
 * its caller's site is current again.
 *
 * With -DHEAPMARK_TRACE=OFF (HM_TRACE 0) nothing of this is compiled into a call.
 */
#ifndef HM_OBJECT_SITE_H
#define HM_OBJECT_SITE_H

#include "base/attributes.h"

#include <stddef.h>
#include <stdint.h>

#ifndef HM_TRACE
#define HM_TRACE 1
#endif

struct hm_type;

/** A place in source. Static data: its address stands for it as long as the program runs. */
typedef struct hm_site {
    const char *file;
    const char *function;
    unsigned line;
} hm_site;

/** A C function's part in tracebacks; lives on that function's stack. */
typedef struct hm_call_frame {
    struct hm_call_frame *caller; /**< NULL: the outermost */
    const hm_site *call;          /**< the site that was current when it was entered; may be NULL */
    struct hm_trace_seam *seam;
    uint32_t depth; /**< known calls that led here */
} hm_call_frame;

/** A heap's side of tracing: the runtime and the macros write, the tracer reads. */
typedef struct hm_trace_seam {
    const hm_site *site;              /**< current; NULL: none yet */
    const struct hm_type *allocating; /**< type of the object whose block is asked for next; the
                                           tracer sets it to NULL once it has seen it */
    hm_call_frame *frame;             /**< innermost; NULL: none */
    struct hm_tracer *tracer;         /**< NULL: off */
    uint32_t frame_limit;             /**< of the last start; 0: never started */
} hm_trace_seam;

/** The address of a static hm_site for the line this stands in. */
#define HM_SITE_HERE                                                                               \
    __extension__({                                                                                \
        static const hm_site hm_site_here = {__FILE__, __func__, __LINE__};                        \
        &hm_site_here;                                                                             \
    })

/** Enters and leaves a call frame; HM_TRACE_FRAME does both. */
static inline void hm_call_frame_enter(hm_call_frame *frame, hm_trace_seam *seam,
                                       const hm_site *site)
{
    frame->caller = seam->frame;
    frame->call = seam->site;
    frame->seam = seam;
    frame->depth = (frame->caller == NULL ? 0 : frame->caller->depth) + (frame->call != NULL);
    seam->frame = frame;
    seam->site = site;
}

static inline void hm_call_frame_leave(hm_call_frame *frame)
{
    frame->seam->frame = frame->caller;
    frame->seam->site = frame->call;
}

#if HM_TRACE

/** In a C function that uses `heap`: puts it into tracebacks until it returns. Once a function. */
#define HM_TRACE_FRAME(heap)                                                                       \
    hm_call_frame hm_call_frame_here HM_CLEANUP(hm_call_frame_leave);                              \
    hm_call_frame_enter(&hm_call_frame_here, &(heap)->trace, HM_SITE_HERE)

/** Makes this line the current site, for unsited calls that follow: `(hm_list_append)(…)` in a
 * loop. */
#define HM_TRACE_HERE(heap) ((void)((heap)->trace.site = HM_SITE_HERE))

/** Evaluates `call`, a call of a function with a frame, and makes this line the one it came from.
 */
#define HM_TRACE_CALL(heap, call) ((heap)->trace.site = HM_SITE_HERE, (call))

#else

#define HM_TRACE_FRAME(heap)      ((void)(heap))
#define HM_TRACE_HERE(heap)       ((void)(heap))
#define HM_TRACE_CALL(heap, call) (call)

#endif

#endif
