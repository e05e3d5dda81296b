/*
 * This program is an example that breaks the examples' rule, so that the test sees example_end
 * notice: `forgetful object` loses a reference to a list, `forgetful cycle` leaves a cycle behind,
 * `forgetful block` loses a block of the allocator, `forgetful error` does what the heap refuses.
 */
#include "examples/example.h"

#include <string.h>

int main(int argument_count, char **arguments)
{
    const char *what = argument_count > 1 ? arguments[1] : "";
    hm_heap *heap = example_begin();
    hm_object *list = made(heap, hm_list_new(heap));
    void *block = NULL;
    if (strcmp(what, "cycle") == 0)
        must(heap, hm_list_append(heap, list, list));
    if (strcmp(what, "block") == 0)
        block = heap->allocator.malloc(100);
    if (strcmp(what, "error") == 0)
        must(heap, hm_list_delete(heap, list, 0));
    if (strcmp(what, "object") != 0)
        hm_decref(heap, list);
    hm_allocator allocator = heap->allocator;
    int result = example_end(heap);
    if (block != NULL)
        allocator.free(block); /* the sanitizers need not hear of it */
    return result;
}
