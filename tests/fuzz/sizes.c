/* A file of --size-data: sizes and lifetimes of somebody's programs. What a file adds stays for the
 * process's life, so the two files that keep it are compiled in here, and it is taken out again. */
#include "bench/size_data.c"               /* NOLINT(bugprone-suspicious-include) */
#include "workloads/allocation_profiles.c" /* NOLINT(bugprone-suspicious-include) */

#include "tests/fuzz/fuzz.h"

/* What was added is sound: a program can be drawn from. */
static void check_programs(void)
{
    for (size_t index = HM_BUILT_IN_PROGRAMS; index < program_count; index++) {
        const hm_allocation_profile *program = hm_allocation_profile_at(index);
        HM_CHECK(is_name(program->name) && program->bin_count > 0);
        HM_CHECK(hm_block_size_names[HM_SIZES_PROGRAMS + index] == program->name);
        for (size_t other = 0; other < index; other++)
            HM_CHECK(strcmp(hm_allocation_profile_at(other)->name, program->name) != 0);
        for (size_t bin = 0; bin < program->bin_count; bin++)
            HM_CHECK(hm_profile_bin_low(&program->bins[bin]) <= program->bins[bin].size_to);
    }
}

static void forget_programs(void)
{
    while (program_count > HM_BUILT_IN_PROGRAMS) {
        program_count--;
        hm_block_size_names[HM_SIZES_PROGRAMS + program_count] = NULL;
        clear_program(&programs[program_count]);
    }
    taken = (hm_size_data){0};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[512];
    hm_error error = {0};
    snprintf(path, sizeof path, "%s/sizes.json", fuzz_folder());
    fuzz_write("sizes.json", data, size);
    hm_status status = hm_size_data_take(path, NULL, &error);
    fuzz_check_refusal(status, &error);
    HM_CHECK(status != HM_OK || strcmp(hm_size_data_taken()->path, path) == 0);
    check_programs();
    forget_programs();
    return 0;
}
