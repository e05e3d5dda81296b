/** Compiled as pure C11 and as C++: gbench.h needs nothing but itself. */
#include "bench/gbench.h"

#ifdef __cplusplus
extern "C"
#endif
    int
    use_inline_functions(hm_gbench_state *state, int value);

int use_inline_functions(hm_gbench_state *state, int value)
{
    HM_GBENCH_LOOP(state)
    {
        hm_gbench_do_not_optimize(value);
        hm_gbench_do_not_optimize_in_place(value);
        hm_gbench_do_not_optimize_pointer(&value);
        hm_gbench_clobber_memory();
    }
    return hm_gbench_keep_running(state) || hm_gbench_keep_running_batch(state, 8);
}
