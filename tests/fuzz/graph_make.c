/* Every kind of object the runtime has. */
#include "tests/fuzz/graph.h"

static bool finalize(hm_heap *heap, hm_object *self, void *context)
{
    const graph_body *body = context;
    HM_UNUSED(heap);
    return graph_run_body(body->graph, body->kind, self);
}

static bool call_back(hm_heap *heap, hm_object *weakref, void *context)
{
    const graph_body *body = context;
    HM_UNUSED(heap);
    return graph_run_body(body->graph, body->kind, weakref);
}

/* A function's body: its one argument is what it is about. */
static hm_object *run_function(hm_heap *heap, hm_frame *frame)
{
    HM_UNUSED(heap);
    hm_object *argument = frame->locals[0];
    unsigned kind = (unsigned)(frame->code->name[0] - '0');
    return graph_run_body(graph_now, kind, argument) ? &hm_none : NULL;
}

static const hm_code codes[] = {
    {.name = "1", .argument_count = 1, .local_count = 2, .optional_count = 1, .run = run_function},
    {.name = "2", .argument_count = 1, .local_count = 1, .optional_count = 1, .run = run_function},
    {.name = "4", .argument_count = 1, .local_count = 1, .optional_count = 1, .run = run_function},
    {.name = "5", .argument_count = 1, .local_count = 3, .optional_count = 1, .run = run_function},
};

/* Yields its locals one after the other, running a body in between. */
static hm_object *resume(hm_heap *heap, hm_generator *generator)
{
    HM_UNUSED(heap);
    uint32_t state = generator->state++;
    if (state >= generator->base.length)
        return NULL;
    if (!graph_run_body(graph_now, (unsigned)generator->counters[0], (hm_object *)generator))
        return NULL;
    hm_object *local = generator->locals[state];
    return local == NULL ? &hm_none : hm_incref(local);
}

static bool clean_up(hm_heap *heap, hm_generator *generator)
{
    HM_UNUSED(heap);
    return graph_run_body(graph_now, (unsigned)generator->counters[1], (hm_object *)generator);
}

static const hm_generator_code generator_codes[] = {
    {.name = "plain", .local_count = 2, .resume = resume},
    {.name = "careful", .local_count = 3, .resume = resume, .cleanup = clean_up},
};

static hm_object *make_class(fuzz_graph *graph, fuzz_bytes *bytes)
{
    static const char *const names[] = {"a", "b"};
    uint8_t choice = fuzz_byte(bytes);
    hm_class_spec spec = {.name = "C",
                          .slot_count = choice % 3,
                          .slot_names = names,
                          .has_dict = (choice & 4) != 0,
                          .has_weakrefs = (choice & 8) != 0,
                          .legacy_finalizer = (choice & 48) == 48,
                          .finalizer = choice & 16 ? finalize : NULL,
                          .context = &graph->bodies[fuzz_below(bytes, GRAPH_BODIES)]};
    graph->keeps_garbage =
        graph->keeps_garbage || (spec.legacy_finalizer && spec.finalizer != NULL);
    return hm_class_new(graph->heap, &spec);
}

static hm_object *make_generator(fuzz_graph *graph, fuzz_bytes *bytes)
{
    const hm_generator_code *code = &generator_codes[fuzz_below(bytes, 2)];
    hm_object *made = hm_generator_new(graph->heap, code);
    if (made == NULL)
        return NULL;
    ((hm_generator *)made)->counters[0] = fuzz_byte(bytes);
    ((hm_generator *)made)->counters[1] = fuzz_byte(bytes);
    for (size_t local = 0; local < code->local_count; local++)
        hm_generator_set(graph->heap, made, local, hm_incref(graph_operand(graph, bytes)));
    return made;
}

static hm_object *make_function(fuzz_graph *graph, fuzz_bytes *bytes)
{
    const hm_code *code = &codes[fuzz_below(bytes, HM_COUNT_OF(codes))];
    hm_object *globals = graph_operand(graph, bytes);
    return hm_function_new(graph->heap, code, hm_is(globals, &hm_dict_type) ? globals : NULL, NULL);
}

static bool holds_tuple(const hm_object *object)
{
    for (size_t index = 0; hm_is(object, &hm_tuple_type) && index < 2; index++) {
        if (hm_tuple_length(object) > index && hm_is(hm_tuple_get(object, index), &hm_tuple_type))
            return true;
    }
    return false;
}

