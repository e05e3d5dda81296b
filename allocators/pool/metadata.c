#include "allocators/pool/metadata.h"

#include "base/system_memory.h"

enum { CACHE_LINE_BYTES = 64, CHUNK_BYTES = 256 * 1024 };

static char *cursor;
static size_t left_bytes;
static size_t handed_out_bytes;

void *hm_pool_metadata_allocate(size_t bytes)
{
    size_t size = (bytes + CACHE_LINE_BYTES - 1) & ~(size_t)(CACHE_LINE_BYTES - 1);
    if (size > left_bytes) {
        size_t chunk_bytes = size > CHUNK_BYTES ? hm_system_round_up(size) : CHUNK_BYTES;
        char *chunk = hm_system_map(chunk_bytes);
        if (chunk == NULL)
            return NULL;
        cursor = chunk;
        left_bytes = chunk_bytes;
    }
    void *record = cursor;
    cursor += size;
    left_bytes -= size;
    handed_out_bytes += size;
    return record;
}

size_t hm_pool_metadata_bytes(void)
{
    return handed_out_bytes;
}
