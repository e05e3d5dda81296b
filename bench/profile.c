#include "bench/profile.h"

#include "base/attributes.h"

#include <string.h>

#define HM_WITH(...) __VA_ARGS__

#define HM_PROFILE(profile, brief, settings, ...)                                                  \
    static const char *const works_of_##profile[] = {__VA_ARGS__, NULL};
#include "bench/profiles.def"
#undef HM_PROFILE

static const hm_profile profiles[] = {
#define HM_PROFILE(profile, brief_text, settings, ...)                                             \
    {.name = #profile, .brief = (brief_text), .works = works_of_##profile, settings},
#include "bench/profiles.def"
#undef HM_PROFILE
};

const hm_profile *hm_profiles(size_t *count)
{
    *count = HM_COUNT_OF(profiles);
    return profiles;
}

const hm_profile *hm_profile_find(const char *name)
{
    for (size_t index = 0; index < HM_COUNT_OF(profiles); index++) {
        if (strcmp(profiles[index].name, name) == 0)
            return &profiles[index];
    }
    return NULL;
}