/* A tuple or a list of two. Tuples nest two deep: the hash of more takes time that doubles with
 * each. */
static hm_object *make_sequence(fuzz_graph *graph, fuzz_bytes *bytes)
{
    hm_object *items[2] = {graph_operand(graph, bytes), graph_operand(graph, bytes)};
    for (size_t index = 0; index < 2; index++) {
        if (holds_tuple(items[index]))
            items[index] = &hm_none;
    }
    return fuzz_byte(bytes) % 2 == 0 ? hm_tuple_of(graph->heap, items, 2)
                                     : hm_list_of(graph->heap, items, 2);
}

static hm_object *make_frame(fuzz_graph *graph, fuzz_bytes *bytes)
{
    hm_object *function = graph_operand(graph, bytes), *back = graph_operand(graph, bytes);
    const hm_code *code = &codes[0];
    bool called = hm_is(function, &hm_function_type);
    hm_object *made =
        hm_frame_new(graph->heap, called ? hm_function_code(function) : code,
                     called ? function : NULL, hm_is(back, &hm_frame_type) ? back : NULL);
    if (made != NULL)
        hm_frame_set(graph->heap, made, 0, hm_incref(graph_operand(graph, bytes)));
    return made;
}

static hm_object *make_atom(fuzz_graph *graph, fuzz_bytes *bytes)
{
    uint32_t number = fuzz_word(bytes);
    char text[8] = {(char)('a' + number % 26), (char)('a' + number / 26 % 26), '\0'};
    switch (fuzz_byte(bytes) % 6) {
    case 0:
        return hm_int_new(graph->heap, (int64_t)number - 32768);
    case 1:
        return hm_float_new(graph->heap, (double)number / 7);
    case 2:
        return hm_str_new(graph->heap, text, 2);
    case 3:
        return hm_str_interned(graph->heap, text);
    case 4:
        return hm_bytes_new(graph->heap, text, number % 9 < 8 ? number % 9 : 0);
    default:
        return hm_bool_get(number % 2 != 0);
    }
}

/* Weak references and what is made of them; of an object that can have none: TypeError. */
static hm_object *make_weak(fuzz_graph *graph, fuzz_bytes *bytes)
{
    hm_heap *heap = graph->heap;
    uint8_t choice = fuzz_byte(bytes);
    hm_object *referent = graph_operand(graph, bytes), *callable = graph_operand(graph, bytes);
    switch (choice % 9) {
    case 0:
        return hm_weakref_new(heap, referent, NULL, NULL);
    case 1:
        return hm_weakref_new(heap, referent, call_back, &graph->bodies[choice / 9 % GRAPH_BODIES]);
    case 2:
        return hm_weakref_new_calling(heap, referent, callable);
    case 3:
        return hm_weakproxy_new(heap, referent);
    case 4:
        return hm_weakproxy_new_calling(heap, referent, callable);
    case 5:
        return hm_finalize_new(heap, referent, callable, &referent, choice / 9 % 2);
    case 6:
        return hm_weak_set_new(heap);
    case 7:
        return hm_weak_key_dict_new(heap);
    default:
        return hm_weak_value_dict_new(heap);
    }
}

hm_object *graph_make(fuzz_graph *graph, fuzz_bytes *bytes)
{
    hm_heap *heap = graph->heap;
    uint8_t kind = fuzz_byte(bytes) % 16;
    hm_object *first;
    switch (kind) {
    case 0:
    case 1:
        first = graph_operand(graph, bytes);
        return hm_is(first, &hm_class_type) ? hm_instance_new(heap, first)
                                            : make_class(graph, bytes);
    case 2:
        return hm_list_new(heap);
    case 3:
        return make_sequence(graph, bytes);
    case 4:
        return hm_dict_new(heap);
    case 5:
        return hm_set_new(heap);
    case 6:
        return hm_cell_new(heap, graph_operand(graph, bytes));
    case 7:
        return make_generator(graph, bytes);
    case 8:
        return make_function(graph, bytes);
    case 9:
        first = graph_operand(graph, bytes);
        return hm_is(first, &hm_function_type)
                   ? hm_method_new(heap, first, graph_operand(graph, bytes))
                   : make_atom(graph, bytes);
    case 10:
        return make_frame(graph, bytes);
    case 11:
    case 12:
    case 13:
        return make_weak(graph, bytes);
    default:
        return make_atom(graph, bytes);
    }
}
