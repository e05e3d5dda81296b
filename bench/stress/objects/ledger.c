#include "bench/stress/objects/ledger.h"

#include "base/system_memory.h"
#include "bench/stress/objects/world.h"

#include <string.h>

enum { FIRST_ROOM = 1 << 13, NEW = 0xCB, OLD = 0xDB };

static hm_allocator inner;

/* ---- the table ---- */

static size_t place_of(const hm_objects_ledger *ledger, const void *address)
{
    uint64_t mixed = (uint64_t)(uintptr_t)address * 0x9e3779b97f4a7c15u;
    return (size_t)(mixed >> 24) & (ledger->room - 1);
}

static hm_objects_block *map(size_t room)
{
    hm_objects_block *blocks = hm_system_map(room * sizeof *blocks);
    if (blocks == NULL)
        hm_stress_machine_refuses("the ledger of a heap");
    return blocks;
}

hm_objects_block *hm_objects_ledger_find(const hm_objects_ledger *ledger, const void *address)
{
    for (size_t place = place_of(ledger, address); ledger->blocks[place].address != NULL;
         place = (place + 1) & (ledger->room - 1)) {
        if (ledger->blocks[place].address == (const char *)address)
            return &ledger->blocks[place];
    }
    return NULL;
}

static void put(hm_objects_ledger *ledger, const hm_objects_block *block)
{
    size_t place = place_of(ledger, block->address);
    while (ledger->blocks[place].address != NULL)
        place = (place + 1) & (ledger->room - 1);
    ledger->blocks[place] = *block;
}

static void grow(hm_objects_ledger *ledger)
{
    hm_objects_ledger old = {.blocks = ledger->blocks, .room = ledger->room};
    ledger->room *= 2;
    ledger->blocks = map(ledger->room);
    for (size_t place = 0; place < old.room; place++) {
        if (old.blocks[place].address != NULL)
            put(ledger, &old.blocks[place]);
    }
    hm_system_unmap(old.blocks, old.room * sizeof *old.blocks);
}

static void enter(hm_objects_world *world, void *address, size_t bytes)
{
    hm_objects_ledger *ledger = &world->ledger;
    if (hm_objects_ledger_find(ledger, address) != NULL)
        HM_OBJECTS_DEFECT(world, DOUBLE_HAND_OUT, "a live block of the heap is handed out again");
    if (2 * ledger->count >= ledger->room)
        grow(ledger);
    put(ledger, &(hm_objects_block){.address = address, .bytes = bytes});
    ledger->count++;
    ledger->bytes += bytes;
}

/* Moves up what would not be found over the empty place. */
static void take_out(hm_objects_ledger *ledger, hm_objects_block *block)
{
    size_t mask = ledger->room - 1, hole = (size_t)(block - ledger->blocks);
    ledger->count--;
    ledger->bytes -= block->bytes;
    for (size_t place = (hole + 1) & mask; ledger->blocks[place].address != NULL;
         place = (place + 1) & mask) {
        size_t home = place_of(ledger, ledger->blocks[place].address);
        if (((place - home) & mask) < ((place - hole) & mask))
            continue;
        ledger->blocks[hole] = ledger->blocks[place];
        hole = place;
    }
    ledger->blocks[hole].address = NULL;
}

void hm_objects_ledger_open(hm_objects_ledger *ledger, bool keeps)
{
    *ledger = (hm_objects_ledger){.room = FIRST_ROOM, .keeps = keeps};
    ledger->blocks = map(ledger->room);
}

void hm_objects_ledger_close(hm_objects_ledger *ledger)
{
    hm_system_unmap(ledger->blocks, ledger->room * sizeof *ledger->blocks);
    ledger->blocks = NULL;
}

/* ---- giving back ---- */

static void hand_over(const hm_objects_kept *block)
{
    if (block->sized)
        inner.free_sized(block->address, block->bytes);
    else
        inner.free(block->address);
}

