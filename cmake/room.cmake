# A folder is a room is a namespace is a library.
#
#   headgate_room(http
#     SOURCES server.cpp client.cpp
#     ROOMS core model            # rooms below that its headers or sources use
#     LIBRARIES OpenSSL::SSL)     # third party, seen only by its own sources
#
# Every header of the room must compile alone: the target <room>_headers compiles each as a source of its own.
function(headgate_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;ROOMS;LIBRARIES" ${ARGN})
  set(target headgate_${name})
  if(ROOM_SOURCES)
    add_library(${target} STATIC ${ROOM_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE headgate_flags ${ROOM_LIBRARIES})
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${target} ${scope} ${CMAKE_SOURCE_DIR})
  target_link_libraries(${target} ${scope} headgate_asio fmt::fmt)
  foreach(room ${ROOM_ROOMS})
    target_link_libraries(${target} ${scope} headgate_${room})
  endforeach()

  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.hpp)
  if(HEADGATE_TESTS AND headers)
    set(alone "")
    foreach(header ${headers})
      file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR} ${header})
      string(REPLACE "/" "_" file ${path})
      set(source ${CMAKE_BINARY_DIR}/headers/${file}.cpp)
      file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${path}\"\n#include \"${path}\"  // and twice\n")
      list(APPEND alone ${source})
    endforeach()
    add_library(${target}_headers OBJECT ${alone})
    target_link_libraries(${target}_headers PRIVATE headgate_flags ${target} ${ROOM_LIBRARIES})
  endif()
endfunction()

# The sources that look at core/planted.hpp; only these differ in a build with planted bugs.
function(headgate_plant)
  if(HEADGATE_PLANTED_BUGS)
    set_property(SOURCE ${ARGN} APPEND PROPERTY COMPILE_DEFINITIONS HEADGATE_PLANTED_BUGS)
  endif()
endfunction()
