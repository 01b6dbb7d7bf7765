# One static library a folder, one test program a folder, programs, install rules.
# Sources are found by name, so that a new operator or solver needs no line here:
#   x.cpp           library code, precompiled header
#   x_kernels.cpp   plain pointers and loops; compiled for this CPU, without the header
#   x_test.cpp      Boost.Test suite `x`, one ctest entry

set(LVTINO_WARNINGS -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers -Winvalid-pch -Werror=invalid-pch)
if(LVTINO_SANITIZE)
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fsanitize=address,undefined>
                      $<$<COMPILE_LANGUAGE:CXX>:-fno-omit-frame-pointer>
                      $<$<COMPILE_LANGUAGE:CXX>:-fno-sanitize-recover=undefined>)
  add_link_options(-fsanitize=address,undefined)
endif()
if(LVTINO_FUZZERS)
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fsanitize=fuzzer-no-link>)
  add_compile_definitions(FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION)  # check sums pass
endif()
if(LVTINO_COVERAGE)  # of operators and solvers alone, see lvtino_component
  add_link_options(--coverage)
endif()

set(LVTINO_KERNEL_FLAGS -O3 -fno-math-errno -fno-trapping-math -fno-signed-zeros -ffp-contract=fast)
if(LVTINO_CPU)
  list(APPEND LVTINO_KERNEL_FLAGS -march=${LVTINO_CPU})
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_FLAGS -march=${LVTINO_CPU})
  check_cxx_source_compiles("#ifndef __AVX512F__\n#error\n#endif\nint main() {}" LVTINO_HAS_AVX512)
  unset(CMAKE_REQUIRED_FLAGS)
  if(LVTINO_HAS_AVX512)
    list(APPEND LVTINO_KERNEL_FLAGS -mprefer-vector-width=512)
  endif()
endif()

# Optional libraries reach the code as LVTINO_HAS_*; each is used behind one .cpp.
set(LVTINO_OPTIONAL_LIBRARIES "")
set(LVTINO_OPTIONAL_DEFINITIONS "")
if(PNG_FOUND)
  list(APPEND LVTINO_OPTIONAL_LIBRARIES PNG::PNG)
  list(APPEND LVTINO_OPTIONAL_DEFINITIONS LVTINO_HAS_PNG)
endif()
if(JPEG_FOUND)
  list(APPEND LVTINO_OPTIONAL_LIBRARIES JPEG::JPEG)
  list(APPEND LVTINO_OPTIONAL_DEFINITIONS LVTINO_HAS_JPEG)
endif()
if(FFMPEG_FOUND)
  list(APPEND LVTINO_OPTIONAL_LIBRARIES PkgConfig::FFMPEG)
  list(APPEND LVTINO_OPTIONAL_DEFINITIONS LVTINO_HAS_FFMPEG)
endif()

define_property(GLOBAL PROPERTY LVTINO_COMPONENTS)

