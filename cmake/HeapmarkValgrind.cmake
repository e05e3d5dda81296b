# The build whose C tests run under valgrind's memcheck (HEAPMARK_VALGRIND, preset memcheck): reads of
# what nobody wrote, accesses beside blocks, and blocks that nothing refers to any more are failures.
# What is suppressed is in tests/valgrind.supp, what cannot run so in the list below, each with its
# reason; docs/reliability.md tells of both.
set(heapmark_runner "")  # what a C test is started by
set(heapmark_patience 1) # how many times as long a test may take
set(heapmark_not_under_valgrind "")

# heapmark_native(TEST PROGRAM): gives the label `native` to a test that is a C program of this build,
# begun by heapmark_runner: what ThreadSanitizer's and valgrind's builds are for. The target
# heapmark_native_tests builds all such programs.
add_custom_target(heapmark_native_tests)
function(heapmark_native test program)
  add_dependencies(heapmark_native_tests ${program})
  if(NOT test IN_LIST heapmark_not_under_valgrind)
    set_property(TEST ${test} APPEND PROPERTY LABELS native)
  endif()
endfunction()

# Tests, and nothing else, see HM_SLOW_TOOL, where loops are to be shorter, and HM_VALGRIND.
if(HEAPMARK_SANITIZE MATCHES "thread")
  set(heapmark_patience 4)
  add_compile_definitions(HM_SLOW_TOOL=1)
endif()
if(NOT HEAPMARK_VALGRIND)
  return()
endif()
if(HEAPMARK_SANITIZE)
  message(FATAL_ERROR "HEAPMARK_VALGRIND and HEAPMARK_SANITIZE exclude each other.")
endif()
find_program(heapmark_valgrind valgrind NO_CACHE REQUIRED)
set(heapmark_runner "${heapmark_valgrind}" --quiet --error-exitcode=99 --leak-check=full
  --show-leak-kinds=definite --errors-for-leak-kinds=definite --num-callers=24
  "--suppressions=${PROJECT_SOURCE_DIR}/tests/valgrind.supp")
set(heapmark_patience 10)
add_compile_definitions(HM_VALGRIND=1 HM_SLOW_TOOL=1)

# mremap as memcheck should see it: in the library that all that call it are linked with.
find_path(heapmark_memcheck_header valgrind/memcheck.h NO_CACHE REQUIRED)
target_sources(hm_base PRIVATE "${PROJECT_SOURCE_DIR}/tests/valgrind_mremap.c")

# heapmark_leave_out(TEST REASON)
macro(heapmark_leave_out test reason)
  list(APPEND heapmark_not_under_valgrind "${test}")
  message(STATUS "Left out under valgrind: ${test} (${reason})")
endmacro()
heapmark_leave_out(allocators.bind_foreign "foreign allocators, and fixtures that crash or hang")
heapmark_leave_out(graph.memory "it limits the address space, in which valgrind lives too")
