"""A configuration is refused whole, with every problem: where, what, and what to do about it."""

import json
import os
import re

import pytest

from harness import senders
from harness.gateway import rule, run_headgate

# Every line that holds a mistake says so at its end.
TEN_MISTAKES = """\
listen:
  webhooks: {address: "0.0.0.0"}                      # 1: no port
  operater: {address: "127.0.0.1:8081"}               # 2: misspelt
operators:
  - {name: ci, role: king, token: {file: TOKEN}}      # 3: no such role
targets:
  platform:
    temporal: {address: "temporal:7233", retention: 3 days}   # 4: no such setting
sources:
  github:
    path: webhooks/github                             # 5: does not begin with a slash
    verify: {preset: githubb, secrets: [{file: SECRET}]}      # 6: no such preset
  stripe:
    path: /webhooks/stripe
    verify: {preset: stripe, secrets: ["in the open"]}        # 7: a secret as a value
  open:
    path: /webhooks/open                              # 8: no verifier (the source's own line may be named)
rules:
  - name: one
    source: nobody                                    # 9: no such source
    when: .headers["x-github-event" == "release"      # 10: does not parse
    start: {target: platform, workflow: A, task_queue: q, id: '"a"'}
"""


@pytest.fixture
def mistaken(tmp_path):
    for name in ("TOKEN", "SECRET"):
        (tmp_path / name).write_text("a-secret-that-is-long-enough")
        (tmp_path / name).chmod(0o600)
    path = tmp_path / "headgate.yaml"
    path.write_text(
        TEN_MISTAKES.replace("TOKEN", str(tmp_path / "TOKEN")).replace("SECRET", str(tmp_path / "SECRET"))
    )
    return path


def test_ten_mistakes_are_ten_problems_each_with_line_and_remedy(mistaken):
    ran = run_headgate("check", "--config", mistaken, "--format", "json")
    assert ran.returncode == 1
    problems = problems_of(ran)
    lines = {problem["line"] for problem in problems}
    for number, line in enumerate(mistaken.read_text().splitlines(), 1):
        if re.search(r"# \d+: ", line) and "# 8" not in line:
            assert number in lines, f"nothing about line {number}: {line}\n{ran.stdout}"
    assert any("open" in problem["path"] for problem in problems), (
        "nothing about the source without a verifier"
    )
    assert all(problem["what"] and problem["remedy"] for problem in problems)
    assert "in the open" not in ran.stdout + ran.stderr


def problems_of(ran):
    answer = json.loads(ran.stdout)
    return answer["problems"] if isinstance(answer, dict) else answer


# What is read, and what can be judged only when it has been read.
MISTAKES_OF_ALL_KINDS = """\
store: {sqlite: {path: headgate.db}}
targets: {platform: {temporal: {address: "127.0.0.1:1"}}}
sources:
  a:
    path: /a
    verify: {equal: {a: {header: X-T}, b: {secret: tokn}}}
    secrets: {token: [{file: SECRET}]}                           # none is tokn
    dedupe: {program: '.body.('}                                 # does not parse
  b:
    path: b                                                      # no path
    verify: {preset: github, secrets: [{file: SECRET}]}
    dedupe: {program: 'foo(1)'}                                  # no such function
  c:
    path: /c
    verify:
      preset: github
      secrets: [{file: SECRET}]
      params:
        where: X-T                                               # no such param
rules:
  - name: one
    source: a
    when: .a ==                                                  # does not parse
    start: {target: platform, workflow: A, task_queue: q}
"""


def test_one_kind_of_mistake_hides_none_of_another(tmp_path):
    (tmp_path / "SECRET").write_text("a-secret-that-is-long-enough")
    (tmp_path / "SECRET").chmod(0o600)
    path = tmp_path / "headgate.yaml"
    path.write_text(MISTAKES_OF_ALL_KINDS)
    ran = run_headgate("check", "--config", path, "--format", "json")
    wrong = [one["line"] for one in problems_of(ran) if one["weight"] == "mistake"]
    lines = enumerate(path.read_text().splitlines(), 1)
    assert sorted(wrong) == [number for number, line in lines if "# no" in line or "# does" in line]


