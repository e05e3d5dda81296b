/**
 * This program is the lesson on a generator abandoned half-way, so that the code in its `finally`
 * is not forgotten: a generator that has begun and is not at its end holds its locals. close() ends
 * it, the last reference's end closes it, and one in a cycle waits for a collection; each time
 * `finally` runs and the locals go. One that never began has no `finally` to run.
 *
 * In the last part gc.collect() returns 0: the collector found the cycle and closed the generator,
 * that dropped its locals, and so the cycle came apart before the collector had to clear anything.
 */
#include "examples/example.h"

static hm_object *file_class;

static bool close_file(hm_heap *heap, hm_object *self, void *context)
{
    HM_UNUSED(heap);
    HM_UNUSED(context);
    printf("    %s is closed\n", hm_str_data(*hm_instance_slot(self, 0)));
    return true;
}

/* def lines(name, box=None):
 *     file = File(name)
 *     try:
 *         for number in range(3):
 *             yield number
 *     finally:
 *         print(f"    finally of {name}")
 */
enum { NAME, BOX, FILE_LOCAL, LOCALS };
enum { AT_THE_BEGINNING, IN_THE_LOOP };

static bool run_finally(hm_heap *heap, hm_generator *generator)
{
    HM_UNUSED(heap);
    printf("    finally of %s\n", hm_str_data(generator->locals[NAME]));
    return true;
}

static hm_object *resume_lines(hm_heap *heap, hm_generator *generator)
{
    if (generator->state == AT_THE_BEGINNING) {
        hm_object *file = made(heap, hm_instance_new(heap, file_class));
        hm_store(heap, file, hm_instance_slot(file, 0), hm_incref(generator->locals[NAME]));
        hm_generator_set(heap, &generator->base.base, FILE_LOCAL, file);
        generator->state = IN_THE_LOOP;
    }
    if (generator->counters[0] == 3) {
        must(heap, run_finally(heap, generator)); /* at the end, too */
        return NULL;
    }
    return hm_int_new(heap, generator->counters[0]++);
}

static const hm_generator_code lines_code = {
    .name = "lines", .local_count = LOCALS, .resume = resume_lines, .cleanup = run_finally};

static hm_object *lines_new(hm_heap *heap, const char *name, hm_object *box)
{
    hm_object *lines = made(heap, hm_generator_new(heap, &lines_code));
    hm_generator_set(heap, lines, NAME, made(heap, hm_str_from(heap, name)));
    hm_generator_set(heap, lines, BOX, hm_xincref(box));
    return lines;
}

/** Reads one item, or all; says how many there were. */
static void read_items(hm_heap *heap, hm_object *lines, int limit)
{
    int count = 0;
    hm_object *item;
    while (count < limit && (item = hm_generator_next(heap, lines)) != NULL) {
        count++;
        hm_decref(heap, item);
    }
    must(heap, heap->error.status == HM_OK);
    printf("    items read: %d\n", count);
}

int main(void)
{
    hm_heap *heap = example_begin();
    static const char *const slots[] = {"name"};
    hm_class_spec spec = {
        .name = "File", .slot_count = 1, .slot_names = slots, .finalizer = close_file};
    file_class = made(heap, hm_class_new(heap, &spec));

    puts("read to the end");
    hm_object *lines = lines_new(heap, "a", NULL);
    read_items(heap, lines, 10);
    hm_decref(heap, lines);

    puts("left half-way, closed by hand");
    lines = lines_new(heap, "b", NULL);
    read_items(heap, lines, 1);
    must(heap, hm_generator_close(heap, lines));
    puts("    close() is done");
    hm_decref(heap, lines);

    puts("left half-way, last reference gone");
    lines = lines_new(heap, "c", NULL);
    read_items(heap, lines, 1);
    hm_decref(heap, lines);

    puts("never begun");
    hm_decref(heap, lines_new(heap, "d", NULL));

    puts("left half-way, in a cycle");
    hm_object *box = made(heap, hm_list_new(heap));
    lines = lines_new(heap, "e", box);
    must(heap, hm_list_append(heap, box, lines));
    hm_decref(heap, box);
    read_items(heap, lines, 1);
    hm_decref(heap, lines);
    puts("    lost");
    int64_t found = hm_gc_collect(heap, 2);
    printf("    gc.collect() returns %" PRId64 "\n", found);

    hm_decref(heap, file_class);
    return example_end(heap);
}
