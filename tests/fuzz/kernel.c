/* Files of the kernel as their readers see them: /proc/stat, lines of numbers. And the histogram
 * that durations are kept in, whose values come from clocks. */
#include "bench/measure/foreign.h"
#include "bench/measure/histogram.h"
#include "bench/measure/proc_file.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void read_texts(const char *text)
{
    hm_cpu_totals first, second;
    uint64_t number;
    const char *half = strchr(text, '|');
    if (hm_cpu_totals_parse(text, &first) && half != NULL &&
        hm_cpu_totals_parse(half + 1, &second)) {
        double foreign = hm_foreign_cpu_share(&first, &second, 1000);
        double steal = hm_steal_share(&first, &second);
        HM_CHECK(foreign < 0 || foreign >= 0);
        HM_CHECK(steal < 0 || steal >= 0);
    }
    hm_proc_find_number(text, "VmHWM", &number);
}

/* The k-th smallest of `count` sorted values, as hm_histogram_quantile counts. */
static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static void check_quantile(const hm_histogram *histogram, const uint64_t *sorted, size_t count,
                           size_t rank)
{
    double value, exact = (double)sorted[rank];
    HM_CHECK(hm_histogram_quantile(histogram, (double)(rank + 1) / (double)count, &value));
    HM_CHECK(value <= exact * (1 + HM_HISTOGRAM_RELATIVE_ERROR) + 1 &&
             value >= exact * (1 - HM_HISTOGRAM_RELATIVE_ERROR) - 1);
}

/* Values of every magnitude: a byte says by how much the next one is shifted. */
static void keep_values(fuzz_bytes *bytes)
{
    static hm_histogram histogram, twice;
    uint64_t values[256];
    size_t count = 0, chosen = 0;
    memset(&histogram, 0, sizeof histogram);
    while (bytes->left > 2 && count < HM_COUNT_OF(values)) {
        uint8_t shift = fuzz_byte(bytes) % 64;
        uint32_t word = fuzz_word(bytes);
        values[count] = (uint64_t)word << shift;
        chosen += word + shift;
        hm_histogram_record(&histogram, values[count++]);
    }
    if (count == 0)
        return;
    qsort(values, count, sizeof *values, compare);
    HM_CHECK(histogram.count == count);
    HM_CHECK(histogram.minimum == values[0] && histogram.maximum == values[count - 1]);
    /* Shares that are a rank's to the last bit: powers of two. The ends, and one rank that the
       input chooses: every one would be a walk through all buckets for each value. */
    if ((count & (count - 1)) == 0) {
        check_quantile(&histogram, values, count, 0);
        check_quantile(&histogram, values, count, chosen % count);
        check_quantile(&histogram, values, count, count - 1);
    }
    hm_histogram_bucket bucket;
    uint64_t sum = 0, end = 0;
    for (size_t position = 0; hm_histogram_next(&histogram, &position, &bucket);) {
        HM_CHECK(bucket.low <= bucket.high && bucket.count > 0 && (sum == 0 || bucket.low > end));
        end = bucket.high;
        sum += bucket.count;
    }
    HM_CHECK(sum == count);
    twice = histogram;
    hm_histogram_merge(&twice, &histogram);
    HM_CHECK(twice.count == 2 * histogram.count && twice.maximum == histogram.maximum);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes bytes = {data, size};
    if (fuzz_byte(&bytes) == 'h') {
        keep_values(&bytes);
        return 0;
    }
    char *text = fuzz_text(bytes.at, bytes.left);
    read_texts(text);
    free(text);
    return 0;
}
