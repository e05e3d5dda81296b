/**
 * This module is how the pool learns that a thread ends or the process forks, so that no local
 * pool is lost with its thread and a child never waits for a lock that nobody will release.
 *
 * Invariant: after a fork the child has the lock free, its own thread's local pool as it was, and
 * every other owned one retired.
 */
#ifndef HM_ALLOCATORS_POOL_THREAD_H
#define HM_ALLOCATORS_POOL_THREAD_H

struct hm_pool_local;

/** Has `local`, this thread's, abandoned when the thread ends. May allocate from it. */
void hm_pool_thread_watch(struct hm_pool_local *local);

/** Called at a thread's end: its empty slabs are returned, the rest waits to be adopted. */
void hm_pool_local_abandon(struct hm_pool_local *local);

/** Called in a forked child, with the pool's lock held. */
void hm_pool_local_retire_others(void);

#endif
