/**
 * This module is the description of the machine, so that a figure is never without what it was
 * measured on.
 *
 * A text that could not be had is "", a number HM_MACHINE_UNKNOWN; neither is ever guessed.
 */
#ifndef HM_MEASURE_MACHINE_H
#define HM_MEASURE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

enum { HM_MACHINE_CACHES = 8, HM_MACHINE_TEXT_BYTES = 128 };

#define HM_MACHINE_UNKNOWN (-1)

/** A cache as processor 0 sees it. */
typedef struct hm_machine_cache {
    char name[16]; /**< "L1d", "L1i", "L2", "L3" */
    int64_t bytes;
} hm_machine_cache;

typedef struct hm_machine {
    char cpu_model[HM_MACHINE_TEXT_BYTES];
    int64_t cores_online;
    int64_t memory_bytes;
    int64_t swap_bytes;
    hm_machine_cache caches[HM_MACHINE_CACHES];
    unsigned cache_count;
    char kernel[HM_MACHINE_TEXT_BYTES]; /**< "Linux 6.1.0-18-amd64" */
    char os[HM_MACHINE_TEXT_BYTES];     /**< "Debian GNU/Linux 12 (bookworm)" */
    char libc[HM_MACHINE_TEXT_BYTES];   /**< "glibc 2.36" */
    char thp[HM_MACHINE_TEXT_BYTES];    /**< "always", "madvise", "never" */
    char governor[HM_MACHINE_TEXT_BYTES];
    char virtual_machine[HM_MACHINE_TEXT_BYTES]; /**< "kvm", …; "" on bare metal */
    int64_t aslr;                                /**< kernel.randomize_va_space: 0, 1 or 2 */
    double load_1m;                              /**< negative: unknown */
    bool hardware_counters;                      /**< perf_event_open counts CPU cycles */
    bool psi;
} hm_machine;

/** Describes the machine as it is now. */
void hm_machine_read(hm_machine *machine);

/** The load average of the last minute; negative: unknown. */
double hm_machine_load(void);

/** Copies the word in brackets of a line like "always [madvise] never"; false: none. */
bool hm_machine_chosen(const char *line, char *word, unsigned size);

/** Fills cpu_model, caches, virtual_machine and hardware_counters (machine_cpu.c). */
void hm_machine_read_cpu(hm_machine *machine);

#endif
