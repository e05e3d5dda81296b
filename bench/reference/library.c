#include "bench/reference/library.h"

#include "bench/sample.h"

int hm_reference_main(const hm_runtime_host *host, int argc, char **argv)
{
    hm_runtime_host_set(host);
    return hm_sample_main(argc, argv);
}
