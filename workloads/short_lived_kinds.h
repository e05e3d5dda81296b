/**
 * This module is the kinds of objects that `short-lived` makes, so that the workload itself is only
 * about how long objects live, and a kind is one table entry.
 *
 * Words: a *recipe* is a kind with a length; a *maker* holds what objects are made from. Containers
 * hold references to *elements*, ints (and for a dict's keys strs) that are made in the build phase
 * and stay, so that making a list makes a list and nothing else.
 *
 * Everything in an object follows from its recipe and a 64-bit seed; reading checks all of it.
 */
#ifndef HM_WORKLOADS_SHORT_LIVED_KINDS_H
#define HM_WORKLOADS_SHORT_LIVED_KINDS_H

#include "workloads/lanes.h"

enum {
    HM_MAKE_INT,
    HM_MAKE_FLOAT,
    HM_MAKE_STR,
    HM_MAKE_BYTES,
    HM_MAKE_TUPLE,
    HM_MAKE_LIST,
    HM_MAKE_DICT,
    HM_MAKE_SET,
    HM_MAKE_INSTANCE,
    HM_MAKE_KINDS,
    HM_MAKE_MIXED = HM_MAKE_KINDS /**< not a kind: drawn from hm_mixture */
};

/** The names of the kinds, `mixed` last; NULL-terminated. */
extern const char *const hm_make_names[HM_MAKE_KINDS + 2];

/** What one object is to be. */
typedef struct hm_recipe {
    uint32_t kind;
    uint32_t length; /**< bytes of str and bytes, items of the others; 0 for int and float */
} hm_recipe;

/** What objects are made from. */
typedef struct hm_maker {
    hm_heap *heap;
    hm_slots elements;     /**< ints, each its index above 1000 */
    hm_slots keys;         /**< strs, for dicts; empty where no recipe makes one */
    hm_slots class_object; /**< of instances */
    uint32_t slot_count;   /**< of that class; 0 where no recipe makes an instance */
} hm_maker;

enum { HM_MIXTURE_SIZE = 20 };

/** Writes the HM_MIXTURE_SIZE recipes of `mixed` for a length; documented in docs/workloads.md. */
void hm_mixture(uint32_t length, hm_recipe recipes[HM_MIXTURE_SIZE]);

/** True where an object of this kind can be emptied and filled again. */
bool hm_kind_refills(uint32_t kind);

/** True where the length says something about the object (not for int and float). */
bool hm_kind_has_length(uint32_t kind);

/** The least and the greatest length of a kind; the greatest asks for a block of about 1 MiB. */
uint32_t hm_kind_min_length(uint32_t kind);
uint32_t hm_kind_max_length(uint32_t kind);

/** An estimate from above of the bytes an object asks for. */
double hm_recipe_bytes(hm_recipe recipe);

/** Opens a maker's slots for these recipes; makes nothing yet. False: told. */
bool hm_maker_open(hm_lane *lane, hm_maker *maker, const hm_recipe *recipes,
                   size_t count) HM_MUST_USE;
/** Makes the elements, the keys and the class. False: told. */
bool hm_maker_build(hm_lane *lane, hm_maker *maker) HM_MUST_USE;
void hm_maker_close(hm_lane *lane, hm_maker *maker);

/** Makes an object into an empty root slot. False: heap->error; the slot may hold part of it. */
bool hm_make(const hm_maker *maker, hm_recipe recipe, uint64_t seed, hm_object **slot) HM_MUST_USE;

/** Empties the object and fills it with what `seed` says. False: heap->error. */
bool hm_refill(const hm_maker *maker, hm_recipe recipe, uint64_t seed,
               hm_object *object) HM_MUST_USE;

/** Reads the object and adds what it read to `*sum`. False: it is not what `seed` says. */
bool hm_read(const hm_maker *maker, hm_recipe recipe, uint64_t seed, hm_object *object,
             uint64_t *sum) HM_MUST_USE;

#endif
