# hm_timeline: the parts of a timeline, each in a process of its own. What drives them belongs to
# the command: heapmark_timeline_sources.
add_library(hm_timeline STATIC
  "${CMAKE_CURRENT_LIST_DIR}/timeline/axis.c"
  "${CMAKE_CURRENT_LIST_DIR}/timeline/curves.c"
  "${CMAKE_CURRENT_LIST_DIR}/timeline/phases.c"
  "${CMAKE_CURRENT_LIST_DIR}/timeline/record.c"
  "${CMAKE_CURRENT_LIST_DIR}/timeline/run.c"
  "${CMAKE_CURRENT_LIST_DIR}/timeline/sampler.c"
  "${CMAKE_CURRENT_LIST_DIR}/timeline/series.c"
  "${CMAKE_CURRENT_LIST_DIR}/timeline/sites.c"
  "${CMAKE_CURRENT_LIST_DIR}/timeline/tally.c"
  "${CMAKE_CURRENT_LIST_DIR}/timeline/walk.c")
heapmark_target(hm_timeline)
target_compile_definitions(hm_timeline PRIVATE HM_SOURCE_FOLDER="${PROJECT_SOURCE_DIR}")
target_link_libraries(hm_timeline PRIVATE
  hm_sample hm_workloads hm_measure hm_trace hm_gc hm_runtime hm_allocators hm_command hm_base
  PkgConfig::JANSSON)

set(heapmark_timeline_sources
  timeline/document.c
  timeline/main.c
  timeline/options.c
  timeline/table.c)
set_source_files_properties(timeline/document.c PROPERTIES COMPILE_DEFINITIONS
  "HM_SOURCE_FOLDER=\"${PROJECT_SOURCE_DIR}\"")
