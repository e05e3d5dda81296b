#include "bench/measure/histogram.h"

#include <math.h>

enum { SUB_BUCKETS = 1 << HM_HISTOGRAM_BITS };

/*
 * A value with its leading bit at position p >= 7 keeps its 8 leading bits: shift = p - 7 drops the
 * rest, and shift * 128 + leading numbers the buckets without a gap, from 128 on for shift 0.
 */
static size_t bucket_of(uint64_t value)
{
    if (value < SUB_BUCKETS)
        return (size_t)value;
    unsigned shift = 63u - (unsigned)__builtin_clzll(value) - HM_HISTOGRAM_BITS;
    return ((size_t)shift << HM_HISTOGRAM_BITS) + (size_t)(value >> shift);
}

static hm_histogram_bucket bounds_of(size_t index)
{
    if (index < SUB_BUCKETS)
        return (hm_histogram_bucket){.low = index, .high = index};
    unsigned shift = (unsigned)(index >> HM_HISTOGRAM_BITS) - 1;
    uint64_t leading = (index & (SUB_BUCKETS - 1)) + SUB_BUCKETS;
    uint64_t low = leading << shift;
    return (hm_histogram_bucket){.low = low, .high = low + (((uint64_t)1 << shift) - 1)};
}

void hm_histogram_record(hm_histogram *histogram, uint64_t value)
{
    if (histogram->count == 0 || value < histogram->minimum)
        histogram->minimum = value;
    if (value > histogram->maximum)
        histogram->maximum = value;
    histogram->count++;
    histogram->buckets[bucket_of(value)]++;
}

void hm_histogram_merge(hm_histogram *histogram, const hm_histogram *other)
{
    if (other->count == 0)
        return;
    if (histogram->count == 0 || other->minimum < histogram->minimum)
        histogram->minimum = other->minimum;
    if (other->maximum > histogram->maximum)
        histogram->maximum = other->maximum;
    histogram->count += other->count;
    for (size_t index = 0; index < HM_HISTOGRAM_BUCKETS; index++)
        histogram->buckets[index] += other->buckets[index];
}

static double middle_of(const hm_histogram *histogram, size_t index)
{
    hm_histogram_bucket bounds = bounds_of(index);
    double middle = (double)bounds.low + (double)(bounds.high - bounds.low) / 2;
    /* The exact ends are known: a bucket that holds one of them cannot stick out beyond it. */
    return fmin(fmax(middle, (double)histogram->minimum), (double)histogram->maximum);
}

bool hm_histogram_quantile(const hm_histogram *histogram, double share, double *value)
{
    if (histogram->count == 0)
        return false;
    double rank = ceil(share * (double)histogram->count);
    if (rank <= 1) {
        *value = (double)histogram->minimum;
        return true;
    }
    uint64_t seen = 0;
    for (size_t index = 0; rank < (double)histogram->count; index++) {
        seen += histogram->buckets[index];
        if ((double)seen >= rank) {
            *value = middle_of(histogram, index);
            return true;
        }
    }
    *value = (double)histogram->maximum;
    return true;
}

bool hm_histogram_low_mean(const hm_histogram *histogram, double share, double *mean)
{
    if (histogram->count == 0)
        return false;
    double wanted = fmax(floor(share * (double)histogram->count), 1), left = wanted, sum = 0;
    for (size_t index = 0; left > 0 && index < HM_HISTOGRAM_BUCKETS; index++) {
        if (histogram->buckets[index] == 0)
            continue;
        double taken = fmin((double)histogram->buckets[index], left);
        sum += taken * middle_of(histogram, index);
        left -= taken;
    }
    *mean = sum / wanted;
    return true;
}

bool hm_histogram_next(const hm_histogram *histogram, size_t *position, hm_histogram_bucket *bucket)
{
    while (*position < HM_HISTOGRAM_BUCKETS) {
        size_t index = (*position)++;
        if (histogram->buckets[index] == 0)
            continue;
        *bucket = bounds_of(index);
        bucket->count = histogram->buckets[index];
        return true;
    }
    return false;
}
