"""Which public functions of the runtime have no sweep of their own, and why.

NEVER: they ask for no memory. WITHIN: they do, and only as a part of what is swept under the name
given. A pattern must match a function that exists, and none that is swept."""

NEVER = {
    # What only looks.
    r"hm_(is\w*|str_is_interned|may_\w+|has_weak_references|id|getrefcount|getsizeof|incref|xincref)": "looks at one object",
    r"hm_(?!heap_live_|graph_retained_)\w+_(length|bytes|count|value|data|type|name|code|status|closure|globals)":
        "reads a field",
    r"hm_(class_attributes|instance_(class|slot|get|next_attribute)|method_(function|self)|cell_get"
    r"|weakref_(callback_object|get|first|following|has_callback|peek|hash|kill|kill_all|clear"
    r"|deallocate))": "reads or unlinks what is there",
    r"hm_(list|tuple)_get|hm_(dict|set)_(get|next|contains)|hm_dict_(shows|find_entry)"
    r"|hm_weak_value_dict_(get|contains)|hm_weak_(key|value)_dict_next"
    r"|hm_weakproxy_(referent|get|truth|equal)": "looks an entry up",
    r"hm_object_(hash|equal|size|traverse)|hm_key_(hash|hash_at_hand|equal)|hm_(int_hash_at_hand|digits_hash)"
    r"|hm_int_long_magnitude|hm_bool_get|hm_visit_slots(_backwards)?": "computes from what is there",
    r"hm_collectors|hm_collector_(find|parse)|hm_heap_config_default": "names and settings alone",
    r"hm_heap_(live_objects|tracked_objects|collection_counts|garbage|enumerate"
    r"|set_unraisable_hook|remove_roots|arm_collector)": "reads or sets fields of the heap",
    r"hm_gc_(enable|disable|is_enabled|set_thresholds|get_thresholds|get_counts|set_debug|get_debug"
    r"|set_debug_stream|get_stats|is_tracked|is_finalized|freeze|unfreeze|get_freeze_count"
    r"|visit_frozen|remove_callback)": "reads or sets fields, moves lists",
    r"hm_gc_(write_stats|report_\w+)": "prints: the C library's own memory alone",
    r"hm_(generational_of|gc_link_of|gc_object_of|gc_list_\w+|gc_deduce_unreachable"
    r"|gc_set_aside_legacy|gc_untrack_atoms_only)": "links in prefixes that are there",
    r"hm_fail|hm_emit(_unraisable)?|hm_object_(no_memory|tell_cascade|negative_count)": "tells, in place",
    r"hm_finalize_(is_alive|get_at_exit|set_at_exit)": "a flag",
    # What only frees. A death may run a body that asks: hm_decref's sweeps.
    r"hm_xdecref|hm_object_(deallocate|finalize|end_outermost|defer|clear_slots|force_clear)"
    r"|hm_die_(begin|end)|hm_drop_survivors|hm_deallocation_depth": "drops: see hm_decref in SWEPT",
    r"hm_(store\w*|cell_set|frame_set|generator_set|list_set|tuple_set|tell_\w+|clear_slots)":
        "stores into a slot that is there, and drops as hm_decref does",
    r"hm_(list|dict|set|weak_set)_clear|hm_list_delete|hm_(dict|instance|attributes|weakproxy)_delete"
    r"|hm_set_discard|hm_dict_pop_item|hm_weak_(key|value)_dict_pop_item|hm_weak_set_pop"
    r"|hm_weak_value_dict_(delete|pop)": "takes out; no table is made smaller by it",
    r"hm_(?!heap_destroy)\w+_(destroy|free|free_block|release|release_block|stop|unmap)|hm_freelists?_\w+"
    r"|hm_str_forget_all|hm_memory_free|hm_object_count_death": "frees",
    r"hm_(track|track_new|untrack|begin_quickly|object_begin(_again)?|dict_stays?_tracked)": "links; the"
        " ledger's growth is swept as hm_heap_create_ledger and told as unraisable (test_ledger.c)",
    r"hm_weak_(container_(clear|deallocate|commit)|iterator_(begin|end|check|entry))":
        "takes entries out or steps on",
    # Tables: their readers.
    r"hm_dict_(stop_showing|probe_begin|slot_(at|get|set)|word_(get|set)|partner_if|special"
    r"|group_match|next_group|entry_equals|pair_if|choose_empty|find_in_groups|find|choose|peek|glance_at|add|remove"
    r"|pair_hash|kind_(pair|hash)|small|is_small)|hm_small_\w+|hm_kind_width"
    r"|hm_dict_keys_(mix_again|log2_for|free_slot|place_of|str_only|pair|hash)":
        "works in a table that has room",
    r"hm_shared_names_\w+|hm_instance_share_name|hm_attributes_(init|begin|get|traverse|clear|end|next"
    r"|order|values_bytes|of)|hm_class_of(_type)?|hm_slots_of|hm_open_\w+": "works in what is there",
    r"hm_object_table_find|hm_ledger_enumerate|hm_call_frame_\w+": "works in what is there",
    # Graphs.
    r"hm_graph_(heap|count|object|find|referents|referrers|references|outside|is|weak_referent"
    r"|summarize|is_\w+|nodes_contain|no_memory|garbage_list)|hm_type_counts_of"
    r"|hm_drawing_(options_default|count|shows|neighbours|accepts)|hm_edge_\w+|hm_repr_\w+":
        "reads the map",
    r"hm_(chain|cycles|type_counts|type_growths)_print|hm_trace_(print_statistics|print_traceback"
    r"|statistic_format)": "prints: the C library's own memory alone",
    r"hm_whole_file_(open|keep|drop)": "a file, no memory",
    # The tracer.
    r"hm_trace_(clear|is_tracing|reset_peak|get_traced_memory|get_tracemalloc_memory"
    r"|get_trace_count|get_traceback_limit|entry_\w+|home|next|table_(find|add|remove))"
    r"|hm_traceback_at|hm_traceback_store_bytes|hm_tracer_(attach|detach|of_thread)"
    r"|hm_resolver_(bytes|finish)": "reads what was noted, or forgets it",
    r"hm_native_\w+|hm_trace_native_available": "libunwind's and libdw's own memory (native tracebacks)",
}

