# Everything third-party that rooms may name. All of it comes from Debian 12 packages (scripts/install.sh).

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS system json url)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
if(NOT HEADGATE_SANITIZE)
  find_package(mimalloc REQUIRED)
endif()
if(HEADGATE_TESTS)
  find_package(GTest REQUIRED)
endif()

add_library(headgate_asio INTERFACE)
target_link_libraries(headgate_asio INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(headgate_asio INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_VISIBILITY=0)
