/** Zipf's law; see zipf.h. */
#include "workloads/zipf.h"

#include <math.h>

/* With exponents up to 3 and 2^31 numbers there are fewer cells: at least 4 % growth a cell. */
enum { OWN_CELLS = 256, MOST_CELLS = 1024 };

/** Walker's columns while they are made: what each has and still needs. */
typedef struct alias_work {
    double mass[MOST_CELLS]; /**< in columns: 1 fills one */
    uint32_t short_of[MOST_CELLS], over[MOST_CELLS];
    size_t short_count, over_count;
} alias_work;

static double weight(const hm_zipf *zipf, uint32_t number)
{
    return pow((double)number + 1, -zipf->exponent);
}

/* Numbers in the cell that begins with `first`: as many as keep the invariant. */
static uint32_t width_of(const hm_zipf *zipf, uint32_t first, uint32_t count)
{
    uint32_t left = count - first;
    if (first < OWN_CELLS && zipf->exponent > 0)
        return 1;
    if (zipf->exponent <= 0)
        return left;
    double last = floor(((double)first + 1) * pow(HM_ZIPF_EVEN, -1 / zipf->exponent));
    double width = last - (double)first;
    return width >= (double)left ? left : width < 1 ? 1 : (uint32_t)width;
}

static double fill_cells(hm_zipf *zipf, uint32_t count, double *mass)
{
    hm_zipf_cell *cells = zipf->cells.at;
    double total = 0;
    for (uint32_t first = 0; first < count;) {
        HM_CHECK(zipf->cell_count < MOST_CELLS);
        hm_zipf_cell *cell = &cells[zipf->cell_count];
        *cell = (hm_zipf_cell){.first = first, .width = width_of(zipf, first, count)};
        double sum = 0;
        for (uint32_t offset = 0; offset < cell->width; offset++)
            sum += weight(zipf, first + offset);
        mass[zipf->cell_count++] = sum;
        total += sum;
        first += cell->width;
    }
    return total;
}

static void sort_column(alias_work *work, uint32_t column)
{
    if (work->mass[column] < 1)
        work->short_of[work->short_count++] = column;
    else
        work->over[work->over_count++] = column;
}

static uint64_t threshold_of(double mass)
{
    const double whole = 18446744073709551616.0; /* 2^64 */
    double scaled = mass * whole;
    return scaled >= whole ? UINT64_MAX : scaled <= 0 ? 0 : (uint64_t)scaled;
}

/* Each column that lacks something is filled up from one that has too much. */
static void fill_columns(hm_zipf *zipf, alias_work *work)
{
    hm_zipf_cell *cells = zipf->cells.at;
    for (uint32_t column = 0; column < zipf->cell_count; column++) {
        cells[column].alias = column;
        cells[column].threshold = UINT64_MAX;
        sort_column(work, column);
    }
    while (work->short_count > 0 && work->over_count > 0) {
        uint32_t filled = work->short_of[--work->short_count];
        uint32_t giver = work->over[--work->over_count];
        cells[filled].threshold = threshold_of(work->mass[filled]);
        cells[filled].alias = giver;
        work->mass[giver] -= 1 - work->mass[filled];
        sort_column(work, giver);
    }
}

bool hm_zipf_open(hm_lane *lane, hm_zipf *zipf, uint32_t count, double exponent)
{
    hm_table room = {0};
    *zipf = (hm_zipf){.exponent = exponent};
    if (!hm_table_open(lane, &zipf->cells, MOST_CELLS, sizeof(hm_zipf_cell)) ||
        !hm_table_open(lane, &room, 1, sizeof(alias_work)))
        return false;
    alias_work *work = room.at;
    double total = fill_cells(zipf, count, work->mass);
    for (size_t cell = 0; cell < zipf->cell_count; cell++)
        work->mass[cell] *= (double)zipf->cell_count / total;
    fill_columns(zipf, work);
    hm_table_close(&room);
    return true;
}

void hm_zipf_close(hm_zipf *zipf)
{
    hm_table_close(&zipf->cells);
}

uint32_t hm_zipf_draw_within(const hm_zipf *zipf, const hm_zipf_cell *cell, hm_random *random)
{
    for (;;) {
        uint64_t bits = hm_random_next(random);
        uint32_t number = cell->first + (uint32_t)(((bits >> 32) * cell->width) >> 32);
        double chance = (double)(bits & UINT32_MAX) * 0x1p-32;
        if (chance < HM_ZIPF_EVEN ||
            chance < pow(((double)cell->first + 1) / ((double)number + 1), zipf->exponent))
            return number;
    }
}
