# hm_sample: one sample of one cell, and what it shares with the driver: cells, the metrics table.
find_package(PkgConfig REQUIRED)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)

add_library(hm_sample STATIC
  "${CMAKE_CURRENT_LIST_DIR}/cell.c"
  "${CMAKE_CURRENT_LIST_DIR}/crew.c"
  "${CMAKE_CURRENT_LIST_DIR}/disturbance.c"
  "${CMAKE_CURRENT_LIST_DIR}/metrics.c"
  "${CMAKE_CURRENT_LIST_DIR}/reference_build.c"
  "${CMAKE_CURRENT_LIST_DIR}/reference_list.c"
  "${CMAKE_CURRENT_LIST_DIR}/reference_python.c"
  "${CMAKE_CURRENT_LIST_DIR}/runtime_host.c"
  "${CMAKE_CURRENT_LIST_DIR}/sample.c"
  "${CMAKE_CURRENT_LIST_DIR}/sample_account.c"
  "${CMAKE_CURRENT_LIST_DIR}/sample_account_classes.c"
  "${CMAKE_CURRENT_LIST_DIR}/sample_account_record.c"
  "${CMAKE_CURRENT_LIST_DIR}/sample_account_room.c"
  "${CMAKE_CURRENT_LIST_DIR}/sample_calibrate.c"
  "${CMAKE_CURRENT_LIST_DIR}/sample_calls.c"
  "${CMAKE_CURRENT_LIST_DIR}/sample_environment.c"
  "${CMAKE_CURRENT_LIST_DIR}/sample_events.c"
  "${CMAKE_CURRENT_LIST_DIR}/sample_latency.c"
  "${CMAKE_CURRENT_LIST_DIR}/sample_main.c"
  "${CMAKE_CURRENT_LIST_DIR}/sample_memory.c"
  "${CMAKE_CURRENT_LIST_DIR}/sample_metrics.c"
  "${CMAKE_CURRENT_LIST_DIR}/sample_metrics_latency.c"
  "${CMAKE_CURRENT_LIST_DIR}/sample_metrics_memory.c"
  "${CMAKE_CURRENT_LIST_DIR}/sample_phases.c"
  "${CMAKE_CURRENT_LIST_DIR}/sample_record.c"
  "${CMAKE_CURRENT_LIST_DIR}/sample_record_latency.c"
  "${CMAKE_CURRENT_LIST_DIR}/sample_release.c"
  "${CMAKE_CURRENT_LIST_DIR}/sample_time.c"
  "${CMAKE_CURRENT_LIST_DIR}/size_data.c")
heapmark_target(hm_sample)
target_link_libraries(hm_sample PRIVATE
  hm_workloads hm_measure hm_gbench hm_gc hm_runtime hm_allocators hm_base PkgConfig::JANSSON)

# Where the extension for a python of --reference is built from, with what, and what it is linked to.
string(TOUPPER "${CMAKE_BUILD_TYPE}" reference_build_type)
string(STRIP "${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${reference_build_type}}" reference_flags)
set_source_files_properties("${CMAKE_CURRENT_LIST_DIR}/reference_build.c" PROPERTIES
  COMPILE_DEFINITIONS
  "HM_SOURCE_DIR=\"${PROJECT_SOURCE_DIR}\";HM_REFERENCE_BUILD_DIR=\"${PROJECT_BINARY_DIR}\";HM_REFERENCE_FLAGS=\"${reference_flags}\"")
