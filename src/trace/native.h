/**
 * This module is native tracebacks: libunwind walks the stack when a block is asked for, and
 * elfutils' libdw says what the addresses mean when somebody reads them.
 *
 * Two libraries, because each does its part best: libunwind caches how to step out of a function,
 * and takes some 10 ns a frame where the C library's backtrace() takes some 250; libdw reads the
 * lines and names. Both are opened when native tracing starts, so that no process that does not ask
 * for it carries them; they are optional at configure time too.
 *
 * Invariant: nothing here is called unless hm_native_open returned HM_OK before.
 */
#ifndef HM_TRACE_NATIVE_H
#define HM_TRACE_NATIVE_H

#include "trace/region.h"
#include "trace/trace.h"

/** What libdw knows of this process; from hm_native_resolve. */
typedef struct hm_native_session hm_native_session;

/** Opens the libraries, once a process. HM_UNAVAILABLE says which is missing, and its package. */
hm_status hm_native_open(hm_error *error);

/** Stores up to `capacity` return addresses, innermost first, this call's own among them. */
size_t hm_native_unwind(const void **addresses, size_t capacity);

/**
 * Says what a return address means, into words in `region`; what debug information does not tell is
 * left as the object file's name and line 0. Opens `*session` at first use. False: no memory.
 */
bool hm_native_resolve(hm_native_session **session, const void *address, hm_region *region,
                       hm_trace_frame *frame);

/** Closes a session; NULL does nothing. */
void hm_native_close(hm_native_session *session);

#endif
