"""`make test` is all tests."""

import subprocess
from pathlib import Path

from tests.architecture.sources import REPO, python_files


def test_every_test_is_in_exactly_one_part_of_make_test() -> None:
    # Not as a part of the `make` that may have started this test.
    make = ["env", "-u", "ARGS", "-u", "MAKEFLAGS", "-u", "MAKELEVEL", "make", "--dry-run", "test"]
    plan = subprocess.run(make, cwd=REPO, check=True, capture_output=True, text=True).stdout
    runs = [line.split() for line in plan.splitlines() if " -m pytest " in line]
    named = [REPO / word for words in runs for word in words if word.startswith("tests/")]

    def parts(file: Path) -> int:
        return sum(file.is_relative_to(one) for one in named)

    tests = [file for file in python_files("tests") if file.name.startswith("test_")]
    assert [file for file in tests if parts(file) != 1] == []