function(lvtino_component name folder)
  cmake_parse_arguments(ARG "" "" "DEPENDS;PRIVATE" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$|_main\\.cpp$")
  file(GLOB kernels CONFIGURE_DEPENDS ${folder}/*_kernels.cpp)
  if(NOT sources)  # a folder without code yet
    add_library(lvtino_${name} INTERFACE)
    target_link_libraries(lvtino_${name} INTERFACE ${ARG_DEPENDS})
    add_library(lvtino::${name} ALIAS lvtino_${name})
    set_target_properties(lvtino_${name} PROPERTIES EXPORT_NAME ${name})
    install(TARGETS lvtino_${name} EXPORT lvtino-targets)
    return()
  endif()
  add_library(lvtino_${name} STATIC ${sources})
  add_library(lvtino::${name} ALIAS lvtino_${name})
  set_target_properties(lvtino_${name} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(lvtino_${name} PUBLIC cxx_std_20)
  target_include_directories(lvtino_${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                                                   $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/lvtino_toolkit>)
  target_link_libraries(lvtino_${name} PUBLIC ${ARG_DEPENDS})
  foreach(library IN LISTS ARG_PRIVATE)
    target_link_libraries(lvtino_${name} PRIVATE $<BUILD_INTERFACE:${library}>)
  endforeach()
  target_compile_options(lvtino_${name} PRIVATE ${LVTINO_WARNINGS})
  target_compile_definitions(lvtino_${name} PRIVATE LVTINO_VERSION="${PROJECT_VERSION}")
  if(name STREQUAL core)
    target_precompile_headers(lvtino_core PRIVATE lvtino/core/pch.hpp)
    target_link_libraries(lvtino_core PUBLIC Threads::Threads OpenMP::OpenMP_CXX ${LVTINO_OPTIONAL_LIBRARIES})
    target_compile_definitions(lvtino_core PRIVATE ${LVTINO_OPTIONAL_DEFINITIONS})
  else()
    if(LVTINO_COVERAGE AND name MATCHES "^(operators|solvers)$")
      target_compile_options(lvtino_${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-O0> $<$<COMPILE_LANGUAGE:CXX>:--coverage>)
      target_precompile_headers(lvtino_${name} PRIVATE lvtino/core/pch.hpp)  # other flags, so one of its own
    else()
      target_precompile_headers(lvtino_${name} REUSE_FROM lvtino_core)
    endif()
    target_compile_definitions(lvtino_${name} PRIVATE ${LVTINO_OPTIONAL_DEFINITIONS})
  endif()
  set_source_files_properties(${kernels} PROPERTIES SKIP_PRECOMPILE_HEADERS ON
                                                    COMPILE_OPTIONS "${LVTINO_KERNEL_FLAGS}")
  set_property(GLOBAL APPEND PROPERTY LVTINO_COMPONENTS lvtino_${name})
  install(TARGETS lvtino_${name} EXPORT lvtino-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  get_filename_component(parent ${folder} DIRECTORY)
  install(DIRECTORY ${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/lvtino_toolkit/${parent}
          FILES_MATCHING PATTERN "*.hpp" PATTERN "pch.hpp" EXCLUDE)
endfunction()

function(lvtino_program name source library)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE ${library} CLI11::CLI11)
  target_compile_options(${name} PRIVATE ${LVTINO_WARNINGS})
  target_compile_definitions(${name} PRIVATE LVTINO_VERSION="${PROJECT_VERSION}" ${LVTINO_OPTIONAL_DEFINITIONS})
  target_precompile_headers(${name} REUSE_FROM lvtino_core)
  install(TARGETS ${name})
endfunction()

# A program x is x_main.cpp beside the code that it drives.
function(lvtino_programs)
  lvtino_program(lvtino_run lvtino/run_main.cpp lvtino::lvtino)
  lvtino_program(lvtino_train lvtino/training/train_main.cpp lvtino::training)
  if(LVTINO_HAS_CUDA)
    lvtino_program(lvtino_device_check lvtino/device/device_check_main.cpp lvtino::device)
    # It is carried to machines without the libraries that it does not use.
    target_link_options(lvtino_device_check PRIVATE -Wl,--as-needed)
  endif()
  if(LVTINO_BENCHMARKS AND EXISTS ${PROJECT_SOURCE_DIR}/benchmarks/bench_main.cpp)
    find_package(benchmark REQUIRED)
    file(GLOB sources CONFIGURE_DEPENDS benchmarks/*.cpp)
    add_executable(lvtino_bench ${sources})
    target_link_libraries(lvtino_bench PRIVATE benchmark::benchmark CLI11::CLI11)
    # The half of benchmarks/peers/compare.py that is ours; not part of `all`.
    add_executable(lvtino_side_by_side EXCLUDE_FROM_ALL benchmarks/peers/side_by_side_main.cpp
                                       benchmarks/workload.cpp)
    foreach(program lvtino_bench lvtino_side_by_side)
      target_link_libraries(${program} PRIVATE lvtino::lvtino)
      target_compile_options(${program} PRIVATE ${LVTINO_WARNINGS})
      target_compile_definitions(${program} PRIVATE LVTINO_VERSION="${PROJECT_VERSION}"
                                                    ${LVTINO_OPTIONAL_DEFINITIONS})
      target_precompile_headers(${program} REUSE_FROM lvtino_core)
    endforeach()
    file(GLOB kernels CONFIGURE_DEPENDS benchmarks/*_kernels.cpp)
    set_source_files_properties(${kernels} PROPERTIES SKIP_PRECOMPILE_HEADERS ON
                                                      COMPILE_OPTIONS "${LVTINO_KERNEL_FLAGS}")
  endif()
endfunction()

# Test files x_test.cpp hold one suite named x; the label follows from the folder and the name.
function(lvtino_tests)
  find_package(Boost 1.71 REQUIRED COMPONENTS unit_test_framework)
  find_package(rapidcheck REQUIRED)
  file(WRITE ${PROJECT_BINARY_DIR}/boost_main.cpp.new
       "#define BOOST_TEST_DYN_LINK\n#define BOOST_TEST_MODULE lvtino\n#include <boost/test/unit_test.hpp>\n")
  configure_file(${PROJECT_BINARY_DIR}/boost_main.cpp.new ${PROJECT_BINARY_DIR}/boost_main.cpp COPYONLY)
  add_library(lvtino_boost_main OBJECT ${PROJECT_BINARY_DIR}/boost_main.cpp)
  target_link_libraries(lvtino_boost_main PUBLIC Boost::unit_test_framework)
  foreach(folder lvtino/core operators solvers priors/nn priors/networks priors/text priors validation reports lvtino lvtino/training tests)
    file(GLOB files CONFIGURE_DEPENDS ${folder}/*_test.cpp)
    if(NOT files)
      continue()
    endif()
    string(REPLACE "/" "_" target ${folder}_tests)
    add_executable(${target} ${files} $<TARGET_OBJECTS:lvtino_boost_main>)
    target_link_libraries(${target} PRIVATE lvtino::training Boost::unit_test_framework rapidcheck
                                            Eigen3::Eigen)
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    target_compile_definitions(${target} PRIVATE BOOST_TEST_DYN_LINK ${LVTINO_OPTIONAL_DEFINITIONS}
                                                 LVTINO_VERSION="${PROJECT_VERSION}"
                                                 LVTINO_SOURCE_DIR="${PROJECT_SOURCE_DIR}"
                                                 LVTINO_BINARY_DIR="${PROJECT_BINARY_DIR}")
    target_compile_options(${target} PRIVATE ${LVTINO_WARNINGS})
    target_precompile_headers(${target} REUSE_FROM lvtino_core)
    set_source_files_properties(${PROJECT_BINARY_DIR}/boost_main.cpp PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
    foreach(file IN LISTS files)
      get_filename_component(suite ${file} NAME_WE)
      string(REGEX REPLACE "_test$" "" suite ${suite})
      add_test(NAME ${folder}/${suite}
               COMMAND ${target} --run_test=${suite} --color_output=no --log_level=test_suite
                       --report_level=short)
      set(labels unit)
      if(suite MATCHES "law")
        set(labels law)
      elseif(folder STREQUAL tests)
        set(labels e2e)
      endif()
      set_tests_properties(${folder}/${suite} PROPERTIES LABELS "${labels}" TIMEOUT 1200
        ENVIRONMENT "RC_PARAMS=seed=20260101 max_success=50;OMP_NUM_THREADS=1;ASAN_OPTIONS=detect_leaks=0")
    endforeach()
  endforeach()
  # The one table: 200 shapes of everything.
  set_tests_properties(tests/law_table PROPERTIES ENVIRONMENT
    "RC_PARAMS=seed=20260101 max_success=200;OMP_NUM_THREADS=1;ASAN_OPTIONS=detect_leaks=0")
  if(EXISTS ${PROJECT_SOURCE_DIR}/tests/CMakeLists.txt)
    add_subdirectory(tests)
  endif()
endfunction()

function(lvtino_install)
  include(CMakePackageConfigHelpers)
  if(NOT EXISTS ${PROJECT_SOURCE_DIR}/cmake/lvtino-config.cmake.in)
    return()
  endif()
  set(destination ${CMAKE_INSTALL_LIBDIR}/cmake/lvtino)
  get_filename_component(LVTINO_TORCH_ROOT ${Libtorch_INCLUDE_DIR} DIRECTORY)
  install(EXPORT lvtino-targets NAMESPACE lvtino:: DESTINATION ${destination})
  configure_package_config_file(cmake/lvtino-config.cmake.in lvtino-config.cmake
                                INSTALL_DESTINATION ${destination})
  write_basic_package_version_file(lvtino-config-version.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/lvtino-config.cmake cmake/FindLibtorch.cmake
                ${PROJECT_BINARY_DIR}/lvtino-config-version.cmake DESTINATION ${destination})
endfunction()
