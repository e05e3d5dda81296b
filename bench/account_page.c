#include "bench/account_page.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { LEAST_DESCRIPTOR = 10 }; /* those below are put in place in a child */

static int make_file(void)
{
    int made = memfd_create("heapmark-account", MFD_CLOEXEC);
    if (made < 0)
        return -1;
    int file = fcntl(made, F_DUPFD_CLOEXEC, LEAST_DESCRIPTOR);
    close(made);
    if (file < 0 || ftruncate(file, sizeof(hm_count_page)) == 0)
        return file;
    close(file);
    return -1;
}

hm_status hm_account_page_open(hm_account_page *account, hm_error *error)
{
    *account = (hm_account_page){.file = make_file()};
    void *page = MAP_FAILED;
    if (account->file >= 0)
        page =
            mmap(NULL, sizeof(hm_count_page), PROT_READ | PROT_WRITE, MAP_SHARED, account->file, 0);
    if (page != MAP_FAILED) {
        account->page = page;
        return HM_OK;
    }
    hm_error_set(error, HM_IO_ERROR, "no page to share with a sample: %s", strerror(errno));
    if (account->file >= 0)
        close(account->file);
    *account = (hm_account_page){.page = NULL};
    return HM_IO_ERROR;
}

bool hm_account_page_read(const hm_account_page *account, uint64_t *requested_bytes)
{
    if (account == NULL || account->page == NULL ||
        atomic_load_explicit(&account->page->counting, memory_order_relaxed) == 0)
        return false;
    *requested_bytes = atomic_load_explicit(&account->page->requested_bytes, memory_order_relaxed);
    return true;
}

void hm_account_page_close(hm_account_page *account)
{
    if (account->page == NULL)
        return;
    munmap(account->page, sizeof *account->page);
    close(account->file);
    *account = (hm_account_page){.page = NULL};
}
