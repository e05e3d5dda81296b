#include "base/system_memory.h"
#include "bench/measure/huge_pages.h"
#include "bench/sample_state.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static size_t batch_bytes(const hm_sample_state *sample)
{
    return (size_t)(sample->request->accounts + 1) * sizeof(hm_sample_edge);
}

static size_t masked_bytes(const hm_sample_state *sample)
{
    return (size_t)(sample->request->accounts + HM_SAMPLE_MAX_EDGES) * sizeof(hm_sample_interval);
}

static size_t class_bytes(void)
{
    return HM_SAMPLE_MAX_CLASSES * sizeof(hm_sample_class);
}

/* The file may be shorter than what is mapped of it, and then a write would end the process. */
static bool map_page(hm_sample_state *sample, int file)
{
    struct stat found;
    void *page = MAP_FAILED;
    if (fstat(file, &found) != 0 || found.st_size < (off_t)sizeof(hm_count_page))
        errno = ENODATA;
    else
        page = mmap(NULL, sizeof(hm_count_page), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (page == MAP_FAILED) {
        hm_error_set(&sample->error, HM_IO_ERROR,
                     "descriptor %d is no memory to keep the requested bytes in: %s", file,
                     strerror(errno));
        return false;
    }
    sample->accounts.page = page;
    return true;
}

bool hm_sample_make_account_room(hm_sample_state *sample)
{
    hm_sample_accounts *room = &sample->accounts;
    room->made = true;
    room->huge_pages = hm_huge_pages_open();
    room->batches = hm_sample_map_room(sample, batch_bytes(sample));
    room->masked = hm_sample_map_room(sample, masked_bytes(sample));
    room->classes = hm_sample_map_room(sample, class_bytes());
    return room->batches != NULL && room->masked != NULL && room->classes != NULL &&
           (sample->request->account_file == 0 || map_page(sample, sample->request->account_file));
}

void hm_sample_drop_account_room(hm_sample_state *sample)
{
    hm_sample_accounts *room = &sample->accounts;
    if (!room->made)
        return;
    if (room->page != NULL) {
        hm_count_share(NULL);
        munmap(room->page, sizeof *room->page);
    }
    if (room->batches != NULL)
        hm_system_unmap(room->batches, batch_bytes(sample));
    if (room->masked != NULL)
        hm_system_unmap(room->masked, masked_bytes(sample));
    if (room->classes != NULL)
        hm_system_unmap(room->classes, class_bytes());
    if (room->huge_pages >= 0)
        close(room->huge_pages);
    *room = (hm_sample_accounts){.made = false};
}
