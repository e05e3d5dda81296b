/**
 * This module is the pool's one lock, so that there is no order of locks to get wrong. It guards
 * arenas, the address map, records, huge blocks and the list of local pools; the paths that serve
 * most requests never take it.
 */
#ifndef HM_ALLOCATORS_POOL_LOCK_H
#define HM_ALLOCATORS_POOL_LOCK_H

#include "base/attributes.h"

#include <pthread.h>

extern HM_HIDDEN pthread_mutex_t hm_pool_mutex;

static inline void hm_pool_lock(void)
{
    pthread_mutex_lock(&hm_pool_mutex);
}

static inline void hm_pool_unlock(void)
{
    pthread_mutex_unlock(&hm_pool_mutex);
}

#endif
