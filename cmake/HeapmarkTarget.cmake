# heapmark_target(NAME): what all of our targets share: include roots, warnings, sanitizers.
#
# Include roots are the project's root ("allocators/allocator.h", "workloads/workload.h",
# "bench/gbench.h") and src/ ("base/status.h", "object/list.h", "gc/collectors.h").
#
# Functions begin at a processor's window of fetching, so that what a short one costs does not hang on
# the length of those in front of it (docs/pool.md, Tried: up to 14 %).
add_library(heapmark_settings INTERFACE)
target_include_directories(heapmark_settings INTERFACE
  "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/src")
target_compile_definitions(heapmark_settings INTERFACE _GNU_SOURCE)
target_compile_options(heapmark_settings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes -Wmissing-prototypes>
  $<$<BOOL:${HEAPMARK_WERROR}>:-Werror>
  -fno-omit-frame-pointer
  -falign-functions=32)

if(HEAPMARK_COLLECT_ALWAYS)
  target_compile_definitions(heapmark_settings INTERFACE HM_COLLECT_ALWAYS=1)
endif()

if(HEAPMARK_SANITIZE)
  target_compile_options(heapmark_settings INTERFACE
    -fsanitize=${HEAPMARK_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(heapmark_settings INTERFACE -fsanitize=${HEAPMARK_SANITIZE})
  target_compile_definitions(heapmark_settings INTERFACE HM_SANITIZED="${HEAPMARK_SANITIZE}")
endif()

foreach(mode IN ITEMS FUZZ COVERAGE)
  if(HEAPMARK_${mode} AND NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "HEAPMARK_${mode} needs clang: configure with -DCMAKE_C_COMPILER=clang "
      "-DCMAKE_CXX_COMPILER=clang++, or by a preset of that name.")
  endif()
endforeach()
# Comparisons are not traced: that took up to two thirds of the time, and texts that matter are found by
# the dictionaries and by what libFuzzer sees of strcmp and memcmp.
if(HEAPMARK_FUZZ)
  target_compile_options(heapmark_settings INTERFACE
    -O2 -fsanitize=fuzzer-no-link -fno-sanitize-coverage=trace-cmp)
endif()
# Counters lie in a file that all processes of a program share (%c, one file a program: %m), so that
# those that are killed or leave by _exit are counted too.
if(HEAPMARK_COVERAGE)
  set(heapmark_profile "-fprofile-instr-generate=${CMAKE_BINARY_DIR}/profiles/%m%c.profraw")
  target_compile_options(heapmark_settings INTERFACE
    "${heapmark_profile}" -fcoverage-mapping "SHELL:-mllvm -runtime-counter-relocation")
  target_link_options(heapmark_settings INTERFACE "${heapmark_profile}")
endif()

function(heapmark_target name)
  target_link_libraries(${name} PRIVATE heapmark_settings)
  set_target_properties(${name} PROPERTIES C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden)
endfunction()

# heapmark_inline_twin(NAME): the library NAME once more as NAME_inline, with the pool's fast paths
# compiled into it (allocators/call.h): what heapmark-inline is linked from. Call it last.
function(heapmark_inline_twin name)
  get_target_property(sources ${name} SOURCES)
  get_target_property(options ${name} COMPILE_OPTIONS)
  add_library(${name}_inline STATIC ${sources})
  heapmark_target(${name}_inline)
  target_compile_definitions(${name}_inline PRIVATE HM_INLINE_POOL=1)
  if(options)
    target_compile_options(${name}_inline PRIVATE ${options})
  endif()
  target_link_libraries(${name}_inline PRIVATE hm_base)
endfunction()
