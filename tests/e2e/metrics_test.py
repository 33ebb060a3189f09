"""The page of metrics says what a running gateway shows; other pages and the alerts name nothing else."""

import os
import re

import pytest

from harness.gateway import Gateway, source
from harness.issuer import AUDIENCE, NAME, Issuer
from harness.processes import TOP

PAGE = TOP / "docs" / "reference" / "metrics.md"
ALERTS = TOP / "docs" / "reference" / "alerts.yaml"
HEAD = "| metric | type | labels | what it says |\n| --- | --- | --- | --- |\n"
OPEN = {"source", "key", "target", "url", "revision"}  # Labels whose values the configuration makes.
SERIES = re.compile(r"^(headgate_\w+?)(?:\{(.*)\})? \S+$")
LABEL = re.compile(r'(\w+)="([^"]*)"')


class Family:
    def __init__(self, says):
        self.says = says
        self.type = None
        self.labels = {}  # Name -> values, as keys, in the order shown.

    def row(self, name):
        def cell(label, values):
            return f"`{label}`" if label in OPEN else f"`{label}`: " + ", ".join(f"`{one}`" for one in values)

        labels = "; ".join(cell(*each) for each in self.labels.items())
        return f"| `{name}` | {self.type} | {labels} | {self.says} |\n"


def read_families(text):
    families = {}
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name, says = line.removeprefix("# HELP ").split(" ", 1)
            families[name] = Family(says)
        elif line.startswith("# TYPE "):
            name, kind = line.removeprefix("# TYPE ").split(" ")
            families[name].type = kind
        else:
            name, labels = SERIES.match(line).groups()
            for label, value in LABEL.findall(labels or ""):
                if label != "le":
                    family(families, name).labels.setdefault(label, {})[value] = True
    return families


def family(families, series):
    """Of a series, which for a histogram has another name."""
    return families.get(series) or families[re.sub(r"_(bucket|sum|count)$", "", series)]


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Every metric: with keys to fetch, a target to start on, and a source that was asked."""
    folder = tmp_path_factory.mktemp("metrics")
    issuer = Issuer(folder / "issuer").start()
    token = {"from": {"header": "Authorization", "scheme": "Bearer"}, "algs": ["RS256"], "iss": NAME}
    token |= {"aud": {"const": AUDIENCE}, "keys": {"jwks": issuer.keys_url, "ca": str(issuer.certificate)}}
    asks = {"url": "https://api.example.com/verify", "json": {"event": "body"}, "expect": {"body": "yes"}}
    sources = {"github": source(folder, "github"), "tokens": {"path": "/tokens", "verify": {"jwt": token}}}
    sources["asked"] = {"path": "/asked", "verify": {"postback": asks}}
    gateway = Gateway(folder, sources=sources).start()
    assert gateway.send_github({}).status == 202
    answer = gateway.get("/metrics").body.decode()
    gateway.stop()
    issuer.stop()
    return read_families(answer)


def test_the_page_says_what_a_gateway_shows(shown):
    page = PAGE.read_text()
    before, _, rest = page.partition(HEAD)
    after = rest[re.match(r"(?:\|.*\n)*", rest).end() :]
    rows = "".join(shown[name].row(name) for name in sorted(shown))
    if "HEADGATE_WRITE_REFERENCE" in os.environ:
        PAGE.write_text(before + HEAD + rows + after)
    assert PAGE.read_text() == before + HEAD + rows + after, "a metric changed: HEADGATE_WRITE_REFERENCE=1"


def test_every_metric_of_the_code_was_shown(shown):
    rooms = [path.parent for path in TOP.glob("*/CMakeLists.txt") if path.parent.name != "tests"]
    sources = [path for room in rooms for path in room.rglob("*.cpp")]
    made = {name for path in sources for name in re.findall(r'"(headgate_[a-z_]+)"', path.read_text())}
    assert len(made) > 30
    assert made == set(shown)


def test_other_pages_name_metrics_that_there_are(shown):
    for page in (TOP / "docs").rglob("*.md"):
        for name in re.findall(r"\bheadgate_[a-z_]+", page.read_text()):
            assert family(shown, name), (page, name)


ALERT = re.compile(
    r"""      - alert: (?P<name>\w+)
        expr: (?P<asks>.+)
        for: \d+[mh]
        labels: \{severity: (page|ticket)\}
        annotations:
          summary: "[^"]+"
          remedy: "[^"]+"
"""
)
ALERTS_HEAD = re.compile(r"(#.*\n)*groups:\n  - name: headgate\n    rules:\n")


def test_alerts_ask_for_metrics_and_labels_that_there_are(shown):
    text = ALERTS.read_text()
    rest = text[ALERTS_HEAD.match(text).end() :]
    alerts = list(ALERT.finditer(rest))
    assert "".join(each.group() for each in alerts) == rest, "an alert of another form"
    assert len({each["name"] for each in alerts}) == len(alerts) >= 8
    for each in alerts:
        assert not each["asks"].startswith(("'", '"', "{", "[")), "write the expression as a plain YAML text"
        assert ": " not in each["asks"] and " #" not in each["asks"]
        selectors = re.findall(r"(headgate_[a-z_]+)(?:\{([^}]*)\})?", each["asks"])
        assert selectors, each["name"]
        for series, labels in selectors:
            has = family(shown, series).labels
            for label, value in LABEL.findall(labels):
                assert label in has, (each["name"], label)
                assert label in OPEN or value in has[label], (each["name"], value)
