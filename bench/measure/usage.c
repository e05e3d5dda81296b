#include "bench/measure/usage.h"

#include <sys/resource.h>

hm_usage hm_usage_read(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (hm_usage){.minor_page_faults = (uint64_t)usage.ru_minflt,
                      .major_page_faults = (uint64_t)usage.ru_majflt,
                      .voluntary_context_switches = (uint64_t)usage.ru_nvcsw,
                      .involuntary_context_switches = (uint64_t)usage.ru_nivcsw};
}

hm_usage hm_usage_between(const hm_usage *before, const hm_usage *after)
{
    return (hm_usage){.minor_page_faults = after->minor_page_faults - before->minor_page_faults,
                      .major_page_faults = after->major_page_faults - before->major_page_faults,
                      .voluntary_context_switches =
                          after->voluntary_context_switches - before->voluntary_context_switches,
                      .involuntary_context_switches = after->involuntary_context_switches -
                                                      before->involuntary_context_switches};
}
