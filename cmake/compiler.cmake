# SPDX-License-Identifier: Apache-2.0
# One place for how everything is compiled.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

# Release keeps assertions out; no debug information: two cores build the whole in minutes.
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_CXX_FLAGS_DEBUG "-O1")

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Without these ccache caches nothing that uses a precompiled header.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
               ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

add_library(neuroloom_flags INTERFACE)
target_compile_options(neuroloom_flags INTERFACE -Wall -Wextra -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Werror)
target_compile_definitions(neuroloom_flags INTERFACE NEUROLOOM_VERSION="${PROJECT_VERSION}" _GLIBCXX_ASSERTIONS
  QT_NO_EMIT) # core has functions called emit; Qt code writes Q_EMIT
if(NEUROLOOM_SANITIZE)
  # GCC 12 takes its own checks of member pointers for uninitialized values.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_compile_options(neuroloom_flags INTERFACE -Wno-maybe-uninitialized)
  add_link_options(-fsanitize=address,undefined)
endif()
