/**
 * This program is the lesson on scope, so that "it is closed when the function returns" is known
 * for what it is: true of an object that only the function's locals refer to, in Python as counted
 * here. A cycle delays it to the next collection, whenever that is, and a frame somebody keeps
 * (with the traceback of an error, say) delays it as long as it is kept. Closing by hand depends on
 * neither; that is what `with` is for.
 *
 * A Python function's locals live in a frame; so do these functions'.
 */
#include "examples/example.h"

static hm_object *file_class, *me, *kept_frame;

/** __del__ of a file: closes it, where nobody has yet. */
static bool close_file(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(context);
    hm_object **name = hm_instance_slot(self, 0);
    if (*name != &hm_none)
        printf("    %s is closed\n", hm_str_data(*name));
    hm_store(heap, self, name, &hm_none);
    return true;
}

/** file = File(name), a local of the frame; borrowed. */
static hm_object *open_file(hm_heap *heap, hm_frame *frame, const char *name)
{
    hm_object *file = made(heap, hm_instance_new(heap, file_class));
    hm_store(heap, file, hm_instance_slot(file, 0), made(heap, hm_str_from(heap, name)));
    hm_frame_set(heap, &frame->base.base, 0, file);
    return file;
}

static hm_object *read_simply(hm_heap *heap, hm_frame *frame)
{
    open_file(heap, frame, "the local's file");
    puts("    reading");
    return &hm_none;
}

static hm_object *read_in_a_cycle(hm_heap *heap, hm_frame *frame)
{
    hm_object *file = open_file(heap, frame, "the cycle's file");
    must(heap, hm_instance_set(heap, file, me, file));
    puts("    reading");
    return &hm_none;
}

static hm_object *read_and_keep_the_frame(hm_heap *heap, hm_frame *frame)
{
    open_file(heap, frame, "the kept frame's file");
    kept_frame = hm_incref(&frame->base.base);
    puts("    reading");
    return &hm_none;
}

static hm_object *read_and_close(hm_heap *heap, hm_frame *frame)
{
    hm_object *file = open_file(heap, frame, "the with block's file");
    must(heap, hm_instance_set(heap, file, me, file));
    puts("    reading");
    must(heap, close_file(heap, file, NULL));
    return &hm_none;
}

/** def name(): …; name() */
static void call(hm_heap *heap, const char *name, hm_object *(*run)(hm_heap *, hm_frame *))
{
    hm_code code = {.name = name, .local_count = 1, .run = run};
    hm_object *function = made(heap, hm_function_new(heap, &code, NULL, NULL));
    printf("%s\n", name);
    hm_decref(heap, made(heap, hm_call(heap, function, NULL, 0)));
    puts("    returned");
    hm_decref(heap, function);
}

static void collect(hm_heap *heap)
{
    int64_t found = hm_gc_collect(heap, 2);
    printf("    gc.collect() returns %" PRId64 "\n", found);
}

int main(void)
{
    hm_heap *heap = example_begin();
    static const char *const slots[] = {"name", "me"};
    hm_class_spec spec = {
        .name = "File", .slot_count = 2, .slot_names = slots, .finalizer = close_file};
    file_class = made(heap, hm_class_new(heap, &spec));
    me = made(heap, hm_str_interned(heap, "me"));

    call(heap, "read_simply", read_simply);
    call(heap, "read_in_a_cycle", read_in_a_cycle);
    collect(heap);
    call(heap, "read_and_keep_the_frame", read_and_keep_the_frame);
    collect(heap);
    puts("    the frame goes");
    hm_decref(heap, kept_frame);
    call(heap, "read_and_close", read_and_close);
    collect(heap);

    hm_decref(heap, me);
    hm_decref(heap, file_class);
    return example_end(heap);
}
