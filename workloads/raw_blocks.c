/** What raw workloads do to blocks outside their timed loops; see raw_blocks.h. */
#include "workloads/raw_blocks.h"

#include "base/random.h"

const char *const hm_free_names[] = {"plain", "sized", NULL};

bool hm_raw_sized(hm_lane *lane, const char *workload, int64_t parameter, bool *able)
{
    *able = true;
    if (parameter == HM_FREE_SIZED &&
        (lane->allocator->free_sized == NULL ||
         (lane->allocator->capabilities & HM_ALLOCATOR_SIZED_FREE) == 0))
        *able = hm_lane_fail(lane, HM_UNAVAILABLE,
                             "%s: free:sized needs a free with the size, which this back end does "
                             "not have",
                             workload);
    return parameter == HM_FREE_SIZED || lane->sized_free;
}

bool hm_raw_read_back(hm_lane *lane, const char *workload, bool same)
{
    return same || hm_lane_fail(lane, HM_WRONG_RESULT,
                                "%s: what was read from the blocks is not what was written to them",
                                workload);
}

void hm_raw_fill(void *block, size_t bytes, uint64_t number)
{
    hm_payload_fill(block, bytes, hm_scramble(number), false);
}

bool hm_raw_prove(hm_lane *lane, const char *workload, const void *block, size_t bytes,
                  uint64_t number)
{
    uint64_t sum = 0;
    return hm_payload_read(block, bytes, hm_scramble(number), false, &sum) ||
           hm_lane_fail(lane, HM_WRONG_RESULT, "%s: a block of %zu bytes is not what was written",
                        workload, bytes);
}

void hm_raw_shuffle(uint64_t seed, uint32_t *numbers, uint32_t count)
{
    hm_random random;
    hm_random_seed(&random, seed);
    for (uint32_t place = 0; place < count; place++) {
        uint32_t other = (uint32_t)hm_random_below(&random, (uint64_t)place + 1);
        numbers[place] = numbers[other];
        numbers[other] = place;
    }
}