def test_people_read_them_as_lines(mistaken):
    ran = run_headgate("check", "--config", mistaken)
    assert ran.returncode == 1
    text = ran.stdout + ran.stderr
    assert re.search(r"listen\.webhooks\.address \(line 2\)", text)
    assert re.search(r"listen\.operater \(line 3\).*operator", text)


def test_serve_refuses_it_too_and_opens_nothing(mistaken, tmp_path):
    ran = run_headgate("serve", "--config", mistaken)
    assert ran.returncode == 1
    assert "listen.operater" in ran.stderr + ran.stdout


def test_a_good_one_passes(serving):
    gateway = serving(
        started=False, rules=[rule("one")], sources=("github", "stripe", "slack", "gitlab", "standard")
    )
    gateway.write_configuration()
    assert run_headgate("check", "--config", gateway.path).returncode == 0


OWN_PRESET = """\
presets:
  our-billing:
    covers: full
    verify:
      mac: {alg: hmac-sha256, content: [body], signature: {from: {header: X-Billing-Signature}, decode: hex}}
    delivery: {id: {header: X-Billing-Delivery}}
    vectors:
      - says: recorded
        at: 2026-11-21T03:24:05Z
        target: /webhooks/billing
        headers: {X-Billing-Signature: SIGNATURE, X-Billing-Delivery: d-7}
        body: '{"invoice":7}'
        secrets: {signing: a secret that opens nothing}
        id: ID
sources:
  billing: {path: /webhooks/billing, verify: {preset: our-billing, secrets: [{file: billing.secret}]}}
store: {sqlite: {path: headgate.db}}
"""


def test_the_requests_beside_ones_own_presets_are_tried(tmp_path):
    signature = senders.hex_mac(b"a secret that opens nothing", b'{"invoice":7}')
    path = tmp_path / "headgate.yaml"
    (tmp_path / "billing.secret").write_text("a secret of the gateway's own")

    def check(signature, identifier):
        path.write_text(OWN_PRESET.replace("SIGNATURE", f'"{signature}"').replace("ID", identifier))
        ran = run_headgate("check", "--config", path, "--format", "json")
        said = [one["what"] for one in problems_of(ran) if one["path"].startswith("presets.our-billing")]
        return ran.returncode, said

    assert check(signature, "d-7") == (0, [])
    assert check(signature, "d-8") == (1, ['its delivery id is "d-7", not "d-8"'])
    wrong = signature[:-1] + ("0" if signature[-1] != "0" else "1")
    assert check(wrong, "d-7") == (1, ["is refused: mac: the signature does not match"])


def test_an_unreadable_secret_file_is_a_problem_with_its_path(serving):
    gateway = serving(started=False)
    missing = gateway.folder / "secrets" / "not-there"
    gateway.configuration["sources"]["github"]["verify"]["secrets"] = [{"file": str(missing)}]
    gateway.write_configuration()
    ran = run_headgate("check", "--config", gateway.path)
    assert ran.returncode == 1
    assert str(missing) in ran.stdout + ran.stderr
    assert run_headgate("serve", "--config", gateway.path).returncode == 1


def test_a_secret_file_that_everybody_may_write_is_refused(serving):
    gateway = serving(started=False)
    gateway.write_configuration()
    secret = gateway.folder / "secrets" / "github"
    os.chmod(secret, 0o666)
    ran = run_headgate("check", "--config", gateway.path)
    assert ran.returncode == 1
    assert "github" in ran.stdout + ran.stderr


DISTRUSTED = {
    "an anchor": "sources: &a {}\nrules: []\n",
    "an alias": "targets: &a {}\nsources: *a\n",
    "a key twice": "rules: []\nrules: []\n",
    "not a mapping": "- a\n",
    "broken": "sources: {a: [}\n",
    "nothing": "",
    "tabs": "sources:\n\tgithub: {}\n",
}


@pytest.mark.parametrize("what", DISTRUSTED)
def test_yaml_with_surprises_is_refused(tmp_path, what):
    path = tmp_path / "headgate.yaml"
    path.write_text(DISTRUSTED[what])
    assert run_headgate("check", "--config", path).returncode == 1


def test_a_file_that_is_not_there_is_named(tmp_path):
    ran = run_headgate("check", "--config", tmp_path / "nowhere.yaml")
    assert ran.returncode == 1
    assert "nowhere.yaml" in ran.stderr
