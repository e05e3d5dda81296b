/** Distributions of sizes; see sizes.h. */
#include "workloads/sizes.h"

#include "base/attributes.h"

#include <math.h>
#include <stddef.h>

enum { LEAST_BLOCK = 24, WIDEST_BLOCK = 16384 };

/** Blocks of `low` to `high` bytes, and the share of all blocks that are no larger, in tenths of a
 * percent. */
static const struct {
    uint32_t low, high, up_to;
} python_blocks[] = {{24, 32, 261},   {33, 48, 348},   {49, 64, 861},   {65, 80, 892},
                     {113, 128, 939}, {145, 160, 994}, {161, 256, 1000}};

static double middle_of(size_t share)
{
    return ((double)share + 0.5) / HM_SIZES;
}

void hm_sizes_fixed(hm_sizes *sizes, uint32_t size)
{
    for (size_t share = 0; share < HM_SIZES; share++)
        sizes->at[share] = size;
}

static double pareto_quantile(double share)
{
    const double shape = 0.348238;
    return (pow(1 - share, -shape) - 1) / shape;
}

void hm_sizes_pareto(hm_sizes *sizes, double mean)
{
    double sum = 0;
    for (size_t share = 0; share < HM_SIZES; share++)
        sum += pareto_quantile(middle_of(share));
    for (size_t share = 0; share < HM_SIZES; share++) {
        double size = round(pareto_quantile(middle_of(share)) * mean * HM_SIZES / sum);
        sizes->at[share] = size < 1 ? 1 : (uint32_t)size;
    }
}

void hm_sizes_python(hm_sizes *sizes)
{
    size_t bin = 0;
    double below = 0;
    for (size_t share = 0; share < HM_SIZES; share++) {
        double thousandths = middle_of(share) * 1000;
        for (; thousandths > python_blocks[bin].up_to; bin++)
            below = python_blocks[bin].up_to;
        double part = (thousandths - below) / (python_blocks[bin].up_to - below);
        uint32_t width = python_blocks[bin].high - python_blocks[bin].low + 1;
        sizes->at[share] = python_blocks[bin].low + (uint32_t)(part * width);
    }
}

void hm_sizes_wide(hm_sizes *sizes)
{
    double steps = log2((double)WIDEST_BLOCK / LEAST_BLOCK);
    for (size_t share = 0; share < HM_SIZES; share++)
        sizes->at[share] = (uint32_t)round(LEAST_BLOCK * exp2(middle_of(share) * steps));
}

double hm_sizes_mean(const hm_sizes *sizes)
{
    double sum = 0;
    for (size_t share = 0; share < HM_SIZES; share++)
        sum += sizes->at[share];
    return sum / HM_SIZES;
}
