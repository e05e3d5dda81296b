/** Sizes of the blocks of raw workloads; see block_sizes.h. */
#include "workloads/block_sizes.h"

#include "workloads/parameters.h"

#include <math.h>

enum { SIZES, SIZE, MINIMUM, MAXIMUM };

static const hm_allocation_profile *program_of(const int64_t *values)
{
    return values[SIZES] < HM_SIZES_PROGRAMS
               ? NULL
               : hm_allocation_profile_at((size_t)values[SIZES] - HM_SIZES_PROGRAMS);
}

hm_status hm_block_sizes_validate(const hm_workload *workload, const int64_t *values, int first,
                                  hm_error *error)
{
    const int64_t *own = values + first;
    bool fixed = own[SIZES] == HM_SIZES_FIXED, uniform = own[SIZES] == HM_SIZES_UNIFORM;
    const char *reason = fixed ? "sizes:fixed" : uniform ? "sizes:uniform" : "a program's sizes";
    if (!fixed && hm_parameter_without_effect(workload, values, first + SIZE, reason, error))
        return HM_USAGE_ERROR;
    if (!uniform &&
        (hm_parameter_without_effect(workload, values, first + MINIMUM, reason, error) ||
         hm_parameter_without_effect(workload, values, first + MAXIMUM, reason, error)))
        return HM_USAGE_ERROR;
    if (uniform && own[MINIMUM] > own[MAXIMUM])
        return hm_error_set(error, HM_USAGE_ERROR,
                            "%s: minimum %lld is above maximum %lld; lower it", workload->name,
                            (long long)own[MINIMUM], (long long)own[MAXIMUM]);
    return HM_OK;
}

void hm_block_sizes_choose(hm_block_sizes *sizes, const int64_t *values)
{
    bool fixed = values[SIZES] == HM_SIZES_FIXED;
    uint64_t blocks = 0;
    sizes->program = program_of(values);
    sizes->cells = 0;
    sizes->low = (uint32_t)values[fixed ? SIZE : MINIMUM];
    sizes->span = fixed ? 1 : (uint32_t)(values[MAXIMUM] - values[MINIMUM] + 1);
    if (sizes->program == NULL)
        return;
    for (size_t bin = 0; bin < sizes->program->bin_count; bin++) {
        for (int lifetime = 0; lifetime < HM_PROFILE_LIFETIMES; lifetime++) {
            blocks += sizes->program->bins[bin].lifetimes[lifetime];
            sizes->up_to[sizes->cells++] = blocks;
        }
    }
}

/* The first cell up to which there are more than `block` blocks. */
static size_t find_cell(const hm_block_sizes *sizes, uint64_t block)
{
    size_t low = 0, high = sizes->cells - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (sizes->up_to[middle] > block)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static uint32_t at_least_a_word(uint64_t bytes)
{
    return bytes < HM_LEAST_BLOCK_BYTES ? HM_LEAST_BLOCK_BYTES : (uint32_t)bytes;
}

static hm_block_draw draw_of_program(const hm_block_sizes *sizes, hm_random *random)
{
    size_t cell = find_cell(sizes, hm_random_below(random, sizes->up_to[sizes->cells - 1]));
    const hm_profile_bin *bin = &sizes->program->bins[cell / HM_PROFILE_LIFETIMES];
    unsigned doubling = (unsigned)(cell % HM_PROFILE_LIFETIMES);
    uint32_t low = hm_profile_bin_low(bin);
    hm_block_draw draw = {.lifetime = UINT64_MAX};
    draw.bytes = at_least_a_word(low + hm_random_below(random, bin->size_to - low + 1));
    if (doubling != HM_PROFILE_LIFETIMES - 1)
        draw.lifetime =
            ((uint64_t)1 << doubling) + hm_random_below(random, (uint64_t)1 << doubling);
    return draw;
}

hm_block_draw hm_block_sizes_draw(const hm_block_sizes *sizes, hm_random *random)
{
    if (sizes->program != NULL)
        return draw_of_program(sizes, random);
    return (hm_block_draw){.bytes = sizes->low + (uint32_t)hm_random_below(random, sizes->span),
                           .lifetime = UINT64_MAX};
}

double hm_block_sizes_mean(const int64_t *values)
{
    const hm_allocation_profile *program = program_of(values);
    double bytes;
    if (program == NULL)
        return values[SIZES] == HM_SIZES_FIXED
                   ? (double)values[SIZE]
                   : ((double)values[MINIMUM] + (double)values[MAXIMUM]) / 2;
    double blocks = hm_profile_live(program, 1, &bytes);
    return bytes / blocks;
}

uint32_t hm_block_sizes_largest(const int64_t *values)
{
    const hm_allocation_profile *program = program_of(values);
    if (program != NULL)
        return program->bins[program->bin_count - 1].size_to;
    return (uint32_t)values[values[SIZES] == HM_SIZES_FIXED ? SIZE : MAXIMUM];
}

/* The mean of min(lifetime, longest) over lifetimes spread evenly from `low` to twice that. */
static double mean_lifetime(double low, double longest)
{
    if (longest <= low)
        return longest;
    if (longest >= 2 * low)
        return 1.5 * low;
    double shorter = (longest - low) / low;
    return shorter * (low + longest) / 2 + (1 - shorter) * longest;
}

double hm_profile_live(const hm_allocation_profile *program, double longest, double *bytes)
{
    double blocks = 0, live = 0;
    *bytes = 0;
    for (size_t index = 0; index < program->bin_count; index++) {
        const hm_profile_bin *bin = &program->bins[index];
        double in_bin = 0;
        for (int doubling = 0; doubling < HM_PROFILE_LIFETIMES; doubling++) {
            double count = (double)bin->lifetimes[doubling];
            bool ends = doubling < HM_PROFILE_LIFETIMES - 1;
            blocks += count;
            in_bin += count * (ends ? mean_lifetime(ldexp(1, doubling), longest) : longest);
        }
        live += in_bin;
        *bytes += in_bin * ((double)hm_profile_bin_low(bin) + bin->size_to) / 2;
    }
    *bytes /= blocks;
    return live / blocks;
}
