/**
 * Compiled with -O2 for check_optimizer.cmake, which looks for the constants in the assembly: one
 * whose number begins with 77 must be there, one whose number begins with 88 must not.
 */
#include "bench/gbench.h"

int value_kept(void);
int value_dropped(void);
int in_place_unknown(void);
int in_place_known(void);
int stores_kept(void);
int stores_dropped(void);
int global_kept(void);
int global_dropped(void);

int global;

int value_kept(void)
{
    int unused = 77000001;
    hm_gbench_do_not_optimize(unused);
    return 0;
}

int value_dropped(void)
{
    int unused = 88000001;
    (void)unused;
    return 0;
}

/* Known to be positive, the comparison would go, and the constant with it. */
int in_place_unknown(void)
{
    int number = 5;
    hm_gbench_do_not_optimize_in_place(number);
    return number > 0 ? 1 : 77000002;
}

int in_place_known(void)
{
    int number = 5;
    return number > 0 ? 1 : 88000002;
}

/* A local array that nobody else knows of is not written, unless its address is given away. */
int stores_kept(void)
{
    int local[4];
    hm_gbench_do_not_optimize_pointer(local);
    local[2] = 77000003;
    hm_gbench_clobber_memory();
    return 0;
}

int stores_dropped(void)
{
    int local[4];
    local[2] = 88000003;
    hm_gbench_clobber_memory();
    return 0;
}

/* Of two stores to a global the first is dead, unless memory is clobbered between them. */
int global_kept(void)
{
    global = 77000004;
    hm_gbench_clobber_memory();
    global = 1;
    return 0;
}

int global_dropped(void)
{
    global = 88000004;
    global = 1;
    return 0;
}