static void give_back(const hm_objects_kept *kept)
{
    for (size_t index = 0; index < kept->bytes; index++) {
        if ((unsigned char)kept->address[index] != OLD)
            HM_OBJECTS_DEFECT(
                hm_objects_now, WRITTEN_AFTER,
                "byte %zu of a block of %zu bytes was written after it was given back", index,
                kept->bytes);
    }
    hand_over(kept);
}

static void keep(hm_objects_ledger *ledger, const hm_objects_kept *block)
{
    hm_objects_kept *place = &ledger->kept[ledger->kept_next];
    if (place->address != NULL)
        give_back(place);
    *place = *block;
    ledger->kept_next = (ledger->kept_next + 1) % HM_OBJECTS_KEPT;
}

void hm_objects_ledger_flush(hm_objects_ledger *ledger)
{
    for (size_t index = 0; index < HM_OBJECTS_KEPT; index++) {
        if (ledger->kept[index].address != NULL)
            give_back(&ledger->kept[index]);
        ledger->kept[index].address = NULL;
    }
}

static void release(void *address, bool sized, size_t bytes)
{
    hm_objects_world *world = hm_objects_now;
    if (address == NULL)
        return;
    hm_objects_block *found = hm_objects_ledger_find(&world->ledger, address);
    if (found == NULL)
        HM_OBJECTS_DEFECT(world, WRONG_FREE, "the heap gives back a block that it does not have");
    if (sized && found->bytes != bytes)
        HM_OBJECTS_DEFECT(world, WRONG_FREE, "a block of %zu bytes is given back as one of %zu",
                          found->bytes, bytes);
    hm_objects_kept block = {
        .address = address, .bytes = found->bytes, .sized = sized && !found->resized};
    if (found->node != HM_OBJECTS_NONE)
        hm_objects_died(world, found->node);
    take_out(&world->ledger, found);
    memset(address, OLD, block.bytes);
    if (world->ledger.keeps)
        keep(&world->ledger, &block);
    else
        hand_over(&block);
}

/* ---- the calls ---- */

static void *ledger_malloc(size_t bytes)
{
    void *address = inner.malloc(bytes);
    if (address == NULL)
        return NULL;
    memset(address, NEW, bytes);
    enter(hm_objects_now, address, bytes);
    return address;
}

static void *ledger_calloc(size_t count, size_t bytes)
{
    void *address = inner.calloc(count, bytes);
    if (address != NULL)
        enter(hm_objects_now, address, count * bytes);
    return address;
}

static void *ledger_realloc(void *block, size_t bytes)
{
    hm_objects_world *world = hm_objects_now;
    hm_objects_block *found = block == NULL ? NULL : hm_objects_ledger_find(&world->ledger, block);
    if (block == NULL)
        return ledger_malloc(bytes);
    if (found == NULL || found->node != HM_OBJECTS_NONE)
        HM_OBJECTS_DEFECT(world, WRONG_FREE, "the heap resizes a block that is none of its tables");
    void *address = inner.realloc(block, bytes);
    if (address == NULL)
        return NULL;
    take_out(&world->ledger, found);
    enter(world, address, bytes);
    hm_objects_ledger_find(&world->ledger, address)->resized = true;
    return address;
}

static void ledger_free(void *block)
{
    release(block, false, 0);
}

static void ledger_free_sized(void *block, size_t bytes)
{
    release(block, true, bytes);
}

hm_allocator hm_objects_ledger_decorate(const hm_allocator *allocator)
{
    hm_allocator decorated = *allocator;
    inner = *allocator;
    decorated.malloc = ledger_malloc;
    decorated.calloc = ledger_calloc;
    decorated.realloc = ledger_realloc;
    decorated.free = ledger_free;
    decorated.free_sized = allocator->free_sized != NULL ? ledger_free_sized : NULL;
    decorated.aligned_alloc = NULL;
    decorated.usable_size = NULL;
    decorated.realloc_sized = NULL;
    return decorated;
}
