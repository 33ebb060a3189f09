# Makes a source file that defines `extern std::string_view const NAME` with the bytes of FILE.
#
#   headgate_embed(${CMAKE_CURRENT_SOURCE_DIR}/openapi.json openapi_json.cpp headgate::console::openapi_json)
function(headgate_embed file output name)
  string(REGEX MATCH "^(.*)::([^:]+)$" ignored ${name})
  set(namespace ${CMAKE_MATCH_1})
  set(variable ${CMAKE_MATCH_2})
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${output})
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} text)
  # A raw literal holds at most 64 KiB portably; pieces side by side are one literal.
  string(LENGTH "${text}" length)
  set(literal "")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${text}" ${at} 12000 piece)
    string(APPEND literal "R\"embedded(${piece})embedded\"\n")
    math(EXPR at "${at} + 12000")
  endwhile()
  file(CONFIGURE OUTPUT ${output} @ONLY CONTENT
"#include <string_view>

namespace @namespace@ {

extern std::string_view const @variable@;
std::string_view const @variable@ = @literal@;

}  // namespace @namespace@
")
endfunction()
