/**
 * This module is a program while it runs: its heap, its names, the labels of its objects, its log,
 * and what the words of the body now running mean.
 *
 * Words: a *body* is a finalizer, a callback, a gc callback or a generator; it runs on the same
 * machine, inside whatever statement set it off. The machine has *stopped* when an expectation
 * failed: every block returns, and nothing is an error any more.
 *
 * Invariant: a reference of the program lies in a root slot of the machine, in an object, or in a
 * variable of the function that runs the current statement, which drops it before it returns.
 */
#ifndef HM_BENCH_CONFORM_MACHINE_H
#define HM_BENCH_CONFORM_MACHINE_H

#include "bench/conform/error_name.h"
#include "bench/conform/form.h"
#include "bench/conform/label.h"
#include "gc/collectors.h"
#include "gc/gc.h"
#include "heapmark.h"

/** Bodies inside one another; deeper: RecursionError. */
enum { HM_CONFORM_DEEPEST_BODY = 200 };

/** What the words of a body mean. Borrowed; NULL where there is no such thing. */
typedef struct hm_conform_frame {
    hm_object *self;
    hm_object *ref;
    hm_object *generator;
    const hm_gc_info *info;
} hm_conform_frame;

/** A definition in this machine: how the runtime's callbacks find their way back to it. */
typedef struct hm_conform_binding {
    hm_conform_machine *machine;
    const hm_conform_definition *definition;
    hm_code code;                     /**< callback */
    hm_generator_code generator_code; /**< generator */
} hm_conform_binding;

/** The code of a made frame; its number of locals differs from one to the next. */
typedef struct hm_conform_frame_code hm_conform_frame_code;

struct hm_conform_machine {
    const hm_allocator *allocator; /**< counts (hm_count_read) and watches (watch.h) */
    const hm_collector_spec *collector;
    const char *path; /**< of the file, for messages */
    /** Statements and repetitions that a program may run before it is stopped; 0: any number. */
    uint64_t most_statements;
    /** Called when a program has ended and its heap still is; NULL: nothing. */
    void (*at_end)(hm_conform_machine *machine, void *context);
    void *context;

    const hm_conform_program *program;
    hm_heap *heap;
    hm_object **globals;          /**< by symbol: what a name holds */
    hm_object **texts;            /**< by symbol: its one str */
    hm_object **defined;          /**< by definition: its class or function */
    uint64_t *bound_at;           /**< by symbol: when the name came to hold something */
    uint32_t *made_counts;        /**< by symbol: objects labelled with this place */
    hm_conform_binding *bindings; /**< by definition */
    hm_conform_frame_code *frame_codes;
    hm_conform_labels labels;
    hm_conform_text log;
    hm_conform_frame frame;
    unsigned depth;       /**< bodies running */
    uint64_t statements;  /**< run so far, counted where there is a limit */
    uint64_t clock;       /**< names that came to hold something */
    uint32_t failed_line; /**< where the error came up, be it in a body; 0: none */
    uint32_t line_before; /**< failed_line before the body that failed last */
    bool stopped;
    bool failed; /**< an expectation or the program */
};

/** Runs a program from an empty heap to an empty heap. False: it failed, which is told on stderr.
 */
bool hm_conform_run_program(hm_conform_machine *machine, const hm_conform_program *program);

/** Frees what the machine keeps between programs. */
void hm_conform_machine_clear(hm_conform_machine *machine);

/** Runs statements in order; false: one failed, or the machine stopped. */
bool hm_conform_run_block(hm_conform_machine *machine, const hm_conform_block *block);

/* access.c: operands and places. */

/** A new reference to the operand's object, or NULL. */
hm_object *hm_conform_load(hm_conform_machine *machine, const hm_conform_operand *operand);

/** Loads all operands from `first` on into `objects`; false: none is held. */
bool hm_conform_load_all(hm_conform_machine *machine, const hm_conform_node *node, uint32_t first,
                         hm_object **objects);

/** Stores `value` (stolen, also on failure) in the place; what was there is dropped after. */
bool hm_conform_store(hm_conform_machine *machine, const hm_conform_operand *place,
                      hm_object *value);

/** Empties the place: a name, an attribute, an item. */
bool hm_conform_delete(hm_conform_machine *machine, const hm_conform_operand *place);

/** Lets name `symbol` hold `value` (stolen). */
void hm_conform_bind(hm_conform_machine *machine, uint32_t symbol, hm_object *value);

/** The program's one str of this symbol, borrowed, or NULL. */
hm_object *hm_conform_text_object(hm_conform_machine *machine, uint32_t symbol);

