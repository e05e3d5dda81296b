# Writes OUTPUT, a header with the commit of the tree in SOURCE; run at every build, it touches the
# header only where something changed.
execute_process(COMMAND git rev-parse HEAD WORKING_DIRECTORY "${SOURCE}"
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit "")
endif()
execute_process(COMMAND git status --porcelain --untracked-files=normal
  WORKING_DIRECTORY "${SOURCE}" OUTPUT_VARIABLE changes ERROR_QUIET)
set(dirty 0)
if(changes)
  set(dirty 1)
endif()
set(text "#define HM_GIT_COMMIT \"${commit}\"\n#define HM_GIT_DIRTY ${dirty}\n")
set(before "")
if(EXISTS "${OUTPUT}")
  file(READ "${OUTPUT}" before)
endif()
if(NOT before STREQUAL text)
  file(WRITE "${OUTPUT}" "${text}")
endif()
