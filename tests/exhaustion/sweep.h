/*
 * This module is the sweep: one call is made again and again on fresh heaps, and the first, second,
 * … n-th memory it asks for is refused, until it passes without a refusal. So whatever cannot be
 * had, the call must fail cleanly, leave nothing, and do its work when it is asked again.
 *
 * Words: a *source* of memory is the heap's allocator (through the debug decorator) or the kernel
 * (hm_system_map and its like, wrapped by the linker). A *mode* is which requests are refused: the
 * n-th, the n-th and all later ones, or every n-th. A *setting* is the heap's collector and what
 * else is switched on. A *point* is one call with one n.
 *
 * A sweep of a function is a C function sweep_NAME(sweep *) that prepares what it needs, makes the
 * call in SWEEP (which refuses nothing outside of it), looks at the result and drops everything.
 */
#ifndef HM_TESTS_SWEEP_H
#define HM_TESTS_SWEEP_H

#include "heap_fixture.h"

typedef enum sweep_source { SWEEP_ALLOCATOR, SWEEP_KERNEL, SWEEP_SOURCES } sweep_source;
typedef enum sweep_mode { SWEEP_AT, SWEEP_FROM, SWEEP_EVERY, SWEEP_MODES } sweep_mode;

typedef enum sweep_setting {
    SWEEP_PLAIN,      /* generational, nothing by itself */
    SWEEP_COLLECTING, /* a collection at every container */
    SWEEP_FREE_LISTS,
    SWEEP_TRACED,
    SWEEP_OFF,  /* the lists alone */
    SWEEP_NONE, /* no prefix, a ledger */
    SWEEP_SETTINGS
} sweep_setting;

/* Of a swept function. */
enum {
    SWEEP_NEEDS_GENERATIONS = 1 << 0, /* asks for what generational alone has */
    /* Looks at a heap, or makes another, or traces it itself: plain and none say all. */
    SWEEP_MAPS = 1 << 1,
    /* After a failure it leaves blocks of the heap's own for the next time: a registry, a table. */
    SWEEP_KEEPS = 1 << 2,
    /* It does two things, and where the second fails the first is done. */
    SWEEP_HALFWAY = 1 << 3
};

enum { SWEEP_ITEMS = 3 };

typedef struct sweep {
    hm_heap *heap;
    hm_error error; /* for functions that tell here and not in the heap */
    const char *name;
    uint32_t flags;
    sweep_source source;
    sweep_mode mode;
    sweep_setting setting;
    uint64_t point;

    /* Made before, for any function to use; borrowed. */
    hm_object *class, *instance, *list, *key, *value, *callable;
    hm_object *names[SWEEP_ITEMS]; /* str */

    /* What the call met. */
    uint64_t refused;   /* requests of this point */
    uint64_t told;      /* failures told as unraisable */
    hm_error told_last; /* the last of them */

    /* As it was before the call. */
    hm_debug_totals before;
    uint64_t live_before, mapped_before;
} sweep;

typedef void (*sweep_function)(sweep *on);

typedef struct swept {
    const char *name;
    sweep_function run;
    uint32_t flags;
} swept;

/* Entries of a table of swept functions. */
#define SWEPT(function)                                                                            \
    {                                                                                              \
#function, sweep_##function, 0                                                             \
    }
#define SWEPT_WITH(function, flags_)                                                               \
    {                                                                                              \
#function, sweep_##function, flags_                                                        \
    }

/* Begins and ends the part in which memory is refused. `done`: the call says it succeeded. */
void sweep_arm(sweep *on);
void sweep_disarm(sweep *on, bool done);

/* After a failure: a clean error, the heap sound, nothing left. Clears the errors. */
void sweep_check_failure(sweep *on);

/*
 * Makes the call under refusal; where `done` then is false, checks the failure and makes it once
 * more, when it must succeed.
 */
#define SWEEP(on, call, done)                                                                      \
    do {                                                                                           \
        sweep_arm(on);                                                                             \
        call;                                                                                      \
        sweep_disarm(on, done);                                                                    \
        if (!(done)) {                                                                             \
            sweep_check_failure(on);                                                               \
            call;                                                                                  \
            assert_true(done);                                                                     \
        }                                                                                          \
    } while (0)

/* The same for a call that cannot say that it failed: what fails in it is told as unraisable. */
#define SWEEP_TOLD(on, call)                                                                       \
    do {                                                                                           \
        sweep_arm(on);                                                                             \
        call;                                                                                      \
        sweep_check_told(on);                                                                      \
    } while (0)

void sweep_check_told(sweep *on);

/* The sweep of all `functions` in all settings, sources and modes. */
void sweep_all(const swept *functions, size_t count);

/* Makes the decorator's own table large enough: it is the kernel's memory too. */
void sweep_warm_up(void);

/* How many points have been made, and how many requests refused, so far. */
uint64_t sweep_points(void);
uint64_t sweep_refusals(void);

/* A heap of this setting; `*config` is as it was made. */
hm_heap *sweep_heap(sweep_setting setting);

/* A configuration on the allocator of all sweeps, which a file must not decorate anew. */
hm_heap_config sweep_config(const char *collector);

/* What the kernel's memory is now: mapped and not unmapped by way of hm_system_*. */
uint64_t sweep_mapped_bytes(void);

/* Refuses requests to the kernel as hm_debug_options say; how many were refused since. */
void sweep_refuse_kernel(const hm_debug_options *options);
uint64_t sweep_kernel_refusals(void);

/* Requests to the kernel since sweep_refuse_kernel. */
uint64_t sweep_kernel_requests(void);

/* Settings for the n-th point of a mode. */
hm_debug_options sweep_options(sweep_mode mode, uint64_t point);

/* A drop and NULL for a new object that is not wanted any more. */
static inline void sweep_drop(sweep *on, hm_object *object)
{
    hm_xdecref(on->heap, object);
}

#endif
