#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void hm_check_failed(const char *expression, const char *file, int line, const char *function)
{
    fprintf(stderr, "heapmark: check failed: %s (%s:%d, %s)\n", expression, file, line, function);
    abort();
}
