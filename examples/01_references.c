/**
 * This program is the lesson on references and their counts, so that the number all other lessons
 * speak of can be seen to move. An object lives as long as somebody refers to it: a name, an item
 * of a list, a value in a dict. It counts how many do, and dies when the count comes to 0.
 *
 * sys.getrefcount answers with one more than there are, because asking holds a reference too.
 * None, True and the ints from -5 to 256 are shared by everybody and never die; nobody counts
 * them: they are immortal, and their count is a mark, not a number of references. So the answer
 * for None is not 2, and does not move.
 */
#include "examples/example.h"

static void show_count(const char *when, const hm_object *object)
{
    printf("%s: %" PRIu32 "\n", when, hm_getrefcount(object));
}

static void show_same(const char *what, const hm_object *left, const hm_object *right)
{
    printf("%s, one object: %s\n", what, left == right ? "True" : "False");
}

static void count_references(hm_heap *heap)
{
    hm_object *a = made(heap, hm_list_new(heap));
    show_count("one name", a);

    hm_object *b = hm_incref(a);
    show_count("a second name", a);

    hm_object *list = made(heap, hm_list_new(heap));
    must(heap, hm_list_append(heap, list, a));
    show_count("an item of a list", a);

    hm_object *dict = made(heap, hm_dict_new(heap));
    hm_object *key = made(heap, hm_str_from(heap, "key"));
    must(heap, hm_dict_set(heap, dict, key, a));
    show_count("a value in a dict", a);

    hm_decref(heap, b);
    show_count("the second name is gone", a);
    hm_decref(heap, list);
    show_count("the list is gone", a);
    hm_dict_clear(heap, dict);
    show_count("the dict is empty", a);

    hm_decref(heap, key);
    hm_decref(heap, dict);
    hm_decref(heap, a);
}

static void compare_identities(hm_heap *heap)
{
    hm_object *left = made(heap, hm_list_new(heap));
    hm_object *name = hm_incref(left);
    hm_object *right = made(heap, hm_list_new(heap));
    show_same("two names of a list", left, name);
    show_same("two empty lists", left, right);
    hm_decref(heap, right);
    hm_decref(heap, name);
    hm_decref(heap, left);

    left = made(heap, hm_int_new(heap, 7));
    right = made(heap, hm_int_new(heap, 7));
    show_same("7 and 7", left, right);
    hm_decref(heap, right);
    hm_decref(heap, left);

    left = made(heap, hm_int_new(heap, 1000));
    right = made(heap, hm_int_new(heap, 1000));
    show_same("1000 and 1000", left, right);
    hm_decref(heap, right);
    hm_decref(heap, left);
}

static void look_at_immortals(hm_heap *heap)
{
    hm_object *seven = made(heap, hm_int_new(heap, 7));
    /* Up to Python 3.11 these are counted like all others: the lines differ there. */
    show_count("~ None", &hm_none);
    show_count("~ 7", seven);

    hm_object *many = made(heap, hm_list_sized(heap, 1000)); /* [None] * 1000 */
    show_count("~ None, 1000 references later", &hm_none);
    hm_decref(heap, many);
    hm_decref(heap, seven);
}

int main(void)
{
    hm_heap *heap = example_begin();
    count_references(heap);
    compare_identities(heap);
    look_at_immortals(heap);
    return example_end(heap);
}
