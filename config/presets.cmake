# Puts auth/presets/*.yaml into the binary: HEADGATE_PRESET_SOURCES are the generated files.
include(${CMAKE_SOURCE_DIR}/cmake/embed.cmake)

file(GLOB presets CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/auth/presets/*.yaml)
list(SORT presets)
set(HEADGATE_PRESET_SOURCES "")
set(declared "")
set(listed "")
foreach(file ${presets})
  get_filename_component(name ${file} NAME_WE)
  string(MAKE_C_IDENTIFIER ${name} variable)
  set(output presets/${name}.cpp)
  headgate_embed(${file} ${output} headgate::config::preset_texts::${variable})
  list(APPEND HEADGATE_PRESET_SOURCES ${CMAKE_CURRENT_BINARY_DIR}/${output})
  string(APPEND declared "extern std::string_view const ${variable};\n")
  string(APPEND listed "        {\"${name}\", preset_texts::${variable}},\n")
endforeach()

set(table ${CMAKE_CURRENT_BINARY_DIR}/presets/table.cpp)
file(CONFIGURE OUTPUT ${table} @ONLY CONTENT
"#include \"config/presets.hpp\"

#include <array>

namespace headgate::config {
namespace preset_texts {

@declared@
}  // namespace preset_texts

std::span<embedded_text const> embedded_presets() {
    static std::array const all{std::to_array<embedded_text>({
@listed@    })};
    return all;
}

}  // namespace headgate::config
")
list(APPEND HEADGATE_PRESET_SOURCES ${table})