WITHIN = {
    r"hm_memory_(allocate|allocate_zeroed|resize)|hm_object_allocate(_block)?|hm_container_allocate":
        "hm_list_new",  # the way to the allocator, in every sweep
    r"hm_object_step|hm_generational_collect|hm_gc_handle_weakrefs": "hm_heap_collect",
    r"hm_dict_keys_(resize|first)": "hm_dict_set",
    r"hm_attributes_set": "hm_instance_set",
    r"hm_attributes_dict": "hm_instance_dict",
    r"hm_ledger_create": "hm_heap_create_ledger",
    r"hm_heap_free_containers": "hm_heap_destroy",
    r"hm_object_table_(create|add)": "hm_heap_check",
    r"hm_weakref_make": "hm_weakref_new",
    r"hm_weakref_(object_dies|call_back)": "hm_decref_weak_callback",
    r"hm_weak_container_new": "hm_weak_set_new",
    r"hm_weak_container_list": "hm_weak_set_list",
    r"hm_weak_container_forget(_reference)?": "hm_weak_set_next_after_death",
    r"hm_graph_flood": "hm_graph_new",
    r"hm_drawing_save_svg": "hm_drawing_write",
    r"hm_region_(allocate|text)|hm_vector_append|hm_number_map_at|hm_resolver_traceback"
    r"|hm_trace_storage_new": "hm_trace_take_snapshot",
    r"hm_trace_snapshot_copy": "hm_trace_filter_traces",
    r"hm_trace_table_(grow|reserve)": "hm_float_new_where_traces_are_full",
    r"hm_traceback_intern|hm_tracer_capture_deep": "hm_list_new",  # in the setting "traced"
}
