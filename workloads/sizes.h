/**
 * This module is distributions of sizes as tables of their quantiles, so that a workload draws a
 * size with one look, the same size for the same bits, and a distribution is one function.
 *
 * A table holds the size at the middle of each of HM_SIZES equal shares of the distribution.
 */
#ifndef HM_WORKLOADS_SIZES_H
#define HM_WORKLOADS_SIZES_H

#include <stdint.h>

enum { HM_SIZES = 1024 };

typedef struct hm_sizes {
    uint32_t at[HM_SIZES];
} hm_sizes;

/** All sizes the same. */
void hm_sizes_fixed(hm_sizes *sizes, uint32_t size);

/**
 * The generalized Pareto distribution with the shape of the values in Facebook's ETC pool (0.348,
 * Atikoglu et al., SIGMETRICS 2012), stretched so that the mean of the table is `mean`; at least 1.
 * Half of the sizes are below 0.52 of the mean, one in a hundred above 7.4 times, the largest 25
 * times.
 */
void hm_sizes_pareto(hm_sizes *sizes, double mean);

/**
 * The block sizes of a Python program that works on JSON (docs/workloads.md: 7.66 million
 * allocations), from 24 bytes, the smallest object there is, to 256.
 */
void hm_sizes_python(hm_sizes *sizes);

/** From 24 bytes to 16 KiB, each doubling as often as any other. */
void hm_sizes_wide(hm_sizes *sizes);

/** The mean of the table. */
double hm_sizes_mean(const hm_sizes *sizes);

/** The size that the upper bits of `bits` choose. */
static inline uint32_t hm_size_of(const hm_sizes *sizes, uint64_t bits)
{
    return sizes->at[bits >> 54];
}

#endif
