"""What is committed names no machine, no registry and no secret."""

import re
from pathlib import Path

from tests.architecture.sources import committed_files, place

# Written in two parts, so that this file does not find itself.
REGISTRIES = [
    "pypi" + ".org",
    "files.python" + "hosted",
    "repo." + "maven",
    "repo1." + "maven",
    "registry." + "npmjs",
    "deb." + "debian.org",
    "security." + "debian.org",
]
MACHINES = ["/" + "work/", "/root" + "/", "/home" + "/", "." + "library/"]
SECRETS = ["PRIVATE " + "KEY-----", "whsec" + "_[A-Za-z0-9+/]{24}", "AKIA" + "[0-9A-Z]{16}"]


def findings(patterns: list[str]) -> list[str]:
    expression = re.compile("|".join(patterns))
    return [
        f"{place(file)}:{number}: {line.strip()[:100]}"
        for file in committed_files()
        for number, line in enumerate(_text(file).splitlines(), start=1)
        if expression.search(line)
    ]


def _text(file: Path) -> str:
    """Text of a file; nothing for pictures and other bytes."""
    content = file.read_bytes()
    return "" if b"\0" in content else content.decode(errors="replace")


def test_no_file_names_a_package_registry() -> None:
    assert findings([re.escape(word) for word in REGISTRIES]) == []


def test_no_file_names_a_folder_of_one_machine() -> None:
    assert findings([rf"(?<![\w.~}}-]){re.escape(word)}" for word in MACHINES]) == []


def test_no_file_holds_a_secret() -> None:
    assert findings(SECRETS) == []
