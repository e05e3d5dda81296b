/*
 * This module is small heaps and their maps for the tests of object graphs.
 */
#ifndef HM_TESTS_GRAPH_FIXTURE_H
#define HM_TESTS_GRAPH_FIXTURE_H

#include "graph/graph.h"
#include "heap_fixture.h"

#include <fcntl.h>
#include <unistd.h>

/* The collectors under which a heap can be mapped: with lists, with lists and collections, with the
 * ledger. */
static const char *const fixture_collectors[] = {"none", "off", "generational"};
enum { FIXTURE_COLLECTORS = 3 };

static inline hm_graph *fixture_map(hm_heap *heap)
{
    hm_error error = {0};
    hm_graph *graph = hm_graph_new(heap, &error);
    if (graph == NULL)
        fail_msg("%s", error.message);
    return graph;
}

static inline hm_graph_node fixture_node(const hm_graph *graph, const hm_object *object)
{
    hm_graph_node node = hm_graph_find(graph, object);
    assert_int_not_equal(node, HM_GRAPH_NONE);
    return node;
}

static inline hm_graph_nodes fixture_nodes(const hm_graph *graph, hm_object *const *objects,
                                           size_t count)
{
    hm_graph_nodes list = {0};
    for (size_t index = 0; index < count; index++)
        assert_true(hm_graph_nodes_push(&list, fixture_node(graph, objects[index])));
    return list;
}

/* The list holds exactly these objects, in this order. */
static inline void fixture_expect(const hm_graph *graph, const hm_graph_nodes *list,
                                  hm_object *const *objects, size_t count)
{
    assert_int_equal(list->length, count);
    for (size_t index = 0; index < count; index++)
        assert_ptr_equal(hm_graph_object(graph, list->nodes[index]), objects[index]);
}

static inline hm_object *fixture_class(hm_heap *heap, const char *name)
{
    hm_object *class_object = hm_class_new(heap, &(hm_class_spec){.name = name, .has_dict = true});
    assert_non_null(class_object);
    return class_object;
}

/* A finalizer that does nothing: its class's instances have one. */
static inline bool fixture_finalizer(hm_heap *heap, hm_object *self, void *context)
{
    (void)heap;
    (void)self;
    (void)context;
    return true;
}

/* Appends `item`, which the caller gives away, and returns it as borrowed. */
static inline hm_object *fixture_give(hm_heap *heap, hm_object *list, hm_object *item)
{
    assert_true(hm_list_append_new(heap, list, item));
    return item;
}

static inline void fixture_set(hm_heap *heap, hm_object *instance, const char *name,
                               hm_object *value)
{
    hm_object *key = hm_str_interned(heap, name);
    assert_non_null(key);
    assert_true(hm_instance_set(heap, instance, key, value));
    hm_decref(heap, key);
}

static inline void fixture_put(hm_heap *heap, hm_object *dict, const char *name, hm_object *value)
{
    hm_object *key = hm_str_from(heap, name);
    assert_non_null(key);
    assert_true(hm_dict_set(heap, dict, key, value));
    hm_decref(heap, key);
}

/* All memory of the process, mapped or not: what a forgotten mapping shows in. */
static inline size_t fixture_address_space_bytes(void)
{
    char text[64] = "";
    int file = open("/proc/self/statm", O_RDONLY);
    assert_true(file >= 0);
    assert_true(read(file, text, sizeof text - 1) > 0);
    close(file);
    return (size_t)strtoull(text, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

/* What `write` puts into a file, as text; the caller frees it. */
static inline char *fixture_text(void (*write)(FILE *file, void *context), void *context)
{
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);
    assert_non_null(file);
    write(file, context);
    assert_int_equal(fclose(file), 0);
    return text;
}

#endif
