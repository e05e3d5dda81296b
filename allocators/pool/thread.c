#include "allocators/pool/thread.h"

#include "allocators/pool/local_pool.h"
#include "allocators/pool/lock.h"
#include "base/check.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t end_of_thread;

/* A destructor that runs later may allocate again: then the thread gets a local pool again, is
   watched again, and glibc calls this again, a few times at most. */
static void thread_ended(void *local)
{
    hm_pool_local_abandon(local);
}

static void fork_child(void)
{
    hm_pool_local_retire_others();
    hm_pool_unlock();
}

/* Both calls may allocate; this thread has its local pool by now, so that ends well. */
static void start_watching(void)
{
    HM_CHECK(pthread_key_create(&end_of_thread, thread_ended) == 0);
    HM_CHECK(pthread_atfork(hm_pool_lock, hm_pool_unlock, fork_child) == 0);
}

void hm_pool_thread_watch(struct hm_pool_local *local)
{
    pthread_once(&once, start_watching);
    pthread_setspecific(end_of_thread, local);
}
