/**
 * This module is the ticks of a timeline: a timer's signal, handled on the thread that works, so
 * that counts which only that thread writes are read whole and no second thread turns the back
 * end's locks on. A tick reads some dozens of words and the clock; it stops no collector and walks
 * nothing.
 */
#include "allocators/decorators.h"
#include "bench/measure/clock.h"
#include "bench/timeline/state.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>

/* A handler has no context: the one timeline of this process. */
static hm_timeline_state *volatile watched;
static volatile sig_atomic_t held;

/* The number is derived of counts that a tick may fall between: it can be one too small for a
 * moment, even where it is 0. */
static uint64_t tracked_now(const hm_heap *heap)
{
    uint64_t tracked = hm_heap_tracked_objects(heap);
    return tracked > INT64_MAX ? 0 : tracked;
}

static void on_tick(int number)
{
    hm_timeline_state *state = watched;
    HM_UNUSED(number);
    if (state == NULL || held)
        return;
    int error_number = errno;
    hm_timeline_tick tick = {.at_ns = hm_clock_wall_ns(),
                             .requested_bytes = hm_count_read().requested_bytes,
                             .tracked_objects = tracked_now(state->heap),
                             .young_objects =
                                 *(const volatile uint32_t *)&state->heap->young_count};
    hm_timeline_series_add(&state->ticks, &tick);
    state->sampler_ns += hm_clock_wall_ns() - tick.at_ns;
    errno = error_number;
}

static bool set_timer(unsigned interval_ms)
{
    struct timeval interval = {.tv_sec = interval_ms / 1000,
                               .tv_usec = (suseconds_t)(interval_ms % 1000) * 1000};
    struct itimerval timer = {.it_interval = interval, .it_value = interval};
    return setitimer(ITIMER_REAL, &timer, NULL) == 0;
}

bool hm_timeline_start_sampler(hm_timeline_state *state)
{
    struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
    sigset_t alarm;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    watched = state;
    held = 0;
    if (sigaction(SIGALRM, &action, NULL) == 0 && sigprocmask(SIG_UNBLOCK, &alarm, NULL) == 0 &&
        set_timer(state->request->interval_ms))
        return true;
    watched = NULL;
    hm_error_set(&state->sample.error, HM_IO_ERROR, "no timer to read the counts by: %s",
                 strerror(errno));
    return false;
}

void hm_timeline_hold_sampler(bool hold)
{
    held = hold;
}

void hm_timeline_stop_sampler(void)
{
    if (watched == NULL)
        return;
    set_timer(0);
    watched = NULL;
}
