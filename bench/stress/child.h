/**
 * This module is the process under test: it binds one back end and runs one task of the driver's.
 *
 * It is `heapmark stress` itself, started by the driver with the argument HM_STRESS_CHILD and an
 * area at HM_ACCOUNT_FD; nobody else can use it.
 */
#ifndef HM_BENCH_STRESS_CHILD_H
#define HM_BENCH_STRESS_CHILD_H

#define HM_STRESS_CHILD "--one-trial"

/** Binds the back end of `spec_text` and runs the area's task; the exit code. */
int hm_stress_child_main(const char *spec_text);

#endif
