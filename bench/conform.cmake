# hm_conform: the parser and the interpreter of object-graph programs (docs/conform.md). The
# sub-command around it belongs to the command: heapmark_conform_sources.
add_library(hm_conform STATIC
  "${CMAKE_CURRENT_LIST_DIR}/conform/access.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/arena.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/ask_collector.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/ask_graph.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/ask_keys.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/ask_objects.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/body.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/describe.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/draw.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/equal.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/error_name.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/form.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/generator.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/label.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/machine.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/make.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/make_weak.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/members.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/parse.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/parse_definition.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/parse_operand.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/parse_shape.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/parse_statement.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/run_collector.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/run_control.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/run_objects.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/symbols.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/text.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/watch.c"
  "${CMAKE_CURRENT_LIST_DIR}/conform/words.c")
heapmark_target(hm_conform)
target_link_libraries(hm_conform PRIVATE hm_graph hm_gc hm_runtime hm_allocators hm_command hm_base)

set(heapmark_conform_sources conform/main.c)
