#include "trace/storage.h"

hm_trace_storage *hm_trace_storage_new(hm_region region, hm_vector array)
{
    hm_trace_storage *storage = hm_region_allocate(&region, sizeof *storage);
    if (storage == NULL) {
        hm_vector_release(&array);
        hm_region_release(&region);
        return NULL;
    }
    *storage = (hm_trace_storage){region, array};
    return storage;
}

void hm_trace_storage_release(hm_trace_storage *storage)
{
    hm_region region = storage->region;
    hm_vector_release(&storage->array);
    hm_region_release(&region);
}
