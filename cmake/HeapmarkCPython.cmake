# Finds real CPythons to compare the runtime with (docs/conform.md): one of each minor version from 3.11 to
# 3.13.
#
# Looked at, in this order: -DHEAPMARK_CPYTHON (a list), the environment's HEAPMARK_CPYTHON (with :
# between), python3.13 to python3.11 and python3 on PATH, and what pyenv has installed. Sets
#   HEAPMARK_CPYTHONS          the paths found, the newest version first
#   HEAPMARK_CPYTHON_VERSIONS  their versions, "3.13" and so on, in the same order
# One that was asked for by name and does not do is an error, never passed over in silence.
include_guard(GLOBAL)

set(HEAPMARK_CPYTHON "" CACHE STRING
    "The CPythons (3.11 to 3.13) to compare the runtime with, as a list of paths; empty: look for some.")

# Sets `result` to "3.13" and the like where `python` is a usable CPython, else to "".
function(heapmark_cpython_version python result)
  execute_process(
    COMMAND "${python}" -c
      "import sys; v = sys.version_info; print('%d.%d' % v[:2] if sys.implementation.name == 'cpython' and (3, 11) <= v[:2] <= (3, 13) else '')"
    OUTPUT_VARIABLE version ERROR_QUIET RESULT_VARIABLE status OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT status EQUAL 0)
    set(version "")
  endif()
  set(${result} "${version}" PARENT_SCOPE)
endfunction()

function(heapmark_find_cpythons)
  set(asked "${HEAPMARK_CPYTHON}")
  if(NOT asked)
    string(REPLACE ":" ";" asked "$ENV{HEAPMARK_CPYTHON}")
  endif()
  set(candidates "${asked}")
  if(NOT asked)
    foreach(name IN ITEMS python3.13 python3.12 python3.11 python3)
      find_program(heapmark_found_${name} ${name} NO_CACHE)
      if(heapmark_found_${name})
        list(APPEND candidates "${heapmark_found_${name}}")
      endif()
    endforeach()
    set(pyenv "$ENV{PYENV_ROOT}")
    if(NOT pyenv)
      set(pyenv "$ENV{HOME}/.pyenv")
    endif()
    file(GLOB installed "${pyenv}/versions/3.1[1-3].*/bin/python")
    list(APPEND candidates ${installed} /usr/bin/python3)
  endif()
  foreach(candidate IN LISTS candidates)
    heapmark_cpython_version("${candidate}" version)
    if(version AND NOT DEFINED path_${version})
      set(path_${version} "${candidate}")
    elseif(asked AND NOT version)
      message(FATAL_ERROR "HEAPMARK_CPYTHON: '${candidate}' is no CPython 3.11 to 3.13.")
    endif()
  endforeach()
  set(paths "")
  set(versions "")
  foreach(version IN ITEMS 3.13 3.12 3.11)
    if(DEFINED path_${version})
      list(APPEND paths "${path_${version}}")
      list(APPEND versions "${version}")
    endif()
  endforeach()
  set(HEAPMARK_CPYTHONS "${paths}" PARENT_SCOPE)
  set(HEAPMARK_CPYTHON_VERSIONS "${versions}" PARENT_SCOPE)
endfunction()

heapmark_find_cpythons()
