"""Every example in config/examples is run: what a reader copies works."""

import os
import pathlib
import re
import shutil

import pytest

from harness.gateway import run_headgate
from harness.processes import TOP

EXAMPLES = sorted((TOP / "config" / "examples").glob("*.yaml"))


def test_there_are_examples():
    assert EXAMPLES


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_passes_check(example, tmp_path):
    """With a secret in each file that it names and does not bring: those are the reader's own."""
    text = example.read_text()
    for path in set(re.findall(r"file:\s*([^\s,}\]]+)", text)):
        if (example.parent / path).exists():
            continue
        stand_in = tmp_path / pathlib.Path(path).name
        stand_in.write_text("whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=")
        stand_in.chmod(0o600)
        text = text.replace(path, str(stand_in))
    (tmp_path / example.name).write_text(text)
    for beside in example.parent.iterdir():
        if beside.is_dir():
            shutil.copytree(beside, tmp_path / beside.name)
    environment = {name: "a-value-from-the-environment" for name in re.findall(r"env:\s*(\w+)", text)}
    os.environ.update(environment)
    ran = run_headgate("check", "--config", tmp_path / example.name)
    assert ran.returncode == 0, ran.stdout + ran.stderr
