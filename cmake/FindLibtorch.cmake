# Finds a libtorch and defines libtorch::cpu (libtorch_cpu and libc10 alone: no CUDA toolkit needed).
#
# Looks, in this order, into LVTINO_TORCH_DIR (cache or environment), the project's .deps, an installed
# Python torch, and CMAKE_PREFIX_PATH. torch's own TorchConfig.cmake is not used: taken from a CUDA
# wheel it insists on a CUDA toolkit even for a CPU program.
if(TARGET libtorch::cpu)
  set(Libtorch_FOUND TRUE)
  return()
endif()

set(_hints ${LVTINO_TORCH_DIR} $ENV{LVTINO_TORCH_DIR} ${CMAKE_CURRENT_LIST_DIR}/../.deps/libtorch/torch)
find_path(Libtorch_INCLUDE_DIR ATen/ATen.h HINTS ${_hints} PATH_SUFFIXES include NO_DEFAULT_PATH)
if(NOT Libtorch_INCLUDE_DIR)
  find_program(_python NAMES python3 python)
  if(_python)
    execute_process(COMMAND ${_python} -c "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0])"
                    OUTPUT_VARIABLE _python_torch OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  find_path(Libtorch_INCLUDE_DIR ATen/ATen.h HINTS ${_python_torch} PATH_SUFFIXES include)
endif()
get_filename_component(_root "${Libtorch_INCLUDE_DIR}" DIRECTORY)
find_library(Libtorch_CPU_LIBRARY torch_cpu HINTS ${_root}/lib)
find_library(Libtorch_C10_LIBRARY c10 HINTS ${_root}/lib)
foreach(_file torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
  if(EXISTS ${Libtorch_INCLUDE_DIR}/${_file} AND NOT Libtorch_VERSION)
    foreach(_part MAJOR MINOR PATCH)
      file(STRINGS ${Libtorch_INCLUDE_DIR}/${_file} _line REGEX "define TORCH_VERSION_${_part} ")
      string(REGEX MATCH "[0-9]+" _${_part} "${_line}")
    endforeach()
    if(_MAJOR)
      set(Libtorch_VERSION ${_MAJOR}.${_MINOR}.${_PATCH})
    endif()
  endif()
endforeach()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Libtorch
  REQUIRED_VARS Libtorch_CPU_LIBRARY Libtorch_C10_LIBRARY Libtorch_INCLUDE_DIR
  VERSION_VAR Libtorch_VERSION
  REASON_FAILURE_MESSAGE "run ./bootstrap.sh, or give -DLVTINO_TORCH_DIR=<folder with include/ and lib/>")

if(Libtorch_FOUND)
  set(_cuda_runtime ${_root}/../nvidia/cu13/lib)  # of the slim wheel: libcudart and libcupti
  add_library(libtorch::cpu INTERFACE IMPORTED)
  set_target_properties(libtorch::cpu PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${Libtorch_INCLUDE_DIR};${Libtorch_INCLUDE_DIR}/torch/csrc/api/include"
    INTERFACE_LINK_LIBRARIES "${Libtorch_CPU_LIBRARY};${Libtorch_C10_LIBRARY}"
    INTERFACE_LINK_OPTIONS "-Wl,--disable-new-dtags,-rpath,${_root}/lib;-Wl,-rpath-link,${_cuda_runtime};-Wl,--allow-shlib-undefined")
endif()
mark_as_advanced(Libtorch_INCLUDE_DIR Libtorch_CPU_LIBRARY Libtorch_C10_LIBRARY)
