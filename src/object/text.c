#include "object/text.h"

#include "object/dict.h"
#include "object/memory.h"
#include "object/text_layout.h"

#include <string.h>

static size_t str_size(const hm_object *object)
{
    return offsetof(hm_str, data) + ((const hm_variable_object *)object)->length + 1;
}

static size_t bytes_size(const hm_object *object)
{
    return offsetof(hm_bytes, data) + ((const hm_variable_object *)object)->length + 1;
}

/* The table's two references (key and value) are not counted, so that an interned string dies with
 * its last user: give them back for the moment of removal, as CPython up to 3.11 does. */
static void forget_interned(hm_heap *heap, hm_object *object)
{
    object->reference_count = 3;
    bool removed = hm_dict_delete(heap, heap->interned, object);
    HM_CHECK(removed && object->reference_count == 1);
    object->reference_count = 0;
}

static void str_deallocate(hm_heap *heap, hm_object *object)
{
    if (((hm_str *)object)->state & HM_STR_INTERNED)
        forget_interned(heap, object);
    hm_atom_free(heap, object, str_size(object));
}

static void bytes_deallocate(hm_heap *heap, hm_object *object)
{
    hm_atom_free(heap, object, bytes_size(object));
}

const hm_type hm_str_type = {.name = "str",
                             .basic_size = offsetof(hm_str, data),
                             .flags = HM_TYPE_STR,
                             .size = str_size,
                             .die = str_deallocate,
                             .deallocate = str_deallocate};

const hm_type hm_bytes_type = {.name = "bytes",
                               .basic_size = offsetof(hm_bytes, data),
                               .size = bytes_size,
                               .die = bytes_deallocate,
                               .deallocate = bytes_deallocate};

static struct {
    hm_variable_object base;
    uint64_t hash;
    uint32_t state;
    uint32_t reserved;
    char data[8];
} empty_str = {.base.base = {.reference_count = HM_IMMORTAL_COUNT, .type = &hm_str_type},
               .hash = 1};

static struct {
    hm_variable_object base;
    uint64_t hash;
    unsigned char data[8];
} empty_bytes = {.base.base = {.reference_count = HM_IMMORTAL_COUNT, .type = &hm_bytes_type},
                 .hash = 1};

hm_object *hm_str_new(hm_heap *heap, const char *text, size_t length)
{
    if (length == 0)
        return &empty_str.base.base;
    hm_str *str =
        (hm_str *)hm_object_allocate(heap, &hm_str_type, offsetof(hm_str, data) + length + 1);
    if (str == NULL)
        return NULL;
    str->base.length = length;
    str->hash = 0;
    str->state = 0;
    str->reserved = 0;
    if (text != NULL)
        memcpy(str->data, text, length);
    str->data[length] = '\0';
    return &str->base.base;
}

hm_object *hm_str_from(hm_heap *heap, const char *text)
{
    return hm_str_new(heap, text, strlen(text));
}

char *hm_str_data(hm_object *object)
{
    HM_ASSERT(hm_is(object, &hm_str_type));
    return ((hm_str *)object)->data;
}

/* The table is the heap's own, not one of its objects. Its allocation may collect, and a finalizer
 * intern a string and so make it. */
static bool make_table(hm_heap *heap)
{
    hm_object *table = hm_dict_new(heap);
    if (heap->interned != NULL)
        hm_xdecref(heap, table);
    else
        heap->interned = table;
    return heap->interned != NULL;
}

hm_object *hm_str_intern(hm_heap *heap, hm_object *str)
{
    HM_ASSERT(hm_is(str, &hm_str_type));
    if (hm_is_immortal(str) || hm_str_is_interned(str))
        return str;
    if (heap->interned == NULL && !make_table(heap))
        goto failed;
    hm_object *known = hm_dict_get(heap, heap->interned, str);
    if (known != NULL) {
        hm_incref(known);
        hm_decref(heap, str);
        return known;
    }
    if (!hm_dict_set(heap, heap->interned, str, str))
        goto failed;
    str->reference_count -= 2;
    ((hm_str *)str)->state |= HM_STR_INTERNED;
    return str;

failed:
    hm_decref(heap, str);
    return NULL;
}

hm_object *hm_str_interned(hm_heap *heap, const char *text)
{
    hm_object *str = hm_str_from(heap, text);
    return str == NULL ? NULL : hm_str_intern(heap, str);
}

bool hm_str_is_interned(const hm_object *object)
{
    return (((const hm_str *)object)->state & HM_STR_INTERNED) != 0;
}

hm_object *hm_bytes_new(hm_heap *heap, const void *data, size_t length)
{
    if (length == 0)
        return &empty_bytes.base.base;
    hm_bytes *bytes =
        (hm_bytes *)hm_object_allocate(heap, &hm_bytes_type, offsetof(hm_bytes, data) + length + 1);
    if (bytes == NULL)
        return NULL;
    bytes->base.length = length;
    bytes->hash = 0;
    if (data != NULL)
        memcpy(bytes->data, data, length);
    bytes->data[length] = '\0';
    return &bytes->base.base;
}

unsigned char *hm_bytes_data(hm_object *object)
{
    HM_ASSERT(hm_is(object, &hm_bytes_type));
    return ((hm_bytes *)object)->data;
}

size_t hm_text_length(const hm_object *object)
{
    return ((const hm_variable_object *)object)->length;
}

/* A string still in the table has counted references nobody will drop: it goes with the heap. */
void hm_str_forget_all(hm_heap *heap)
{
    hm_object *table = heap->interned;
    heap->interned = NULL;
    if (table == NULL)
        return;
    size_t position = 0;
    hm_object *key, *value;
    while (hm_dict_next(table, &position, &key, &value)) {
        ((hm_str *)key)->state &= ~(uint32_t)HM_STR_INTERNED;
        key->reference_count = 2;
    }
    hm_decref(heap, table);
}
