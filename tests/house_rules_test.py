"""Each house rule catches the offence it is there for, and leaves the sound spelling alone."""

import pytest

import house_rules

ROOT = "/" + "root"  # In two pieces, or this file would break the rule it tests.

PLANTED = {
    "nothing_is_detached": [
        ("http/a.cpp", "co_await asio::async_write(s, b, asio::detached);"),
        ("core/a.cpp", "std::thread{run}.detach();"),
    ],
    "only_the_nursery_spawns": [("gateway/a.cpp", "asio::co_spawn(executor, serve(), token);")],
    "no_lambda_coroutine_captures": [
        ("http/a.cpp", "auto f = [this](int n) -> asio::awaitable<void> { co_return; };"),
        ("http/a.cpp", "auto f = [&]() mutable -> boost::asio::awaitable<int> { co_return 1; };"),
    ],
    "results_of_evp_are_compared_with_one": [
        ("auth/a.cpp", "if (EVP_DigestInit_ex(c, md, nullptr)) return;"),
        ("auth/a.cpp", "EVP_DigestUpdate(c, d, n);"),
        ("auth/a.cpp", "if (!EVP_MAC_final(c, out, &n, m)) {"),
        ("auth/a.cpp", "return EVP_DigestVerify(c, s, n, d, m) > 0;"),
    ],
    "secrets_are_compared_in_constant_time": [("auth/a.cpp", "return std::memcmp(a, b, n) == 0;")],
    "nothing_sleeps": [
        ("tests/unit/core_a_test.cpp", "std::this_thread::sleep_for(1s);"),
        ("http/a.cpp", "    sleep(1);"),
    ],
    "wall_time_is_passed_in": [("auth/a.cpp", "auto const now = std::chrono::system_clock::now();")],
    "headers_are_read_once": [("core/a.hpp", "#ifndef A\n#define A\n#endif")],
    "headers_do_not_open_namespaces": [("core/a.hpp", "#pragma once\nusing namespace std;")],
    "names_say_something": [
        ("core/string_utils.hpp", "#pragma once"),
        ("core/a.cpp", "class session_manager {};"),
    ],
    "no_loose_ends": [("core/a.cpp", "// TO" + "DO: later"), ("docs/a.md", "FIX" + "ME")],
    "comments_are_prose": [
        ("core/a.hpp", "#pragma once\n// @param n the number"),
        ("core/a.hpp", "#pragma once\n/// Tells."),
    ],
    "no_pictures_in_text": [("README.md", "Ready \U0001f680")],
    "lines_fit": [("core/a.cpp", "x" * 111)],
    "functions_are_short": [("core/a.cpp", "void f() {\n" + "    g();\n" * 91 + "}")],
    "files_have_one_subject": [("core/a.cpp", "\n" * 601)],
    "no_paths_of_one_machine": [("scripts/a", f"cd {ROOT}/x"), ("docs/a.md", "see /home/" + "ada/notes")],
    "no_registry_is_named": [("tests/package-lock.json", '"resolved": "' + 'https://example.com/a.tgz"')],
    "processes_are_ended_by_id": [("scripts/a", "pk" + "ill headgate")],
    "no_test_is_skipped": [
        ("tests/unit/a_test.cpp", "GTEST" + "_SKIP();"),
        ("tests/e2e/a_test.py", "@pytest.mark." + "skip"),
    ],
}

SOUND = [
    ("core/nursery.cpp", "asio::co_spawn(executor_, std::move(task), done);"),
    ("core/a.cpp", '// nothing is detached, co_spawn( is only named\nauto s = "detached co_spawn(";'),
    ("http/a.cpp", "auto f = [](int n) -> asio::awaitable<void> { co_return; };"),
    ("http/a.cpp", "auto f = [this](int n) { return n; };"),
    (
        "auth/a.cpp",
        "if (EVP_DigestInit_ex(c, md, nullptr) != 1 ||\n    EVP_DigestUpdate(c, d, n) != 1) return;",
    ),
    ("auth/a.cpp", "bool const ok = EVP_DigestVerify(c, s, n, d, m) == 1;\nauto const* md = EVP_sha256();"),
    ("auth/a.cpp", "return CRYPTO_memcmp(a.data(), b.data(), n) == 0;"),
    ("core/clock.cpp", "return std::chrono::system_clock::now();"),
    ("core/a.hpp", "// What it is.\n#pragma once\n"),
    ("core/a.cpp", "int n = 1'000'000; char c = '\"'; auto s = \"//\"; // detached"),
    ("core/a.cpp", "// TO" + "DO(#12): later"),
    ("core/a.cpp", "void f() {\n" + "    g();\n" * 60 + "}"),
    ("scripts/a", 'kill "$pid"; cp a build/root/b'),
]


def names(path, text):
    return {what.rsplit("[", 1)[1].rstrip("]") for _, _, what, _ in house_rules.offences_of(path, text)}


@pytest.mark.parametrize(
    ("name", "path", "text"), [(name, path, text) for name, rows in PLANTED.items() for path, text in rows]
)
def test_a_planted_offence_is_caught(name, path, text):
    assert name in names(path, text)


@pytest.mark.parametrize(("path", "text"), SOUND)
def test_the_sound_spelling_passes(path, text):
    assert names(path, text) == set()


def test_every_rule_has_a_planted_offence():
    assert {function.__name__ for function, _, _ in house_rules.RULES} == set(PLANTED)


def test_lines_are_counted_past_blanked_comments():
    text = '/* two\nlines */\nauto r = R"(a\nb)";\nasio::detached;\n'
    assert [line for _, line, _, _ in house_rules.offences_of("http/a.cpp", text)] == [5]
