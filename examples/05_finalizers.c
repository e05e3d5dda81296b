/**
 * This program is the lesson on finalizers (__del__), so that it is known when they run: at once
 * when the last reference goes; for a cycle, not before a collection finds it; once in an object's
 * life, even where the finalizer brings the object back; and an error in one goes to a hook,
 * because there is no caller to hear of it.
 */
#include "examples/example.h"

/** What the finalizer does besides saying so. */
typedef enum behaviour { SAY, COME_BACK, FAIL } behaviour;

typedef struct globals {
    hm_object *other, *saved; /* the name of an attribute; what a finalizer brought back */
    behaviour behaviour;
} globals;

/** saved = None */
static void forget_saved(hm_heap *heap, globals *names)
{
    hm_object *old = names->saved;
    names->saved = NULL;
    hm_xdecref(heap, old);
}

static bool finalize(hm_heap *heap, hm_object *self, void *context)
{
    globals *names = context;
    printf("    finalizer of %s\n", hm_str_data(*hm_instance_slot(self, 0)));
    if (names->behaviour == COME_BACK) {
        forget_saved(heap, names);
        names->saved = hm_incref(self);
    }
    if (names->behaviour == FAIL)
        return hm_fail(heap, HM_VALUE_ERROR, "the finalizer failed");
    return true;
}

static void report(hm_heap *heap, hm_object *object, const hm_error *error, void *context)
{
    HM_UNUSED(heap);
    HM_UNUSED(object);
    HM_UNUSED(context);
    printf("    unraisable %s: %s\n", hm_status_name(error->status), error->message);
}

static hm_object *thing_new(hm_heap *heap, hm_object *thing_class, const char *name)
{
    hm_object *thing = made(heap, hm_instance_new(heap, thing_class));
    hm_store(heap, thing, hm_instance_slot(thing, 0), made(heap, hm_str_from(heap, name)));
    return thing;
}

/** Makes two things that refer to each other, and forgets them. */
static void lose_pair(hm_heap *heap, hm_object *thing_class, const globals *names)
{
    hm_object *left = thing_new(heap, thing_class, "left");
    hm_object *right = thing_new(heap, thing_class, "right");
    must(heap, hm_instance_set(heap, left, names->other, right));
    must(heap, hm_instance_set(heap, right, names->other, left));
    hm_decref(heap, right);
    hm_decref(heap, left);
}

static void collect(hm_heap *heap)
{
    int64_t found = hm_gc_collect(heap, 2);
    printf("gc.collect() returns %" PRId64 "\n", found);
}

int main(void)
{
    hm_heap *heap = example_begin();
    static const char *const slots[] = {"name", "other"};
    globals names = {.other = made(heap, hm_str_interned(heap, "other")), .behaviour = SAY};
    hm_class_spec spec = {.name = "Thing",
                          .slot_count = 2,
                          .slot_names = slots,
                          .finalizer = finalize,
                          .context = &names};
    hm_object *thing_class = made(heap, hm_class_new(heap, &spec));

    puts("the last reference goes");
    hm_decref(heap, thing_new(heap, thing_class, "one"));

    puts("a cycle is lost: nothing happens");
    lose_pair(heap, thing_class, &names);
    collect(heap);

    puts("a finalizer that keeps the object");
    names.behaviour = COME_BACK;
    hm_object *thing = thing_new(heap, thing_class, "undead");
    hm_decref(heap, thing);
    printf("it is back, finalized: %s\n", hm_gc_is_finalized(names.saved) ? "True" : "False");
    puts("its last reference goes again: no finalizer");
    forget_saved(heap, &names);

    puts("a cycle comes back: the collector leaves it alone");
    lose_pair(heap, thing_class, &names);
    collect(heap);
    puts("and is lost again: no finalizer");
    forget_saved(heap, &names);
    collect(heap);

    puts("a finalizer that fails");
    names.behaviour = FAIL;
    hm_heap_set_unraisable_hook(heap, report, NULL);
    hm_decref(heap, thing_new(heap, thing_class, "broken"));
    puts("the program goes on");

    hm_decref(heap, thing_class);
    hm_decref(heap, names.other);
    return example_end(heap);
}
