# hm_gbench: Google Benchmark for C (bench/gbench.h), the only C++ of the project. It needs nothing
# else of the project, so that another one can include() this file and link the target.
find_package(benchmark REQUIRED)
find_package(Threads REQUIRED)

add_library(hm_gbench STATIC
  "${CMAKE_CURRENT_LIST_DIR}/gbench.cc"
  "${CMAKE_CURRENT_LIST_DIR}/gbench.h")
target_compile_features(hm_gbench PUBLIC c_std_11 PRIVATE cxx_std_17)
target_compile_definitions(hm_gbench PRIVATE
  HM_GBENCH_LIBRARY_VERSION="${benchmark_VERSION}")
# The root, for "bench/gbench.h". The folder itself would put its other headers in the way of the
# system's of the same name.
target_include_directories(hm_gbench PUBLIC "${CMAKE_CURRENT_LIST_DIR}/..")
# PRIVATE all the same links an executable of C with the C++ runtime: CMake knows from gbench.cc.
target_link_libraries(hm_gbench PRIVATE benchmark::benchmark Threads::Threads)
if(COMMAND heapmark_target)
  heapmark_target(hm_gbench)
endif()
