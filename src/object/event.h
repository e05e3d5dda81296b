/**
 * This module is what the runtime tells the outside while it works, so that the measuring side can
 * read a clock where something long happens; the runtime itself knows no clock.
 */
#ifndef HM_OBJECT_EVENT_H
#define HM_OBJECT_EVENT_H

#include "object/object.h"

/** A deallocation that has freed this many objects from one hm_decref is told as a cascade. */
enum { HM_CASCADE_OBJECTS = 128 };

typedef enum hm_event_kind {
    HM_EVENT_COLLECTION_BEGIN, /**< generation */
    HM_EVENT_COLLECTION_END,   /**< generation, collected, uncollectable, traversed */
    HM_EVENT_CASCADE_BEGIN,    /**< HM_CASCADE_OBJECTS objects have died; more follow */
    HM_EVENT_CASCADE_END,      /**< collected: objects freed in all */
    HM_EVENT_UNRAISABLE        /**< a finalizer or callback failed; `message` says how */
} hm_event_kind;

typedef struct hm_event {
    hm_event_kind kind;
    int generation;
    uint64_t collected;
    uint64_t uncollectable;
    uint64_t traversed;
    hm_object *object;   /**< HM_EVENT_UNRAISABLE: whose finalizer; borrowed, may be NULL */
    const char *message; /**< HM_EVENT_UNRAISABLE; valid during the call only */
} hm_event;

/** Where events go; `emit` must not touch the heap. */
typedef struct hm_event_sink {
    void (*emit)(void *context, const hm_event *event);
    void *context;
} hm_event_sink;

#endif
