"""The vectors beside the presets are those that vectors.py computes, and every preset has some."""

import importlib.util
import pathlib


def test_every_preset_ends_with_the_vectors_that_are_computed():
    path = pathlib.Path(__file__).parent / "vectors.py"
    spec = importlib.util.spec_from_file_location("vectors", path)
    vectors = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(vectors)
    assert vectors.wrong_files() == [], "python3 tests/presets/vectors.py --write"
    assert set(vectors.all_vectors()) == {path.stem for path in vectors.PRESETS.glob("*.yaml")}
