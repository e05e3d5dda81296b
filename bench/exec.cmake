# heapmark exec: the user's own program under each allocator. heapmark_exec_sources belong to the
# command; hm_exec is its parts that tests link; libheapmark_witness.so goes into the user's program.

# Not a heapmark_target: no sanitizer may be loaded into a foreign program with it.
add_library(heapmark_witness SHARED "${CMAKE_CURRENT_LIST_DIR}/exec/witness.c")
target_compile_definitions(heapmark_witness PRIVATE _GNU_SOURCE)
target_compile_options(heapmark_witness PRIVATE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
  $<$<BOOL:${HEAPMARK_WERROR}>:-Werror>)
set_target_properties(heapmark_witness PROPERTIES C_VISIBILITY_PRESET hidden)
target_link_libraries(heapmark_witness PRIVATE ${CMAKE_DL_LIBS})

add_library(hm_exec STATIC
  "${CMAKE_CURRENT_LIST_DIR}/exec/judge.c"
  "${CMAKE_CURRENT_LIST_DIR}/exec/output.c"
  "${CMAKE_CURRENT_LIST_DIR}/exec/program.c"
  "${CMAKE_CURRENT_LIST_DIR}/exec/testimony.c"
  "${CMAKE_CURRENT_LIST_DIR}/exec/tree.c"
  "${CMAKE_CURRENT_LIST_DIR}/exec/variant.c")
heapmark_target(hm_exec)
target_compile_definitions(hm_exec PRIVATE
  HM_WITNESS_BUILD_DIR="$<TARGET_FILE_DIR:heapmark_witness>")
find_package(PkgConfig REQUIRED)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
target_link_libraries(hm_exec PRIVATE
  hm_measure hm_allocators hm_command hm_base PkgConfig::JANSSON)

set(heapmark_exec_sources
  exec/environment.c
  exec/main.c
  exec/options.c
  exec/process.c
  exec/record.c
  exec/start.c
  exec/table.c)
