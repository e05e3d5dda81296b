/**
 * This program is the lesson on weak references, so that one can know an object without keeping it.
 * A weak reference adds nothing to the count; it answers with the object or, when that has died,
 * with None, and can call back then. The order is fixed, and there are two: by the last reference
 * the finalizer comes first and still sees the weak reference alive; then the callbacks, the newest
 * first. In a collection the weak references die and call back first, then come the finalizers.
 */
#include "examples/example.h"

static hm_object *watcher; /* the weak reference that the finalizer looks at */

static const char *answer(hm_heap *heap, const hm_object *weakref)
{
    hm_object *object = hm_weakref_get(weakref);
    hm_xdecref(heap, object);
    return object == NULL ? "None" : "the object";
}

static bool finalize(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(self);
    HM_UNUSED(context);
    printf("    finalizer: the weak reference gives %s\n", answer(heap, watcher));
    return true;
}

static bool call_back(hm_heap *heap, hm_object *weakref, void *context)
{
    const char *name = context;
    printf("    callback %s: the weak reference gives %s\n", name, answer(heap, weakref));
    return true;
}

/** weakref.ref(thing, callback), three times; `refs` holds them. */
static void watch(hm_heap *heap, hm_object *thing, hm_object *refs)
{
    static char *const names[] = {"one", "two", "three"};
    for (size_t index = 0; index < HM_COUNT_OF(names); index++)
        must(heap,
             hm_list_append_new(heap, refs, hm_weakref_new(heap, thing, call_back, names[index])));
}

static void share(hm_heap *heap, hm_object *thing_class)
{
    hm_object *thing = made(heap, hm_instance_new(heap, thing_class));
    printf("references: %" PRIu32, hm_getrefcount(thing));
    watcher = made(heap, hm_weakref_new(heap, thing, NULL, NULL));
    printf(", with a weak one: %" PRIu32 "\n", hm_getrefcount(thing));
    hm_object *again = made(heap, hm_weakref_new(heap, thing, NULL, NULL));
    printf("two weak references without a callback, one object: %s\n",
           watcher == again ? "True" : "False");
    printf("weak references: %zu\n", hm_weakref_count(thing));
    printf("it gives %s\n", answer(heap, watcher));
    hm_decref(heap, again);
    hm_decref(heap, thing);
    printf("now it gives %s\n", answer(heap, watcher));
    hm_decref(heap, watcher);
}

static void die_by_the_last_reference(hm_heap *heap, hm_object *thing_class)
{
    puts("by the last reference");
    hm_object *thing = made(heap, hm_instance_new(heap, thing_class));
    hm_object *refs = made(heap, hm_list_new(heap));
    watcher = made(heap, hm_weakref_new(heap, thing, NULL, NULL));
    watch(heap, thing, refs);
    hm_decref(heap, thing);
    hm_decref(heap, watcher);
    hm_decref(heap, refs);
}

static void die_in_a_collection(hm_heap *heap, hm_object *thing_class)
{
    puts("in a collection");
    hm_object *thing = made(heap, hm_instance_new(heap, thing_class));
    hm_object *refs = made(heap, hm_list_new(heap));
    watcher = made(heap, hm_weakref_new(heap, thing, NULL, NULL));
    watch(heap, thing, refs);
    hm_store(heap, thing, hm_instance_slot(thing, 0), hm_incref(thing));
    hm_decref(heap, thing);
    int64_t found = hm_gc_collect(heap, 2);
    printf("    gc.collect() returns %" PRId64 "\n", found);
    hm_decref(heap, watcher);
    hm_decref(heap, refs);
}

static void forget_the_weak_reference(hm_heap *heap, hm_object *thing_class)
{
    puts("a weak reference that died before its object calls nobody");
    hm_object *thing = made(heap, hm_instance_new(heap, thing_class));
    watcher = made(heap, hm_weakref_new(heap, thing, NULL, NULL));
    hm_decref(heap, made(heap, hm_weakref_new(heap, thing, call_back, "nobody")));
    hm_decref(heap, thing);
    hm_decref(heap, watcher);
}

int main(void)
{
    hm_heap *heap = example_begin();
    static const char *const slots[] = {"me"};
    hm_class_spec spec = {.name = "Thing",
                          .slot_count = 1,
                          .slot_names = slots,
                          .has_weakrefs = true,
                          .finalizer = finalize};
    hm_object *thing_class = made(heap, hm_class_new(heap, &spec));
    share(heap, thing_class);
    die_by_the_last_reference(heap, thing_class);
    die_in_a_collection(heap, thing_class);
    forget_the_weak_reference(heap, thing_class);
    hm_decref(heap, thing_class);
    return example_end(heap);
}
