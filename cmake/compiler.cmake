# Which compiler, which flags. Release flags follow the OpenSSF hardening guide as far as Clang 19 has them.

option(HEADGATE_TESTS "Build the unit and contract tests" OFF)
option(HEADGATE_BENCH "Build the benchmark programs" OFF)
option(HEADGATE_FUZZ "Build the fuzzers" OFF)
option(HEADGATE_HARDEN "Hardening flags for the binary that users run" OFF)
option(HEADGATE_PLANTED_BUGS "A binary with the bugs that the crash test must find; never for users" OFF)
set(HEADGATE_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize")

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14)
  message(FATAL_ERROR
    "GCC ${CMAKE_CXX_COMPILER_VERSION} miscompiles coroutines (double frees in awaited calls): "
    "use Clang 19 (apt-get install clang-19; cmake --preset dev) or GCC 14 and later.")
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(HEADGATE_CCACHE ccache)
if(HEADGATE_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${HEADGATE_CCACHE})
endif()

add_library(headgate_flags INTERFACE)
target_compile_options(headgate_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -Wimplicit-fallthrough -Wformat=2 -Wno-missing-field-initializers -Werror -fno-omit-frame-pointer
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
target_link_options(headgate_flags INTERFACE -fuse-ld=lld-19)

if(HEADGATE_SANITIZE)
  target_compile_options(headgate_flags INTERFACE
    -fsanitize=${HEADGATE_SANITIZE} -fno-sanitize=function -fno-sanitize-recover=all -O1 -g)
  target_link_options(headgate_flags INTERFACE -fsanitize=${HEADGATE_SANITIZE})
endif()

if(HEADGATE_HARDEN)
  target_compile_options(headgate_flags INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -D_GLIBCXX_ASSERTIONS
    -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
    -fno-delete-null-pointer-checks -fno-strict-overflow -fno-strict-aliasing
    -ftrivial-auto-var-init=zero -fstrict-flex-arrays=3)
  target_link_options(headgate_flags INTERFACE
    -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,nodlopen,--as-needed)
endif()
