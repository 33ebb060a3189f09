#!/usr/bin/env python3
"""Makes the demo's configuration out of the example: same sources and rules, own addresses and files.

    demo_configuration.py EXAMPLE FOLDER WEBHOOKS_PORT OPERATOR_PORT TEMPORAL_PORT

Writes FOLDER/headgate.yaml and a fresh random secret into each file that the example names, and prints what
the demo must know, as shell assignments.
"""

import pathlib
import re
import secrets
import shlex
import sys

VALUE = r'(?:"[^"]*"|[^\s,}]+)'


def replaced(text, pattern, value):
    """The text with the one value after `pattern` replaced; ends the program where there is none."""
    text, count = re.subn(rf"({pattern}\s*){VALUE}", lambda match: match[1] + value, text, count=1)
    if not count:
        sys.exit(f"error: the example has no place like {pattern}")
    return text


def said(text, pattern):
    found = re.search(rf"{pattern}\s*({VALUE})", text)
    return found[1].strip('"') if found else sys.exit(f"error: the example does not say {pattern}")


def main():
    example, folder, webhooks, console, temporal = sys.argv[1:]
    folder = pathlib.Path(folder)
    text = re.sub(r"(?m)^\s*#.*\n", "", pathlib.Path(example).read_text())
    text = replaced(text, r"webhooks:\s*\{?\s*address:", f'"127.0.0.1:{webhooks}"')
    text = replaced(text, r"operator:\s*\{?\s*address:", f'"127.0.0.1:{console}"')
    text = replaced(text, r"temporal:\s*\{?\s*address:", f'"127.0.0.1:{temporal}"')
    text = replaced(text, r"sqlite:\s*\{?\s*path:", f'"{folder}/headgate.db"')
    (folder / "secrets").mkdir()

    def own_file(match):
        path = folder / "secrets" / pathlib.Path(match[1].strip('"')).name
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_hex(20))
        return f'file: "{path}"'

    github = said(text, r"preset:\s*github,\s*secrets:\s*\[\s*\{\s*file:")
    operator = said(text, r"role:\s*operator,\s*token:\s*\{\s*file:")
    text = re.sub(rf"file:\s*({VALUE})", own_file, text)
    (folder / "headgate.yaml").write_text(text)
    known = {
        "github_secret_file": folder / "secrets" / pathlib.Path(github).name,
        "operator_token_file": folder / "secrets" / pathlib.Path(operator).name,
        "temporal_namespace": said(text, r"namespace:"),
        "task_queue": said(text, r"task_queue:"),
        "github_path": said(text, r"github:\s*\n?\s*\{?\s*path:"),
    }
    for name, value in known.items():
        print(f"{name}={shlex.quote(str(value))}")


if __name__ == "__main__":
    main()
