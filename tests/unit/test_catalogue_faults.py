"""Every planted fault of the catalogue is reported with its file and line, and all of them at once."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.catalogue import CatalogueError, load_catalogue
from shared.catalogue.__main__ import main
from shared.catalogue.check import check_folder
from shared.catalogue.load import SHIPPED_FOLDER
from shared.catalogue.source import Problem

Fault = dict[str, str]
FAULTS: list[Fault] = yaml.safe_load((Path(__file__).parents[1] / "data/catalogue_faults/faults.yaml").read_text())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED_FOLDER, tmp_path / "catalogue"))


def plant(folder: Path, fault: Fault) -> None:
    path = folder / fault["file"]
    text = path.read_text()
    assert fault["replace"] in text, "the shipped catalogue no longer holds what this fault replaces"
    path.write_text(text.replace(fault["replace"], fault["with"], 1))


def line_in(folder: Path, fault: Fault) -> int:
    """Line of the planted text; of its second holder where the first is sound."""
    wanted = fault.get("second") or fault.get("with_line") or fault["with"]
    lines = [n for n, line in enumerate((folder / fault["file"]).read_text().splitlines(), 1) if wanted in line]
    return lines[1] if "second" in fault else lines[0]


def stands_among(problems: Sequence[Problem], folder: Path, fault: Fault) -> bool:
    line = line_in(folder, fault)
    return any(
        problem.file == fault["file"] and problem.line == line and fault["message"] in problem.message
        for problem in problems
    )


def found(folder: Path, fault: Fault) -> bool:
    return stands_among(check_folder(folder).problems, folder, fault)


@pytest.mark.parametrize("fault", FAULTS, ids=[fault["name"] for fault in FAULTS])
def test_a_fault_is_reported_with_its_file_and_line(folder: Path, fault: Fault) -> None:
    plant(folder, fault)
    assert found(folder, fault), [str(problem) for problem in check_folder(folder).problems]


@pytest.mark.parametrize("fault", FAULTS, ids=[fault["name"] for fault in FAULTS])
def test_a_faulty_catalogue_is_refused_by_every_process(folder: Path, fault: Fault) -> None:
    plant(folder, fault)
    with pytest.raises(CatalogueError, match=fault["file"]):
        load_catalogue(folder)


def test_all_faults_are_reported_at_once(folder: Path) -> None:
    for fault in FAULTS:
        plant(folder, fault)
    problems = check_folder(folder).problems
    missed = [fault["name"] for fault in FAULTS if not stands_among(problems, folder, fault)]
    assert missed == []


def test_a_syntax_error_is_reported_where_it_is_and_other_files_are_still_checked(folder: Path) -> None:
    broken = folder / "annex-02.yaml"
    broken.write_text(broken.read_text().replace('points: ["1b"]', 'points: ["1b"', 1))
    plant(folder, FAULTS[0])
    problems = check_folder(folder).problems
    assert any(p.file == "annex-02.yaml" and "cú pháp" in p.message and 3 < p.line < 12 for p in problems)
    assert found(folder, FAULTS[0])


def test_a_row_that_failed_is_not_reported_again_by_those_that_refer_to_it(folder: Path) -> None:
    path = folder / "units.yaml"
    path.write_text(path.read_text().replace("{code: so-khcn, level: province,", "{code: so-khcn, level: provinz,", 1))
    assert [problem.message for problem in check_folder(folder).problems if "so-khcn" in problem.message] == []
    assert len(check_folder(folder).problems) == 1


def test_a_missing_file_is_reported(folder: Path) -> None:
    (folder / "systems.yaml").unlink()
    assert [(p.file, p.line) for p in check_folder(folder).problems] == [("systems.yaml", 1)]


@pytest.mark.parametrize("text", ["", "- 1\n", "null\n", "units: 3\n", "\x00", "{[}"])
def test_a_file_of_another_shape_is_reported_and_never_raises(folder: Path, text: str) -> None:
    (folder / "units.yaml").write_text(text)
    assert any(problem.file == "units.yaml" for problem in check_folder(folder).problems)


def test_the_command_lists_faults_and_closes_with_counts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plant(folder, FAULTS[0])
    assert main(["check", str(folder)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{folder / 'indicators.yaml'}:{line_in(folder, FAULTS[0])}: {lines[0].split(': ', 1)[1]}"
    assert lines[-1].startswith("counts: indicators=23 target_values=24 ")


def test_the_command_accepts_the_shipped_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    out: str = capsys.readouterr().out
    for part in ("23 indicators", "24 target values", "104 communes (11 phường, 93 xã)", "12 departments"):
        assert part in out
    for part in ("25 units and 101 tasks of annex 03", "20 task rows of annex 02", "Không có lỗi."):
        assert part in out


@pytest.mark.parametrize("arguments", [["--help"], ["check", "--help"]])
def test_the_command_helps(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert (end.value.code, "check" in capsys.readouterr().out) == (0, True)


def test_the_command_refuses_a_folder_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["check", "no-such-folder"])
    assert (end.value.code, "no-such-folder" in capsys.readouterr().err) == (2, True)


def test_faults_name_different_rules() -> None:
    names: list[Any] = [fault["name"] for fault in FAULTS]
    assert len(set(names)) == len(names) >= 10
