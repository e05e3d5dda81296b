#include "bench/stress/manners.h"

#include <errno.h>
#include <stdint.h>

#define DEFECT(model, kind, ...)                                                                   \
    hm_stress_record_defect((model)->record, (model)->thread, HM_STRESS_##kind, __VA_ARGS__)
#define ENTER(model, call) hm_stress_enter((model)->record, (model)->thread, HM_STRESS_IN_##call)

enum { ERRNO_BEFORE = 77, BLOCKS = 8 };

static void free_of_null(hm_stress_model *model)
{
    ENTER(model, FREE);
    model->calls->free(NULL);
    ENTER(model, USABLE_SIZE);
    if (model->calls->usable_size != NULL && model->calls->usable_size(NULL) != 0)
        DEFECT(model, USABLE_LARGE, "the usable size of NULL is not 0");
    hm_stress_checked(model->record, model->thread, 1);
}

/* NULL, or blocks of their own that can be freed. */
static void sizes_of_zero(hm_stress_model *model)
{
    const hm_stress_calls *calls = model->calls;
    void *blocks[BLOCKS];
    for (unsigned index = 0; index < BLOCKS; index++) {
        ENTER(model, MALLOC);
        if (index % 4 == 0)
            blocks[index] = calls->malloc(0);
        ENTER(model, CALLOC);
        if (index % 4 == 1)
            blocks[index] = calls->calloc(0, 8);
        if (index % 4 == 2)
            blocks[index] = calls->calloc(8, 0);
        ENTER(model, REALLOC);
        if (index % 4 == 3)
            blocks[index] = calls->realloc(NULL, 0);
        for (unsigned earlier = 0; earlier < index && blocks[index] != NULL; earlier++) {
            if (blocks[earlier] == blocks[index])
                DEFECT(model, DOUBLE_HAND_OUT, "two live blocks of 0 bytes are both at %p",
                       blocks[index]);
        }
    }
    ENTER(model, FREE);
    for (unsigned index = 0; index < BLOCKS; index++)
        calls->free(blocks[index]);
    hm_stress_checked(model->record, model->thread, BLOCKS);
}

static void errno_across_free(hm_stress_model *model)
{
    static const size_t sizes[] = {24, 5000, 3 * 1024 * 1024};
    for (size_t index = 0; index < HM_COUNT_OF(sizes); index++) {
        ENTER(model, MALLOC);
        void *block = model->calls->malloc(sizes[index]);
        if (block == NULL)
            DEFECT(model, WRONG_NULL, "malloc of %zu bytes failed", sizes[index]);
        ENTER(model, FREE);
        errno = ERRNO_BEFORE;
        model->calls->free(block);
        if (errno != ERRNO_BEFORE)
            DEFECT(model, WRONG_ERRNO, "free of a block of %zu bytes set errno to %d", sizes[index],
                   errno);
        hm_stress_checked(model->record, model->thread, 1);
    }
}

static void alignments_that_cannot_be(hm_stress_model *model)
{
    static const size_t alignments[] = {0, 3, 24};
    for (size_t index = 0; index < HM_COUNT_OF(alignments) && model->calls->posix_memalign != NULL;
         index++) {
        void *block = NULL;
        ENTER(model, POSIX_MEMALIGN);
        int result = model->calls->posix_memalign(&block, alignments[index], 64);
        if (result != EINVAL)
            DEFECT(model, WRONG_ERRNO, "posix_memalign to %zu gave %d instead of EINVAL",
                   alignments[index], result);
        hm_stress_checked(model->record, model->thread, 1);
    }
}

void hm_stress_manners(hm_stress_model *model)
{
    int before = errno;
    free_of_null(model);
    sizes_of_zero(model);
    errno_across_free(model);
    alignments_that_cannot_be(model);
    errno = before;
}