/* members.c: attributes and items of objects. Values of …_set are borrowed. */

hm_object *hm_conform_attribute_get(hm_conform_machine *machine, hm_object *object,
                                    uint32_t symbol);
bool hm_conform_attribute_set(hm_conform_machine *machine, hm_object *object, uint32_t symbol,
                              hm_object *value);
bool hm_conform_attribute_delete(hm_conform_machine *machine, hm_object *object, uint32_t symbol);
hm_object *hm_conform_item_get(hm_conform_machine *machine, hm_object *object, hm_object *key);
bool hm_conform_item_set(hm_conform_machine *machine, hm_object *object, hm_object *key,
                         hm_object *value);
bool hm_conform_item_delete(hm_conform_machine *machine, hm_object *object, hm_object *key);

/** A new reference to what the object stands for: the referent of a proxy, else itself. NULL:
 * ReferenceError. */
hm_object *hm_conform_subject(hm_conform_machine *machine, hm_object *object);

/** hm_conform_load, and of a proxy its referent. */
hm_object *hm_conform_load_subject(hm_conform_machine *machine, const hm_conform_operand *operand);

/**
 * Loads the node's one or two operands, all of them before a proxy in first place is replaced by
 * its referent; `*second` is NULL where there is one. False: neither is held.
 */
bool hm_conform_load_two(hm_conform_machine *machine, const hm_conform_node *node,
                         hm_object **first, hm_object **second);

/** Fails with AttributeError: objects of this type have no `name`. */
bool hm_conform_fail_attribute(hm_conform_machine *machine, const hm_object *object,
                               const char *name);

/** Fails with KeyError of this key. */
bool hm_conform_fail_key(hm_conform_machine *machine, hm_object *key);

/* equal.c */

/** Python's ==, lists, dicts and sets by value. False: RecursionError, ReferenceError. */
bool hm_conform_equal(hm_conform_machine *machine, hm_object *left, hm_object *right, bool *equal);

/** Python's `key in object`. */
bool hm_conform_contains(hm_conform_machine *machine, hm_object *object, hm_object *key,
                         bool *contains);

/* describe.c */

/** Appends the object's description. */
void hm_conform_describe(const hm_conform_machine *machine, hm_object *object,
                         hm_conform_text *text);

/** The type's name as the language has it: weakref, weakproxy, a class's name, … */
const char *hm_conform_type_name(const hm_object *object);

/** Appends a label. */
void hm_conform_describe_label(const hm_conform_machine *machine, const hm_conform_label *label,
                               hm_conform_text *text);

/** Gives the object just made a label, unless it is an atom, has one, or is a weak reference that
 * somebody had already (a weak container its own). */
void hm_conform_label_made(hm_conform_machine *machine, hm_object *object, uint32_t place);

/** True for the empty tuple and what is no container: described by value, without a label. */
bool hm_conform_is_atom(const hm_object *object);

/* body.c: bodies, and what the runtime calls them through. */

/** Makes what a definition defines. */
bool hm_conform_define(hm_conform_machine *machine, const hm_conform_definition *definition);

/** Enters a body; false: RecursionError. */
bool hm_conform_enter(hm_conform_machine *machine, const hm_conform_frame *frame,
                      hm_conform_frame *saved, uint32_t *saved_line) HM_MUST_USE;

/** Leaves a body; where it failed, the line it failed at stays. */
void hm_conform_leave(hm_conform_machine *machine, const hm_conform_frame *saved,
                      uint32_t saved_line, bool done);

/** Calls a function, method or finalize object; a new reference or NULL. */
hm_object *hm_conform_call(hm_conform_machine *machine, hm_object *callable,
                           hm_object *const *arguments, size_t count);

/* generator.c */

/** The functions of a generator's code, which lies in a binding. */
hm_object *hm_conform_generator_resume(hm_heap *heap, hm_generator *generator);
bool hm_conform_generator_cleanup(hm_heap *heap, hm_generator *generator);

/** The code of a frame of so many locals, kept until the program ends. */
const hm_code *hm_conform_frame_code_of(hm_conform_machine *machine, uint32_t local_count);

/* What the program says besides its output. */

/** Adds a line to the log. */
void hm_conform_log_line(hm_conform_machine *machine, const char *line);

/** Tells on stderr that the program failed at this line, and how. */
void hm_conform_tell_failure(hm_conform_machine *machine, uint32_t line, const char *format, ...)
    HM_PRINTF(3, 4);

#endif
