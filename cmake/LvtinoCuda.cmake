# The kernels of lvtino/device: lvtino::device_kernels, and lvtino::device, what stands on them.
# LVTINO_CUDA: AUTO (if nvcc is found), ON, OFF. The result is LVTINO_HAS_CUDA.

set(LVTINO_CUDA AUTO CACHE STRING "CUDA kernels: AUTO, ON or OFF")
set_property(CACHE LVTINO_CUDA PROPERTY STRINGS AUTO ON OFF)
set(LVTINO_HAS_CUDA OFF)
if(LVTINO_CUDA STREQUAL "AUTO")
  include(CheckLanguage)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    set(LVTINO_HAS_CUDA ON)
  endif()
elseif(LVTINO_CUDA)
  set(LVTINO_HAS_CUDA ON)
endif()
if(NOT LVTINO_HAS_CUDA)
  message(STATUS "CUDA kernels: not built (LVTINO_CUDA=${LVTINO_CUDA})")
  return()
endif()

# Machine code for 8.0 and 9.0, and PTX that the driver compiles for what comes later.
if(NOT CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 80-real 90)
endif()
enable_language(CUDA)
find_package(CUDAToolkit REQUIRED)
if(NOT DEFINED CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # some CMakes do not know it of newer nvccs
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
  set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
endif()
message(STATUS "CUDA kernels: ${CMAKE_CUDA_COMPILER_VERSION} for ${CMAKE_CUDA_ARCHITECTURES}")

function(lvtino_device_kernels)
  file(GLOB sources CONFIGURE_DEPENDS lvtino/device/*.cu)
  add_library(lvtino_device_kernels STATIC ${sources})
  add_library(lvtino::device_kernels ALIAS lvtino_device_kernels)
  set_target_properties(lvtino_device_kernels PROPERTIES EXPORT_NAME device_kernels CUDA_STANDARD 20)
  target_include_directories(lvtino_device_kernels PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_options(lvtino_device_kernels PRIVATE
    $<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr -Xcompiler=-Wall,-Wextra>)
  # The static runtime by its file: an installed package then needs no CUDA language to be linked.
  get_target_property(runtime CUDA::cudart_static IMPORTED_LOCATION)
  set_target_properties(lvtino_device_kernels PROPERTIES CUDA_RUNTIME_LIBRARY None)
  target_link_libraries(lvtino_device_kernels PUBLIC ${runtime} Threads::Threads ${CMAKE_DL_LIBS} rt)
  install(TARGETS lvtino_device_kernels EXPORT lvtino-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
endfunction()
