#include "object/object.h"

#include "object/heap.h"

size_t hm_object_size(const hm_object *object)
{
    const hm_type *type = object->type;
    if (type->size != NULL)
        return type->size(object);
    if (type->item_size == 0)
        return type->basic_size;
    return type->basic_size + ((const hm_variable_object *)object)->length * type->item_size;
}

const hm_type hm_none_type = {.name = "NoneType", .basic_size = sizeof(hm_object)};

hm_object hm_none = {.reference_count = HM_IMMORTAL_COUNT, .type = &hm_none_type};
