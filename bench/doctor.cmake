# heapmark doctor: hm_doctor is its checks, which tests link; what only the command knows
# (heapmark_doctor_sources) finds the report's Python.
add_library(hm_doctor STATIC
  "${CMAKE_CURRENT_LIST_DIR}/doctor/cgroup.c"
  "${CMAKE_CURRENT_LIST_DIR}/doctor/cpu.c"
  "${CMAKE_CURRENT_LIST_DIR}/doctor/doctor.c"
  "${CMAKE_CURRENT_LIST_DIR}/doctor/host.c"
  "${CMAKE_CURRENT_LIST_DIR}/doctor/load.c"
  "${CMAKE_CURRENT_LIST_DIR}/doctor/memory.c"
  "${CMAKE_CURRENT_LIST_DIR}/doctor/software.c")
heapmark_target(hm_doctor)
target_link_libraries(hm_doctor PRIVATE hm_measure hm_allocators hm_base)

set(heapmark_doctor_sources
  doctor.c
  doctor/view.c)
