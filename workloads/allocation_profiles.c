/** Sizes and lifetimes of real programs; see allocation_profiles.h. */
#include "workloads/allocation_profiles.h"

#include <string.h>

#define HM_PROGRAM_BEGIN(symbol, name, what) static const hm_profile_bin symbol##_bins[] = {
#define HM_PROGRAM_BIN(size_to, ...)         {size_to, {__VA_ARGS__}},
#define HM_PROGRAM_END                                                                             \
    }                                                                                              \
    ;
#include "workloads/data/allocation_profiles.def"
#undef HM_PROGRAM_BEGIN
#undef HM_PROGRAM_BIN
#undef HM_PROGRAM_END

static hm_allocation_profile programs[HM_PROFILE_MAX_PROGRAMS] = {
#define HM_PROGRAM_BEGIN(symbol, name, what)                                                       \
    {name, what, symbol##_bins, HM_COUNT_OF(symbol##_bins)},
#define HM_PROGRAM_BIN(...)
#define HM_PROGRAM_END
#include "workloads/data/allocation_profiles.def"
#undef HM_PROGRAM_BEGIN
#undef HM_PROGRAM_BIN
#undef HM_PROGRAM_END
};

static size_t program_count = HM_BUILT_IN_PROGRAMS;

const char *hm_block_size_names[2 + HM_PROFILE_MAX_PROGRAMS + 1] = {
    "fixed",
    "uniform",
#define HM_PROGRAM_BEGIN(symbol, name, what) name,
#define HM_PROGRAM_BIN(...)
#define HM_PROGRAM_END
#include "workloads/data/allocation_profiles.def"
#undef HM_PROGRAM_BEGIN
#undef HM_PROGRAM_BIN
#undef HM_PROGRAM_END
};

uint32_t hm_profile_bin_low(const hm_profile_bin *bin)
{
    if (bin->size_to <= 1024)
        return bin->size_to > 16 ? bin->size_to - 15 : 1;
    return bin->size_to / 2 + 1;
}

const hm_allocation_profile *hm_allocation_profile_at(size_t index)
{
    return index < program_count ? &programs[index] : NULL;
}

static bool is_name(const char *name)
{
    size_t length = strlen(name);
    return length >= 1 && length <= 32 &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == length &&
           strcmp(name, "fixed") != 0 && strcmp(name, "uniform") != 0;
}

static hm_status check_bins(const hm_allocation_profile *profile, hm_error *error)
{
    uint64_t blocks = 0, most = UINT64_MAX / 2;
    for (size_t index = 0; index < profile->bin_count; index++) {
        const hm_profile_bin *bin = &profile->bins[index];
        uint32_t before = index == 0 ? 0 : profile->bins[index - 1].size_to;
        if (bin->size_to <= before || bin->size_to > HM_PROFILE_MAX_BYTES)
            return hm_error_set(error, HM_USAGE_ERROR,
                                "program %s: size_to %u does not fit; sizes must rise, up to %u",
                                profile->name, bin->size_to, HM_PROFILE_MAX_BYTES);
        for (int lifetime = 0; lifetime < HM_PROFILE_LIFETIMES; lifetime++) {
            if (bin->lifetimes[lifetime] > most - blocks)
                return hm_error_set(error, HM_USAGE_ERROR, "program %s: more than 2^63 blocks",
                                    profile->name);
            blocks += bin->lifetimes[lifetime];
        }
    }
    if (blocks == 0)
        return hm_error_set(error, HM_USAGE_ERROR, "program %s: no blocks; it needs at least one",
                            profile->name);
    return HM_OK;
}

hm_status hm_allocation_profile_add(const hm_allocation_profile *profile, hm_error *error)
{
    if (!is_name(profile->name))
        return hm_error_set(error, HM_USAGE_ERROR,
                            "'%.40s' cannot name a program: 1 to 32 lower case letters, digits and "
                            "'-', but fixed and uniform, can",
                            profile->name);
    if (profile->bin_count > HM_PROFILE_MAX_BINS)
        return hm_error_set(error, HM_USAGE_ERROR, "program %s: %zu bins; at most %d are allowed",
                            profile->name, profile->bin_count, (int)HM_PROFILE_MAX_BINS);
    if (check_bins(profile, error) != HM_OK)
        return error->status;
    size_t place = 0;
    while (place < program_count && strcmp(programs[place].name, profile->name) != 0)
        place++;
    if (place == HM_PROFILE_MAX_PROGRAMS)
        return hm_error_set(error, HM_USAGE_ERROR, "there are more than %d programs, with %d own",
                            (int)HM_PROFILE_MAX_PROGRAMS, (int)HM_BUILT_IN_PROGRAMS);
    programs[place] = *profile;
    hm_block_size_names[HM_SIZES_PROGRAMS + place] = profile->name;
    program_count += place == program_count;
    return HM_OK;
}
