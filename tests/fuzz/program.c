/* The user's command as `heapmark exec` looks at it before it runs: a file of any kind, an ELF file
 * or a script. It is looked at, never run. */
#include "bench/exec/program.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>

/* A script's first line is followed along PATH: two folders of it, the same on every machine. */
static void set_path(void)
{
    static bool done;
    if (!done)
        HM_CHECK(setenv("PATH", "/usr/bin:/bin", 1) == 0);
    done = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[512];
    char *const arguments[] = {path, (char[]){"-E"}, NULL};
    hm_exec_program program = {0};
    hm_error error = {0};
    snprintf(path, sizeof path, "%s/program", fuzz_folder());
    set_path();
    fuzz_write("program", data, size);
    hm_exec_is_python(path);
    hm_exec_why_unreachable(path);
    hm_status status = hm_exec_program_find(&program, arguments, &error);
    fuzz_check_refusal(status, &error);
    HM_CHECK(status != HM_OK || (program.path != NULL && program.executable != NULL));
    hm_exec_program_clear(&program);
    return 0;
}
