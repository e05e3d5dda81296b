/** Native tracebacks of a build that was configured without libunwind or libdw. */
#include "trace/native.h"

hm_status hm_native_open(hm_error *error)
{
    return hm_error_set(error, HM_UNAVAILABLE,
                        "native tracebacks were not built in: install Debian's libunwind-dev and "
                        "libdw-dev and configure again");
}

size_t hm_native_unwind(const void **addresses, size_t capacity)
{
    HM_UNUSED(addresses);
    HM_UNUSED(capacity);
    return 0;
}

bool hm_native_resolve(hm_native_session **session, const void *address, hm_region *region,
                       hm_trace_frame *frame)
{
    HM_UNUSED(session);
    HM_UNUSED(address);
    HM_UNUSED(region);
    HM_UNUSED(frame);
    return false;
}

void hm_native_close(hm_native_session *session)
{
    HM_UNUSED(session);
}
