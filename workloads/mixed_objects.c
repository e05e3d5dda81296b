/** Objects of mixed sizes; see mixed_objects.h. */
#include "workloads/mixed_objects.h"

#include "workloads/payload.h"

#include "object/sites.h" /* last: every allocating call below is a site */

enum { BYTES_HEAD = 33 }; /* of an empty bytes object */

static uint32_t block_of(uint32_t size)
{
    return size <= BYTES_HEAD ? HM_MIXED_LEAST_BYTES : size;
}

static double real_of(uint64_t seed)
{
    return (double)(seed >> 16);
}

uint32_t hm_mixed_bytes(const hm_sizes *sizes, uint64_t seed)
{
    return block_of(hm_size_of(sizes, seed));
}

double hm_mixed_mean(const hm_sizes *sizes)
{
    double sum = 0;
    for (size_t share = 0; share < HM_SIZES; share++)
        sum += block_of(sizes->at[share]);
    return sum / HM_SIZES;
}

void hm_mixed_scale(hm_sizes *sizes, uint64_t percent)
{
    for (size_t share = 0; share < HM_SIZES; share++) {
        uint64_t scaled = sizes->at[share] * percent / 100;
        sizes->at[share] = scaled < HM_MIXED_LEAST_BYTES ? HM_MIXED_LEAST_BYTES : (uint32_t)scaled;
    }
}

hm_object *hm_mixed_new(hm_heap *heap, const hm_sizes *sizes, uint64_t seed)
{
    uint32_t size = hm_mixed_bytes(sizes, seed);
    if (size == HM_MIXED_LEAST_BYTES)
        return hm_float_new(heap, real_of(seed));
    hm_object *object = hm_bytes_new(heap, NULL, size - BYTES_HEAD);
    if (object != NULL)
        hm_payload_fill(hm_bytes_data(object), size - BYTES_HEAD, seed, false);
    return object;
}

bool hm_mixed_read(hm_object *object, const hm_sizes *sizes, uint64_t seed, uint64_t *sum)
{
    uint32_t size = hm_mixed_bytes(sizes, seed);
    *sum += seed;
    if (size == HM_MIXED_LEAST_BYTES)
        return hm_is(object, &hm_float_type) && hm_float_value(object) == real_of(seed);
    return hm_is(object, &hm_bytes_type) && hm_text_length(object) == size - BYTES_HEAD &&
           hm_payload_read(hm_bytes_data(object), size - BYTES_HEAD, seed, false, sum);
}
