# Compiles optimizer.c with -O2 and looks which of its constants are in the assembly.
execute_process(
  COMMAND "${COMPILER}" -std=c11 -O2 -S "-I${ROOT}" -o - "${SOURCE}"
  OUTPUT_VARIABLE assembly RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${SOURCE} does not compile")
endif()
foreach(number 1 2 3 4)
  if(NOT assembly MATCHES "7700000${number}")
    message(SEND_ERROR "7700000${number} was optimized away")
  endif()
  if(assembly MATCHES "8800000${number}")
    message(SEND_ERROR "8800000${number} is there, so its counterpart proves nothing")
  endif()
endforeach()
