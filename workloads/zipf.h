/**
 * This module is Zipf's law, so that workloads ask for some things often and for most things
 * rarely, as users do: of `count` numbers, number n is drawn with a probability in proportion to
 * 1 / (n + 1)^exponent.
 *
 * Words: a *cell* is a run of neighbouring numbers of nearly the same probability; the commonest
 * numbers have a cell each. A cell is chosen by the alias method (Walker 1977, in the exact order
 * of Vose 1991), a number inside it by rejection, which refuses less than one in eight. So a draw
 * takes some ten nanoseconds for any count, its tables a few cache lines, and the law is met
 * exactly.
 *
 * Invariant: in a cell, the last number is at least HM_ZIPF_EVEN times as likely as the first.
 */
#ifndef HM_WORKLOADS_ZIPF_H
#define HM_WORKLOADS_ZIPF_H

#include "base/random.h"
#include "workloads/lanes.h"

#define HM_ZIPF_EVEN 0.875

/** A run of numbers, and the alias method's column of this cell's number. */
typedef struct hm_zipf_cell {
    uint32_t first;
    uint32_t width;
    uint64_t threshold; /**< below it the column means its own cell, else `alias` */
    uint32_t alias;
} hm_zipf_cell;

typedef struct hm_zipf {
    double exponent;
    size_t cell_count;
    hm_table cells; /**< hm_zipf_cell */
} hm_zipf;

/** Prepares draws from `count` (1 to 2^31) numbers; false: no memory, and the lane was told. */
bool hm_zipf_open(hm_lane *lane, hm_zipf *zipf, uint32_t count, double exponent) HM_MUST_USE;
void hm_zipf_close(hm_zipf *zipf);

/** A number from inside a cell of more than one. */
uint32_t hm_zipf_draw_within(const hm_zipf *zipf, const hm_zipf_cell *cell, hm_random *random);

/** The next number. */
static inline uint32_t hm_zipf_draw(const hm_zipf *zipf, hm_random *random)
{
    __extension__ typedef unsigned __int128 wide;
    const hm_zipf_cell *cells = zipf->cells.at;
    wide place = (wide)hm_random_next(random) * zipf->cell_count;
    const hm_zipf_cell *cell = &cells[(size_t)(place >> 64)];
    if ((uint64_t)place >= cell->threshold)
        cell = &cells[cell->alias];
    return cell->width == 1 ? cell->first : hm_zipf_draw_within(zipf, cell, random);
}

#endif
