/** Traces drawn from programs; see block_trace.h. */
#include "workloads/block_trace.h"

#include "base/check.h"

enum { LEAST_STEPS = 1 << 16, MOST_STEPS = 1 << 22, STEPS_A_BLOCK = 8 };

/* What drawing a trace needs: block i is the one that step i allocates. */
typedef struct drawing {
    uint32_t count;
    uint32_t *bytes;  /* a block */
    uint32_t *death;  /* a block: the step that frees it */
    uint32_t *victim; /* blocks in the order in which they are freed */
    uint32_t *slot;   /* a block */
    uint32_t *spare;  /* slots that are free, the latest last */
    hm_table tables[5];
} drawing;

static uint32_t steps_for(uint32_t live)
{
    uint32_t steps = LEAST_STEPS;
    while (steps < MOST_STEPS && steps / STEPS_A_BLOCK < live)
        steps *= 2;
    return steps;
}

double hm_block_trace_longest(const hm_allocation_profile *program, uint32_t live)
{
    double low = 1, high = steps_for(live) / 2, bytes;
    if (hm_profile_live(program, high, &bytes) <= live)
        return high;
    for (int halving = 0; halving < 40; halving++) {
        double middle = (low + high) / 2;
        if (hm_profile_live(program, middle, &bytes) > live)
            high = middle;
        else
            low = middle;
    }
    return high;
}

static bool open_drawing(hm_lane *lane, drawing *draw, uint32_t count)
{
    uint32_t **const arrays[] = {&draw->bytes, &draw->death, &draw->victim, &draw->slot,
                                 &draw->spare};
    *draw = (drawing){.count = count};
    for (size_t index = 0; index < HM_COUNT_OF(arrays); index++) {
        if (!hm_table_open(lane, &draw->tables[index], count, sizeof(uint32_t)))
            return false;
        *arrays[index] = draw->tables[index].at;
    }
    return true;
}

static void close_drawing(drawing *draw)
{
    for (size_t index = 0; index < HM_COUNT_OF(draw->tables); index++)
        hm_table_close(&draw->tables[index]);
}

static void draw_blocks(drawing *draw, const hm_block_sizes *sizes, double longest, uint64_t seed)
{
    hm_random random;
    hm_random_seed(&random, seed);
    for (uint32_t block = 0; block < draw->count; block++) {
        hm_block_draw drawn = hm_block_sizes_draw(sizes, &random);
        uint32_t lifetime =
            (double)drawn.lifetime < longest ? (uint32_t)drawn.lifetime : (uint32_t)longest;
        draw->bytes[block] = drawn.bytes;
        draw->death[block] = (block + lifetime) % draw->count;
    }
}

/* Counts each step's frees and sorts the blocks by the step that frees them. */
static void order_deaths(drawing *draw, hm_trace_step *steps)
{
    uint32_t *starts = draw->spare, start = 0; /* not in use yet */
    for (uint32_t block = 0; block < draw->count; block++)
        steps[draw->death[block]].frees++;
    for (uint32_t step = 0; step < draw->count; step++) {
        starts[step] = start;
        start += steps[step].frees;
    }
    HM_CHECK(start == draw->count);
    for (uint32_t block = 0; block < draw->count; block++)
        draw->victim[starts[draw->death[block]]++] = block;
}

static bool crosses(const drawing *draw, uint32_t block)
{
    return draw->death[block] <= block;
}

static void give_crossing_slots(drawing *draw, hm_block_trace *trace)
{
    for (uint32_t block = 0; block < draw->count; block++) {
        if (!crosses(draw, block))
            continue;
        ((uint32_t *)trace->crossing.at)[trace->crossing_count] = draw->bytes[block];
        draw->slot[block] = trace->crossing_count++;
    }
    trace->slot_count = trace->crossing_count;
}

static void write_steps(drawing *draw, hm_block_trace *trace)
{
    hm_trace_step *steps = trace->steps.at;
    hm_trace_free *frees = trace->frees.at;
    uint32_t spares = 0, freed = 0;
    order_deaths(draw, steps);
    give_crossing_slots(draw, trace);
    for (uint32_t step = 0; step < draw->count; step++) {
        for (uint32_t due = steps[step].frees; due > 0; due--, freed++) {
            uint32_t victim = draw->victim[freed];
            frees[freed] = (hm_trace_free){draw->slot[victim], draw->bytes[victim]};
            if (!crosses(draw, victim))
                draw->spare[spares++] = draw->slot[victim];
        }
        if (!crosses(draw, step))
            draw->slot[step] = spares > 0 ? draw->spare[--spares] : trace->slot_count++;
        steps[step].slot = draw->slot[step];
        steps[step].bytes = draw->bytes[step];
    }
}

bool hm_block_trace_open(hm_lane *lane, hm_block_trace *trace, const hm_block_sizes *sizes,
                         uint32_t live)
{
    drawing draw;
    double longest = hm_block_trace_longest(sizes->program, live);
    *trace = (hm_block_trace){.step_count = steps_for(live)};
    bool opened = open_drawing(lane, &draw, trace->step_count) &&
                  hm_table_open(lane, &trace->steps, trace->step_count, sizeof(hm_trace_step)) &&
                  hm_table_open(lane, &trace->frees, trace->step_count, sizeof(hm_trace_free)) &&
                  hm_table_open(lane, &trace->crossing, trace->step_count, sizeof(uint32_t));
    if (opened) {
        draw_blocks(&draw, sizes, longest, lane->seed);
        write_steps(&draw, trace);
    }
    close_drawing(&draw);
    return opened;
}

void hm_block_trace_close(hm_block_trace *trace)
{
    hm_table_close(&trace->steps);
    hm_table_close(&trace->frees);
    hm_table_close(&trace->crossing);
}

void hm_block_trace_sizes(const hm_block_trace *trace, uint32_t position, uint32_t *bytes)
{
    const hm_trace_step *steps = trace->steps.at;
    for (uint32_t slot = 0; slot < trace->crossing_count; slot++)
        bytes[slot] = ((const uint32_t *)trace->crossing.at)[slot];
    for (uint32_t step = 0; step < position; step++)
        bytes[steps[step].slot] = steps[step].bytes;
}
