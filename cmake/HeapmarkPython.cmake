# Finds the Python that draws the report, because the first python3 on PATH often lacks matplotlib.
#
# Looked at, in this order: -DHEAPMARK_PYTHON, the environment's HEAPMARK_PYTHON, Debian's
# /usr/bin/python3, then every python3 on PATH. Sets
#   HEAPMARK_PYTHON_FOUND_PATH   the first that has all modules of the report; empty where none has
#   HEAPMARK_PYTHON_MISSING      what each one looked at lacks, in words
#   HEAPMARK_PYTHON_HAS_PYTEST   whether the one found can run the Python tests
# One that was asked for by name and lacks a module is an error, never passed over in silence.
include_guard(GLOBAL)

set(heapmark_python_modules matplotlib numpy scipy pandas seaborn statsmodels jinja2 jsonschema)
set(heapmark_python_packages
  python3-matplotlib python3-numpy python3-scipy python3-pandas python3-seaborn
  python3-statsmodels python3-jinja2 python3-jsonschema)

# Sets `result` to the modules that `python` lacks, separated by spaces; "it does not run" where it
# is no Python.
function(heapmark_python_lacks python modules result)
  string(REPLACE ";" "', '" quoted "${modules}")
  execute_process(
    COMMAND "${python}" -c
      "import importlib.util as u; print(' '.join(n for n in ['${quoted}'] if u.find_spec(n) is None))"
    OUTPUT_VARIABLE missing ERROR_QUIET RESULT_VARIABLE status OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT status EQUAL 0)
    set(missing "it does not run")
  endif()
  set(${result} "${missing}" PARENT_SCOPE)
endfunction()

function(heapmark_find_python)
  set(asked "${HEAPMARK_PYTHON}")
  if(NOT asked)
    set(asked "$ENV{HEAPMARK_PYTHON}")
  endif()
  if(asked)
    set(candidates "${asked}")
  else()
    set(candidates /usr/bin/python3)
    string(REPLACE ":" ";" folders "$ENV{PATH}")
    foreach(folder IN LISTS folders)
      if(EXISTS "${folder}/python3")
        list(APPEND candidates "${folder}/python3")
      endif()
    endforeach()
    list(REMOVE_DUPLICATES candidates)
  endif()

  set(found "")
  set(lacking "")
  foreach(candidate IN LISTS candidates)
    heapmark_python_lacks("${candidate}" "${heapmark_python_modules}" missing)
    if(missing STREQUAL "")
      set(found "${candidate}")
      break()
    endif()
    string(APPEND lacking "  ${candidate}: ${missing}\n")
  endforeach()

  set(has_pytest FALSE)
  if(found)
    heapmark_python_lacks("${found}" "pytest" missing)
    if(missing STREQUAL "")
      set(has_pytest TRUE)
    endif()
  endif()
  set(HEAPMARK_PYTHON_FOUND_PATH "${found}" CACHE INTERNAL "The Python that draws the report.")
  string(STRIP "${lacking}" lacking_in_a_line)
  string(REPLACE "\n" "; " lacking_in_a_line "${lacking_in_a_line}")
  set(HEAPMARK_PYTHON_MISSING "${lacking_in_a_line}" CACHE INTERNAL "Which Python lacks which modules.")
  set(HEAPMARK_PYTHON_HAS_PYTEST ${has_pytest} CACHE INTERNAL "Whether it can run the tests.")

  list(JOIN heapmark_python_packages " " packages)
  if(found)
    message(STATUS "Python for the report: ${found}")
  elseif(asked)
    message(FATAL_ERROR "HEAPMARK_PYTHON=${asked} cannot draw the report; missing:\n${lacking}"
      "Name another, or install on Debian: ${packages}")
  else()
    message(WARNING "No Python here can draw the report; missing modules:\n${lacking}"
      "Name one with -DHEAPMARK_PYTHON=PATH, or install on Debian: ${packages}")
  endif()
endfunction()

heapmark_find_python()
