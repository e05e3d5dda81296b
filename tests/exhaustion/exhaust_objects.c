/**
 * This module is objects until there are no more: a clean error, a sound heap that goes on with
 * what is dropped, and that can end where there is nothing left.
 */
#include "exhaust.h"
#include "gc/collectors.h"
#include "heapmark.h"

#include <stdio.h>
#include <string.h>

/* The class and the list of all that is kept: roots of the heap. */
enum { CLASS, KEPT, ROOTS };

static hm_heap *heap;
static hm_object *roots[ROOTS];
static uint64_t told;

static bool needs_memory(hm_heap *of, hm_object *self, void *context)
{
    (void)context;
    hm_object *list = hm_list_of(of, &self, 1);
    hm_xdecref(of, list);
    return list != NULL;
}

static void hear(hm_heap *of, hm_object *object, const hm_error *error, void *context)
{
    (void)of;
    (void)object;
    (void)context;
    if (error->status != HM_NO_MEMORY)
        exhaust_defect("told: %s", error->message);
    told++;
}

/* An instance in a cycle with a dict and a str, weakly known. False: there was no memory. */
static bool add_one(int64_t number)
{
    hm_object *weak = NULL, *instance = hm_instance_new(heap, roots[CLASS]);
    hm_object *dict = instance == NULL ? NULL : hm_instance_dict(heap, instance);
    hm_object *key = dict == NULL ? NULL : hm_str_from(heap, "itself");
    hm_object *value = key == NULL ? NULL : hm_int_new(heap, number + 1000);
    hm_object *pair = value == NULL ? NULL : hm_tuple_of(heap, (hm_object *[]){key, value}, 2);
    bool done = pair != NULL && hm_dict_set(heap, dict, key, instance) &&
                hm_dict_set(heap, dict, pair, value) &&
                (weak = hm_weakref_new(heap, instance, NULL, NULL)) != NULL &&
                hm_list_append(heap, roots[KEPT], weak) &&
                hm_list_append(heap, roots[KEPT], instance);
    hm_object *made[] = {weak, instance, key, value, pair};
    for (size_t index = 0; index < HM_COUNT_OF(made); index++)
        hm_xdecref(heap, made[index]);
    return done;
}

static int64_t add_until_failure(void)
{
    int64_t number = 0;
    while (add_one(number))
        number++;
    if (heap->error.status != HM_NO_MEMORY || strstr(heap->error.message, "memory") == NULL)
        exhaust_defect("the error is %s: %s", hm_status_name(heap->error.status),
                       heap->error.message);
    hm_error_clear(&heap->error);
    return number;
}

/* The walk needs memory of the kernel's. */
static void check_heap(const char *when)
{
    hm_error error = {.status = HM_OK};
    exhaust_limit(false);
    if (hm_heap_check(heap, &error) != HM_OK)
        exhaust_defect("%s the heap is not sound: %s", when, error.message);
    exhaust_limit(true);
}

/* A list made of the last quarter of what is kept goes; cycles among them are for the collector. */
static void drop_many(size_t left)
{
    while (hm_list_length(roots[KEPT]) > left)
        hm_decref(heap, hm_list_pop(heap, roots[KEPT]));
    hm_heap_collect(heap, 2);
}

void exhaust_objects_begin(const hm_allocator *allocator)
{
    hm_error error = {.status = HM_OK};
    hm_heap_config config = hm_heap_config_default(allocator, hm_collector_find("generational"));
    config.freelists = true;
    heap = hm_heap_create(&config, &error);
    if (heap == NULL)
        exhaust_defect("%s", error.message);
    hm_heap_set_unraisable_hook(heap, hear, NULL);
    const hm_class_spec spec = {.name = "Needy", .has_dict = true, .finalizer = needs_memory};
    roots[CLASS] = hm_class_new(heap, &spec);
    roots[KEPT] = hm_list_new(heap);
    if (!hm_heap_add_roots(heap, roots, ROOTS) || roots[CLASS] == NULL || roots[KEPT] == NULL)
        exhaust_defect("no memory before there is a limit");
}

void exhaust_objects(const hm_allocator *allocator)
{
    int64_t first = add_until_failure();
    check_heap("when memory has ended");
    size_t kept = hm_list_length(roots[KEPT]);
    drop_many(kept / 4);
    check_heap("when most is dropped");
    int64_t again = add_until_failure();
    check_heap("when memory has ended again");
    printf("objects=%lld\nobjects_again=%lld\ntold=%llu\n", (long long)first, (long long)again,
           (unsigned long long)told);
    hm_heap_destroy(heap); /* with the limit in force */
    void *block = allocator->malloc((size_t)1 << 16);
    if (block == NULL)
        exhaust_defect("the heap has ended and no 64 KiB can be had");
    allocator->free(block);
}
