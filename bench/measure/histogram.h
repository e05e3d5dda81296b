/**
 * This module is a histogram of durations with a bounded relative error, so that any number of
 * pauses is kept in a fixed amount of memory and every quantile is right to half a percent.
 *
 * Values below 128 have a bucket each; above, every power of two is cut into 128 buckets of equal
 * width (Tene's HdrHistogram layout: the bucket's number is the value's leading bits), so that a
 * bucket is at most 1/128 of its lower end wide and its middle at most 1/256 away from any value in
 * it. The whole range of uint64_t is covered; nothing is ever clipped.
 */
#ifndef HM_MEASURE_HISTOGRAM_H
#define HM_MEASURE_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HM_HISTOGRAM_BITS = 7,
    HM_HISTOGRAM_BUCKETS = (64 - HM_HISTOGRAM_BITS + 1) << HM_HISTOGRAM_BITS
};

/** The most by which a quantile can be off, relative to the value: 1/256. */
#define HM_HISTOGRAM_RELATIVE_ERROR (0.5 / (double)(1 << HM_HISTOGRAM_BITS))

/** All zero is an empty histogram. */
typedef struct hm_histogram {
    uint64_t count;
    uint64_t minimum; /**< exact; 0 where empty */
    uint64_t maximum; /**< exact; 0 where empty */
    uint64_t buckets[HM_HISTOGRAM_BUCKETS];
} hm_histogram;

/** A bucket that holds something: values from `low` to `high`, both included. */
typedef struct hm_histogram_bucket {
    uint64_t low;
    uint64_t high;
    uint64_t count;
} hm_histogram_bucket;

/** Adds one value. */
void hm_histogram_record(hm_histogram *histogram, uint64_t value);

/** Adds all values of `other`; the same as having recorded them here. */
void hm_histogram_merge(hm_histogram *histogram, const hm_histogram *other);

/**
 * The smallest value that at least `share` (0 to 1) of all values do not exceed, within
 * HM_HISTOGRAM_RELATIVE_ERROR; share 0 and 1 are exact. False: the histogram is empty.
 */
bool hm_histogram_quantile(const hm_histogram *histogram, double share, double *value);

/**
 * The mean of the smallest `share` (above 0, to 1) of all values, at least of one, within
 * HM_HISTOGRAM_RELATIVE_ERROR: what a few outliers cannot move. False: the histogram is empty.
 */
bool hm_histogram_low_mean(const hm_histogram *histogram, double share, double *mean);

/** Steps through the buckets that hold something: start with `*position` 0; false at the end. */
bool hm_histogram_next(const hm_histogram *histogram, size_t *position,
                       hm_histogram_bucket *bucket);

#endif
