/*
 * This module is the tables of swept functions, one a part of the runtime: every public function
 * that can ask for memory is in one of them (test_functions_listed.py).
 */
#ifndef HM_TESTS_SWEPT_FUNCTIONS_H
#define HM_TESTS_SWEPT_FUNCTIONS_H

#include "sweep.h"

typedef struct swept_table {
    const swept *functions;
    size_t count;
} swept_table;

extern const swept_table swept_objects, swept_instances, swept_code, swept_weak, swept_gc,
    swept_graph, swept_trace, swept_sequences;

#endif
