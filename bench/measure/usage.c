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

void hm_usage_add(hm_usage *sum, const hm_usage *more)
{
    sum->minor_page_faults += more->minor_page_faults;
    sum->major_page_faults += more->major_page_faults;
    sum->voluntary_context_switches += more->voluntary_context_switches;
    sum->involuntary_context_switches += more->involuntary_context_switches;
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
