"""This module is the table of mutants: small wrong changes of the collector and of the counting and weak
references around it, each of which some test must notice.

`old` stands exactly once in `file`; `new` replaces it. `likely` is the program that is expected to notice
first; the tests do not rely on it. The `quick` ones, a few of each kind, run with every build; all of
them with label long. A change that no program could notice (it makes the same collector) is not here.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Mutant:
    name: str
    file: str  # under src/
    breaks: str  # one line
    old: str
    new: str
    likely: str
    quick: bool = False


_all = []


def _file(file, likely):
    def add(name, breaks, old, new, quick=False, likely=likely):
        _all.append(Mutant(name, file, breaks, old, new, likely, quick))
    return add


# What is reachable.
mutant = _file("gc/reachability.c", "gc_generational")
mutant("subtracts-twice", "one reference from inside counts for two: what is held from outside seems garbage",
       "referent->collector_word--;",
       "referent->collector_word -= outside_count(referent) > 1 ? 2 : 1;", quick=True)
mutant("subtracts-never-the-last", "no count gets to zero: no cycle is ever found",
       "HM_CHECK(outside_count(referent) > 0);",
       "if (outside_count(referent) == 1)\n        return;")
mutant("frees-what-came-back", "an object found reachable later stays among the garbage: freed too early",
       "hm_gc_list_move(hm_gc_link_of(referent), reachable);", "HM_UNUSED(reachable);", quick=True)
mutant("forgets-what-is-ahead", "an object still to be looked at is not kept by one that was",
       "} else if (outside_count(referent) == 0) {", "} else if (false) {")
mutant("looks-one-step-far", "what a reachable object refers to is not kept",
       "hm_object_traverse(object, visit_reachable, base);", "HM_UNUSED(base);", quick=True)
mutant("walks-past-the-end", "what came back behind the last object is not looked at",
       """        hm_gc_link *next;
        if (outside_count(object) != 0) {
            hm_object_traverse(object, visit_reachable, base);
            object->collector_word &= ~HM_WORD_COLLECTOR;
            next = link->next;
""",
       """        hm_gc_link *next = link->next;
        if (outside_count(object) != 0) {
            hm_object_traverse(object, visit_reachable, base);
            object->collector_word &= ~HM_WORD_COLLECTOR;
""")
mutant("leaves-marks", "survivors keep the marks of the collection",
       "            object->collector_word &= ~HM_WORD_COLLECTOR;\n            next = link->next;",
       "            next = link->next;")
mutant("overflows-the-count", "a count too large for its field spills into the marks",
       "    if (count > HM_GC_COUNT_MASK)\n        count = HM_GC_COUNT_MASK;\n", "",
       likely="gc_edges")

# One collection, step by step.
mutant = _file("gc/collect.c", "gc_generational")
mutant("finalizes-never", "garbage is cleared without its finalizers",
       "        hm_object_finalize(heap, object);\n", "", quick=True, likely="gc_finalization")
mutant("finalizes-without-holding", "an object whose finalizer drops it is freed under the finalizer",
       """        hm_incref(object);
        hm_object_finalize(heap, object);
        hm_decref(heap, object);
""", "        hm_object_finalize(heap, object);\n", likely="gc_edges")
mutant("misses-resurrection", "what a finalizer brought back is cleared all the same",
       "    keep_resurrected(&unreachable, old);\n", "", quick=True, likely="gc_finalization")
mutant("clears-marked", "garbage is cleared with the marks still on it",
       "    clear_marks(&still);\n", "", likely="gc_edges")
mutant("clears-nothing", "no cycle is broken: all garbage leaks",
       "            object->type->clear(heap, object);\n", "", quick=True)
mutant("keeps-survivors-young", "what clearing does not kill is put among the young",
       "        if (garbage->next == link)\n            hm_gc_list_move(link, old);",
       "        if (garbage->next == link)\n            hm_gc_list_move(link, &heap->young);",
       likely="gc_edges")
mutant("counts-no-collection", "an older generation never learns that the younger was collected",
       "        state->generations[generation + 1].count++;\n", "        ;\n", quick=True)
mutant("keeps-old-counts", "a collected generation's count is not set back",
       "        state->generations[younger].count = 0;", "        ;", likely="gc_gc_module")
mutant("keeps-the-young-count", "the count of new containers is not set back: each allocation collects",
       "    heap->young_count = 0;\n", "", likely="gc_gc_module")
mutant("leaves-the-younger-out", "an older generation is collected without the younger ones",
       "        hm_gc_list_merge(state->generations[younger].objects, young);", "        ;")
mutant("promotes-never", "survivors stay in their generation",
       "        hm_gc_list_merge(young, old);\n        return old;", "        return young;", quick=True)
mutant("promotes-too-far", "survivors of the young go to the oldest at once",
       "hm_gc_link *old = state->generations[generation + 1].objects;",
       "hm_gc_link *old = state->generations[HM_GENERATIONS - 1].objects;", quick=True)
mutant("counts-no-pending", "survivors of the middle are not counted: the oldest is never due",
       "            state->long_lived_pending += hm_gc_list_length(young);", "            ;")
mutant("keeps-pending", "survivors that a full collection saw count as pending still",
       "    state->long_lived_pending = 0;\n", "", likely="gc_edges")
mutant("counts-no-long-lived", "the quarter rule spares no full collection",
       "    state->long_lived_total = hm_gc_list_length(young);",
       "    state->long_lived_total = 0;")
mutant("never-ends", "the flag of a running collection stays: nothing is collected any more",
       "    state->collecting = false;\n", "", quick=True)
mutant("collects-inside-itself", "a finalizer's or callback's collection runs inside the first",
       "    state->collecting = true;\n", "", likely="gc_gc_module")
mutant("loses-statistics", "what was collected is not added to the totals",
       "    totals->collected += did->collected;\n", "")
mutant("loses-legacy-garbage", "objects with a legacy finalizer are kept and told to nobody",
       "    did.uncollectable = hm_gc_keep_uncollectable(heap, &finalizers, old);",
       "    hm_gc_list_merge(&finalizers, old);", quick=True, likely="gc_finalization")
mutant("clears-legacy", "objects with a legacy finalizer are taken apart like others",
       "    hm_gc_set_aside_legacy(&unreachable, &finalizers);\n", "", likely="gc_finalization")
mutant("keeps-free-lists", "a full collection gives no kept memory back",
       "        hm_freelists_clear(heap);\n", "        ;\n", likely="runtime_free_lists")
mutant("untracks-no-tuples", "tuples of atoms are looked at for ever",
       "    hm_gc_untrack_atoms_only(heap, young, HM_TYPE_TUPLE);\n", "")
mutant("untracks-no-dicts", "dicts of atoms are looked at for ever",
       "    hm_gc_untrack_atoms_only(heap, young, HM_TYPE_DICT);\n", "")
mutant("finalizes-before-weakrefs", "finalizers see weak references to garbage alive",
       """    did.collected = hm_gc_handle_weakrefs(heap, &unreachable, old);
    clear_marks(&unreachable);
    finalize_garbage(heap, &unreachable);
""",
       """    finalize_garbage(heap, &unreachable);
    did.collected = hm_gc_handle_weakrefs(heap, &unreachable, old);
    clear_marks(&unreachable);
""", likely="runtime_weak_callbacks")

# When, and what lies where.
mutant = _file("gc/generational.c", "gc_generational")
mutant("is-due-one-early", "an older generation is due at its threshold, not above it",
       "count <= heap->settings.thresholds[generation]", "count < heap->settings.thresholds[generation]")
mutant("waits-for-a-half", "a full collection waits for twice as many survivors as it should",
       "state->long_lived_total / 4", "state->long_lived_total / 2", likely="gc_edges")
mutant("never-takes-the-oldest", "no collection by itself is a full one",
       "for (int generation = HM_GENERATIONS - 1; generation > 0; generation--) {",
       "for (int generation = HM_GENERATIONS - 2; generation > 0; generation--) {")
mutant("freezes-nothing", "frozen objects are collected",
       "        hm_gc_list_merge(state->generations[generation].objects, &state->permanent);\n", "",
       quick=True, likely="gc_gc_module")
mutant("thaws-to-the-young", "what was frozen comes back to the young, not to the oldest",
       "hm_gc_list_merge(&state->permanent, state->generations[HM_GENERATIONS - 1].objects);",
       "hm_gc_list_merge(&state->permanent, &heap->young);\n    HM_UNUSED(state);", likely="gc_gc_module")
mutant("freezes-the-garbage-list", "the list of uncollectable objects is frozen with the rest",
       "    put_garbage_first(state);\n    heap->young_count = 0;", "    heap->young_count = 0;",
       likely="gc_edges")
mutant("freezes-without-counting", "freezing leaves the count of new containers as it was",
       "    put_garbage_first(state);\n    heap->young_count = 0;", "    put_garbage_first(state);",
       likely="gc_edges")

mutant = _file("object/heap.c", "gc_generational")
mutant("never-reaches-a-threshold", "no collection starts by itself",
       ": settings->thresholds[0];", ": UINT32_MAX;", quick=True)

# Untracking.
mutant = _file("gc/untrack.c", "gc_generational")
mutant("untracks-tuples-of-containers", "a tuple that can be in a cycle is not looked at any more",
       "if (item == NULL || hm_may_be_tracked(item))", "if (item == NULL)", quick=True)
mutant("untracks-unfinished-tuples", "a tuple that is still being filled is not looked at any more",
       "if (item == NULL || hm_may_be_tracked(item))", "if (item != NULL && hm_may_be_tracked(item))",
       likely="gc_edges")
mutant("untracks-dicts-by-keys", "a dict with containers as values is not looked at any more",
       "if (hm_may_be_tracked(key) || hm_may_be_tracked(value))", "if (hm_may_be_tracked(key))")
mutant("untracks-dicts-by-values", "a dict with containers as keys is not looked at any more",
       "if (hm_may_be_tracked(key) || hm_may_be_tracked(value))", "if (hm_may_be_tracked(value))",
       likely="gc_edges")

# Weak references in a collection.
mutant = _file("gc/weakrefs.c", "runtime_weak_callbacks")
mutant("forgets-weakrefs", "weak references to garbage stay alive through its finalizers",
       "        kill_weakrefs_to(object, &calls);\n", "", quick=True)
mutant("calls-back-garbage", "a weak reference that is garbage itself calls back",
       "if (!hm_weakref_has_callback(weakref) || (weakref->collector_word & HM_GC_UNREACHABLE) ||",
       "if (!hm_weakref_has_callback(weakref) ||", quick=True)
mutant("calls-nobody-back", "callbacks of weak references to garbage are not called",
       "        hm_weakref_call_back(heap, weakref);\n", "")
mutant("leaves-garbage-weakrefs", "a weak reference that is garbage still refers",
       "        if (object->type->flags & HM_TYPE_WEAKREF)\n            hm_weakref_kill(object);\n", "",
       likely="gc_finalization")
mutant("counts-no-freed-weakrefs", "weak references that die by their call are not counted as collected",
       "            freed++;", "            ;", likely="gc_edges")

# Legacy finalizers.
mutant = _file("gc/legacy.c", "gc_finalization")
mutant("frees-what-legacy-reaches", "what a legacy finalizer could reach is taken apart",
       "        hm_object_traverse(hm_gc_object_of(link), move_if_unreachable, finalizers);", "        ;",
       quick=True)
mutant("leaves-legacy-marked", "uncollectable objects keep the marks of the collection",
       "    referent->collector_word &= ~HM_WORD_COLLECTOR;\n", "")
mutant("keeps-no-list-of-garbage", "the garbage list stays empty",
       "if (save_all || is_legacy(object))", "if (save_all)")

# The end of an object by its count.
mutant = _file("object/deallocate.c", "gc_finalization")
mutant("finalizes-twice", "a finalizer that a collection ran runs again when the count is zero",
       "    mark_finalized(object);\n    run_finalizer(heap, object);", "    run_finalizer(heap, object);",
       quick=True)
mutant("finalizes-twice-by-count", "an object that came back once is finalized again",
       "    run_finalizer(heap, object);\n    mark_finalized(object);", "    run_finalizer(heap, object);",
       likely="runtime_deallocation")
mutant("finalizes-never-by-count", "an object that dies by its count is not finalized",
       "    run_finalizer(heap, object);\n    mark_finalized(object);", "    mark_finalized(object);",
       likely="runtime_deallocation")
mutant("misses-resurrection-by-count", "an object that its finalizer brought back is freed",
       "    if (--object->reference_count > 0)\n        return false;",
       "    object->reference_count = 0;", likely="runtime_deallocation")
mutant("comes-back-untracked", "what a finalizer brings back is lost to the collector",
       "    hm_track(heap, object);\n", "", likely="gc_edges")
mutant("tells-no-weakref", "weak references to what died by its count stay as they are",
       "        hm_weakref_object_dies(heap, object);\n", "        ;\n", quick=True,
       likely="runtime_weakrefs")
mutant("leaves-late-weakrefs", "weak references that a finalizer made outlive their referent",
       "            hm_weakref_kill_all(object);", "            ;", likely="gc_edges")
mutant("loses-the-deferred", "of what is too deep to free at once only one is freed",
       "heap->deferred = (hm_object *)(uintptr_t)next;", "heap->deferred = NULL;",
       likely="runtime_deallocation")
mutant("forgets-the-deferred-were-finalized", "a finalized object that is deferred is finalized again",
       "(object->collector_word & HM_WORD_FINALIZED) | HM_WORD_DEFERRED |", "HM_WORD_DEFERRED |",
       likely="gc_edges")
mutant("runs-legacy-once", "a legacy finalizer runs the first time only",
       "if (!(object->type->flags & HM_TYPE_LEGACY_FINALIZER))", "if (true)",
       likely="runtime_deallocation")
mutant("clears-all-but-one-slot", "clearing leaves an object's first reference",
       "for (size_t index = 0; index < references->fixed_count; index++)",
       "for (size_t index = 1; index < references->fixed_count; index++)")

# Weak references by the count.
mutant = _file("object/weakref.c", "runtime_weakrefs")
mutant("shows-the-dying", "a weak reference gives an object whose end has begun",
       "return referent == NULL || is_dead(referent) ? NULL : referent;", "return referent;")
mutant("tears-the-chain", "the weak reference after one that goes keeps a link to it",
       "    if (weak->next != NULL)\n        weak->next->previous = weak->previous;\n", "")
mutant("drops-callbacks-twice", "a called weak reference keeps the callback it gave away",
       "        weak->taken = weak->context;\n        weak->context = NULL;",
       "        weak->taken = weak->context;", likely="runtime_weak_callbacks")
mutant("calls-nobody-back-by-count", "callbacks of weak references to what died are not called",
       "        call_back(heap, weak, callback);\n", "", likely="runtime_weak_callbacks")
mutant("shares-the-dead", "a new weak reference is one whose own end waits",
       "if (hm_is_weakproxy(&weak->base) == proxy && !is_dead(&weak->base))",
       "if (hm_is_weakproxy(&weak->base) == proxy)", likely="gc_edges")
mutant("calls-back-the-dead", "a weak reference whose own end waits calls back",
       "if (!has_callback(weak) || is_dead(&weak->base) || heap->destroying)",
       "if (!has_callback(weak) || heap->destroying)", likely="gc_edges")

# What each type shows to a collector, and what breaks its cycles.
mutant = _file("object/tuple.c", "gc_generational")
mutant("skips-tuples-items", "a tuple's items are not visited",
       ".references = {.vector_offset = offsetof(hm_tuple, items),\n", ".references = {\n", quick=True)
mutant = _file("object/list.c", "gc_generational")
mutant("skips-lists-items", "a list's items are not visited",
       ".references = {.vector_offset = offsetof(hm_list, items),\n", ".references = {\n")
mutant = _file("object/dict.c", "gc_generational")
mutant("skips-dicts-values", "a dict's values are not visited", "        visit(pair->value, context);\n", "",
       quick=True)
mutant("skips-dicts-keys", "a dict's keys are not visited", "        visit(pair->key, context);\n", "",
       likely="gc_edges")
mutant("visits-shown-values-twice", "values of an instance's attributes are visited by its dict too",
       "    if (hm_dict_shows(object) != NULL)\n        return;\n", "", likely="runtime_attributes")
mutant("clears-no-dict", "a cycle of dicts is never broken", ".clear = hm_dict_clear,", "")
mutant = _file("object/set.c", "gc_edges")
mutant("skips-a-sets-last", "the last slot of a set's table is not visited",
       "slot <= set->mask; slot++) {\n        if (holds_key(&set->table[slot]))\n            visit(",
       "slot < set->mask; slot++) {\n        if (holds_key(&set->table[slot]))\n            visit(")
mutant("clears-no-set", "a cycle through a set is never broken", ".clear = hm_set_clear,", "")
mutant = _file("object/generator.c", "runtime_generators")
mutant("skips-generators-locals", "a generator's locals are not visited",
       ".references = {.vector_offset = offsetof(hm_generator, locals),\n", ".references = {\n")
mutant = _file("object/function.c", "gc_generational")
mutant("skips-a-functions-last", "the last of a function's references is not visited",
       "offsetof(function_object, globals), .fixed_count = 2}",
       "offsetof(function_object, globals), .fixed_count = 1}", likely="gc_edges")
mutant("skips-methods-self", "a method's object is not visited",
       "offsetof(method_object, function), .fixed_count = 2}",
       "offsetof(method_object, function), .fixed_count = 1}")
mutant("skips-cells", "a cell's content is not visited",
       "offsetof(hm_cell, content), .fixed_count = 1}", "offsetof(hm_cell, content), .fixed_count = 0}",
       likely="gc_edges")
mutant = _file("object/class.c", "gc_generational")
mutant("skips-a-classs-last", "the last of a class's references is not visited",
       ".fixed_offset = offsetof(hm_class, name), .fixed_count = 3}",
       ".fixed_offset = offsetof(hm_class, name), .fixed_count = 2}")
mutant("skips-attributes", "an instance's attributes are not visited",
       "    hm_attributes_traverse(hm_attributes_of(object), &hm_class_of(object)->shared, visit, context);",
       "    ;")
mutant("forgets-the-class-among-the-values", "a class that an instance's values alone hold does not die with it",
       "    if (HM_UNLIKELY(!drop_survivors(slots, count))) {\n        class->base.reference_count++;",
       "    class->base.reference_count++;\n    bool survive = drop_survivors(slots, count);\n"
       "    class->base.reference_count -= survive;\n    if (!survive) {",
       likely="runtime_classes")

MUTANTS = tuple(_all)
