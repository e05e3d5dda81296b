# Every build option of the project, each with a sentence. All begin with HEAPMARK_.
include(CMakeDependentOption)

option(HEAPMARK_WERROR "Treat compiler warnings as errors, as CI does." OFF)
option(HEAPMARK_TESTS "Build the unit tests and register all tests with CTest." ON)
option(HEAPMARK_TRACE "Let heaps be traced (src/trace/); off compiles the hooks and sites away." ON)
option(HEAPMARK_COLLECT_ALWAYS
       "Collect at every allocation of a container, wherever collection is automatic: a stress test." OFF)
option(HEAPMARK_VALGRIND "Register the C tests under valgrind's memcheck (docs/reliability.md)." OFF)
option(HEAPMARK_FUZZ "Build the fuzz targets with libFuzzer (clang only; docs/fuzzing.md), not only their replay." OFF)
option(HEAPMARK_COVERAGE "Build with clang's source-based coverage, for script/coverage." OFF)
set(HEAPMARK_SANITIZE "" CACHE STRING
    "Sanitizers to build with, as -fsanitize= takes them: address,undefined or thread; empty for none.")
set(HEAPMARK_PYTHON "" CACHE STRING
    "The python3 that has matplotlib, pandas, scipy and Jinja2; empty: look for one, Debian's own first.")

set_property(CACHE HEAPMARK_SANITIZE PROPERTY STRINGS "" "address,undefined" "thread")

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "The kind of build: Release or Debug." FORCE)
endif()

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# The command and libheapmark_pool.so lie at the top of the build folder, so that
# build/release/heapmark finds its pool beside itself.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}")

# Asserts follow HM_DEBUG (base/check.h), not NDEBUG, so that one build type means one thing.
set(CMAKE_C_FLAGS_RELEASE "-O2 -g -DNDEBUG" CACHE STRING "Flags of the Release build." FORCE)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g -DNDEBUG" CACHE STRING "Flags of the Release build." FORCE)
set(CMAKE_C_FLAGS_DEBUG "-O1 -g -DHM_DEBUG=1" CACHE STRING "Flags of the Debug build." FORCE)
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g -DHM_DEBUG=1" CACHE STRING "Flags of the Debug build." FORCE)
