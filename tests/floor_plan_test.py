"""The floor plan catches every kind of arrow that must not be."""

import pytest

import floor_plan

SOUND = """\
#include "http/server.hpp"
#include "core/result.hpp"
#include <boost/asio/awaitable.hpp>
#include <string>
"""

PLANTED = [
    # where, what, what the reader is told
    ("http/server.cpp", '#include "gateway/accept.hpp"', "gateway is above http"),
    ("json/value.cpp", '#include "model/event.hpp"', "json and model share a floor"),
    ("gateway/accept.cpp", '#include "targets/target.hpp"', "a new arrow gateway → targets is a decision"),
    ("dispatch/dispatcher.cpp", '#include "store/sqlite/writer.hpp"', "use the interface in store/"),
    ("config/load.cpp", '#include "store/event_store.hpp"', "config sees only their settings.hpp"),
    ("core/log.cpp", '#include "result.hpp"', "include by full path"),
    ("core/log.cpp", '#include "tests/support/run.hpp"', "rooms never see the tests"),
    ("gateway/accept.cpp", "#include <openssl/evp.h>", "OpenSSL belongs to auth/, http/, core/digest.cpp"),
    ("core/ids.cpp", "#include <openssl/rand.h>", "OpenSSL belongs to"),
    ("store/event_store.hpp", "#include <sqlite3.h>", "SQLite belongs to store/sqlite/"),
    ("targets/target.cpp", "#include <grpcpp/grpcpp.h>", "gRPC belongs to targets/temporal/"),
    ("targets/target.cpp", '#include "temporal/api/start.pb.h"', "gRPC belongs to targets/temporal/"),
    ("app/main.cpp", "#include <yaml-cpp/yaml.h>", "yaml-cpp belongs to config/"),
    ("gateway/accept.cpp", "#include <boost/beast/http.hpp>", "Beast belongs to http/"),
    ("model/event.cpp", "#include <boost/json.hpp>", "Boost.JSON belongs to json/"),
    ("http/server.hpp", "#include <boost/beast/http.hpp>", "keep it in the .cpp"),
    ("auth/verifier.hpp", "#include <fmt/format.h>", "keep it in the .cpp"),
    ("http/server.hpp", "#include <sys/socket.h>", "keep it in the .cpp"),
    ("core/log.cpp", "#include <curl/curl.h>", "give the library one room"),
    ("http/server.cpp", "namespace headgate::gateway {", "a room is a namespace: headgate::http"),
]


@pytest.mark.parametrize(("path", "line", "told"), PLANTED)
def test_a_planted_arrow_is_caught(path, line, told):
    found = floor_plan.offences_of(path, SOUND.replace('"http/server.hpp"', '"core/log.hpp"') + line + "\n")
    assert [offence.line for offence in found] == [5]
    assert told in str(found[0])


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("gateway/accept.cpp", SOUND),
        ("app/wire.cpp", '#include "store/sqlite/sqlite_store.hpp"'),
        ("config/load.cpp", '#include "store/settings.hpp"'),
        ("core/digest.cpp", "#include <openssl/evp.h>"),
        ("store/sqlite/statement.hpp", "#include <sqlite3.h>"),
        ("targets/temporal/client.cpp", '#include "temporal/api/start.pb.h"'),
        ("http/server.cpp", "#include <sys/socket.h>\n#include <boost/beast/http.hpp>"),
        ("store/sqlite/writer.cpp", "namespace headgate::store {"),
        ("model/event.cpp", "namespace headgate {"),
    ],
)
def test_an_allowed_arrow_passes(path, line):
    assert floor_plan.offences_of(path, line + "\n") == []


def test_arrows_point_down_only():
    for room, below in floor_plan.ARROWS.items():
        assert all(floor_plan.FLOOR_OF[other] < floor_plan.FLOOR_OF[room] for other in below), room
