/**
 * This module is when a memory sample takes its accounts, at the edges and at the ends of some
 * batches, so that L, Q, U, A and RSS are all of one moment.
 *
 * The count of live bytes traces the heap with kernel memory, which shows in the RSS while it
 * lasts: the time it takes is recorded as masked, so that the timeline leaves it out, and the
 * kernel's peak is read before it and, where it rose meanwhile, reset after it, with the highest
 * kept here.
 */
#include "bench/sample_state.h"

#include <string.h>

static void update_peak(hm_sample_state *sample)
{
    uint64_t bytes;
    if (!sample->peak_known)
        return;
    if (!hm_resident_peak(&sample->resident, &bytes))
        sample->peak_known = false;
    else if (bytes > sample->peak_rss_bytes)
        sample->peak_rss_bytes = bytes;
}

void hm_sample_start_peak(hm_sample_state *sample)
{
    sample->peak_rss_bytes = 0;
    sample->peak_known = hm_resident_reset_peak(&sample->resident);
    update_peak(sample);
}

/* Forgets what the account itself took. A peak that it did not raise stands: each reset makes the
 * kernel's figure a little rough (resident.h). */
static void forget_own_peak(hm_sample_state *sample, uint64_t kernel_peak)
{
    uint64_t now;
    if (!sample->peak_known)
        return;
    bool risen = !hm_resident_peak(&sample->resident, &now) || now > kernel_peak;
    sample->peak_known = !risen || hm_resident_reset_peak(&sample->resident);
}

static bool take_account(hm_sample_state *sample, hm_sample_edge *account)
{
    uint64_t kernel_peak = 0;
    update_peak(sample);
    sample->peak_known = sample->peak_known && hm_resident_peak(&sample->resident, &kernel_peak);
    bool taken = hm_sample_read_account(sample, account);
    if (account->rss_bytes != HM_UNKNOWN_BYTES && account->rss_bytes > sample->peak_rss_bytes)
        sample->peak_rss_bytes = account->rss_bytes;
    account->peak_rss_bytes = sample->peak_known ? sample->peak_rss_bytes : HM_UNKNOWN_BYTES;
    forget_own_peak(sample, kernel_peak);
    return taken;
}

bool hm_sample_take_edge(hm_sample_state *sample, const char *name)
{
    HM_CHECK(sample->edge_count < HM_SAMPLE_MAX_EDGES);
    size_t index;
    const hm_phase *steady = hm_sample_find_phase(sample, HM_PHASE_STEADY, &index);
    hm_sample_edge *edge = &sample->edges[sample->edge_count++];
    *edge = (hm_sample_edge){.name = name};
    bool taken = take_account(sample, edge);
    if (taken && steady != NULL && strcmp(name, steady->name) == 0)
        hm_sample_take_classes(sample);
    return taken;
}

bool hm_sample_account_batch(hm_sample_state *sample, uint64_t batch)
{
    uint64_t batches = sample->request->batches, wanted = sample->request->accounts;
    wanted = wanted < batches ? wanted : batches;
    /* Accounts are due where their share of the batches passes a whole number: the last always. */
    if ((batch + 1) * wanted / batches == batch * wanted / batches)
        return true;
    hm_sample_edge *account = &sample->accounts.batches[sample->accounts.batch_count++];
    *account = (hm_sample_edge){.batch = batch};
    return take_account(sample, account);
}

const hm_sample_edge *hm_sample_find_edge(const hm_sample_state *sample, const char *name)
{
    for (size_t index = 0; index < sample->edge_count; index++) {
        if (strcmp(sample->edges[index].name, name) == 0)
            return &sample->edges[index];
    }
    return NULL;
}

const hm_sample_edge *hm_sample_steady_edge(const hm_sample_state *sample)
{
    size_t index;
    const hm_phase *phase = hm_sample_find_phase(sample, HM_PHASE_STEADY, &index);
    return phase == NULL ? NULL : hm_sample_find_edge(sample, phase->name);
}
