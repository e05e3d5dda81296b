/*
 * This module is the two uses of an address space until its end: blocks of an allocator, and
 * objects of a heap on it.
 */
#ifndef HM_TESTS_EXHAUST_H
#define HM_TESTS_EXHAUST_H

#include "allocators/allocator.h"
#include "base/attributes.h"

/* Says what is wrong and ends the process. */
void exhaust_defect(const char *format, ...) HM_PRINTF(1, 2);

/* Puts the limit in force, or out. */
void exhaust_limit(bool on);

/* Maps what the use needs for itself, before there is a limit. */
void exhaust_blocks_begin(const hm_allocator *allocator);
void exhaust_objects_begin(const hm_allocator *allocator);

/* The use, with the limit in force. */
void exhaust_blocks(const hm_allocator *allocator);
void exhaust_objects(const hm_allocator *allocator);

#endif
