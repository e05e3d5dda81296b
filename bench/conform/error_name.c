#include "bench/conform/error_name.h"

const char *hm_conform_error_name(hm_status status)
{
    if (status == (hm_status)HM_CONFORM_NAME_ERROR)
        return "NameError";
    if (status == (hm_status)HM_CONFORM_RECURSION_ERROR)
        return "RecursionError";
    return hm_status_name(status);
}
