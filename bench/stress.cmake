# heapmark stress: hm_stress is the programs and the model they are held against, which tests/shadow
# links too; heapmark_stress_sources is what starts them for a back end and tells what was found.
find_package(Threads REQUIRED)
add_library(hm_stress STATIC
  "${CMAKE_CURRENT_LIST_DIR}/stress/account.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/alone.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/calls.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/crash.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/crew.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/defect.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/forked.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/granules.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/manners.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/model.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/objects/operation.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/operation.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/pace.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/record.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/retention.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/shrink.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/trial.c")
heapmark_target(hm_stress)
target_link_libraries(hm_stress PRIVATE
  hm_measure hm_allocators hm_base Threads::Threads ${CMAKE_DL_LIBS})

# Programs of the object runtime: a library too, for tests of the checks themselves.
add_library(hm_stress_objects STATIC
  "${CMAKE_CURRENT_LIST_DIR}/stress/objects/change.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/objects/check.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/objects/code.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/objects/collect.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/objects/contents.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/objects/ledger.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/objects/life.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/objects/make.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/objects/model.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/objects/run.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/objects/settle.c"
  "${CMAKE_CURRENT_LIST_DIR}/stress/objects/weak.c")
heapmark_target(hm_stress_objects)
target_link_libraries(hm_stress_objects PRIVATE
  hm_stress hm_gc hm_runtime hm_allocators hm_base Threads::Threads)

set(heapmark_stress_sources
  stress/area.c
  stress/campaign.c
  stress/child.c
  stress/findings.c
  stress/main.c
  stress/options.c
  stress/report.c
  stress/report_json.c)
