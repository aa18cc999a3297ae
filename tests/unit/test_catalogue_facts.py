"""What changes a catalogue's version, and what alone changes the facts that readings see."""

import shutil
from pathlib import Path

import pytest

from services.scoring.facts import Facts
from shared.catalogue import Catalogue, load_catalogue
from shared.catalogue.facts import version
from shared.catalogue.load import SHIPPED_FOLDER

Change = tuple[str, str, str]
NOT_COUNTING: list[Change] = [
    ("indicators.yaml", 'value: 60, comparator: ">="', 'value: 61, comparator: ">="'),
    ("indicators.yaml", 'name_en: "Electronic results"', 'name_en: "Results"'),
    ("units.yaml", 'short_vi: "Sở KH&CN"', 'short_vi: "Sở KHCN"'),
    ("systems.yaml", "cadence_working_days: 25", "cadence_working_days: 24"),
    ("periods.yaml", 'name_vi: "Quý I"', 'name_vi: "Quý 1"'),
    ("holidays.yaml", "verified: false, pending: true", "verified: true, pending: false"),
    ("units.yaml", "{code: bql-kkt, level: province", "{code: bql-kkt, level: external"),
]
COUNTING: list[Change] = [
    ("systems.yaml", "lifecycle: planned", "lifecycle: in_use"),
    ("systems.yaml", "owner: so-y-te", "owner: so-nnmt"),
    ("portals.yaml", "unit: xa-12004, serves: information", "unit: xa-12004, serves: services"),
    ("portals.yaml", "version: nd42-2022.1", "version: nd42-2022.2"),
    ("reports.yaml", "code: bc-ktxh-quy", "code: bc-ktxh-3-thang"),
    ("periods.yaml", "start_day: 15", "start_day: 16"),
    ("communes.yaml", "{code: xa-12004, ", "{code: xa-12004, valid_to: 2026-06-30, "),
]


def changed(tmp_path: Path, change: Change) -> Path:
    folder = Path(shutil.copytree(SHIPPED_FOLDER, tmp_path / "catalogue"))
    file, old, new = change
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))
    return folder


def counting_facts_hash(catalogue: Catalogue) -> str:
    return Facts.from_catalogue(catalogue).hash


def test_the_same_files_give_the_same_hashes_in_any_folder(tmp_path: Path) -> None:
    copy = load_catalogue(Path(shutil.copytree(SHIPPED_FOLDER, tmp_path / "catalogue")))
    assert version(copy) == version(load_catalogue())
    assert counting_facts_hash(copy) == counting_facts_hash(load_catalogue())


@pytest.mark.parametrize("change", NOT_COUNTING)
def test_what_does_not_count_changes_the_version_only(tmp_path: Path, change: Change) -> None:
    other = load_catalogue(changed(tmp_path, change))
    assert version(other) != version(load_catalogue())
    assert counting_facts_hash(other) == counting_facts_hash(load_catalogue())


@pytest.mark.parametrize("change", COUNTING)
def test_what_enters_the_ledger_changes_both(tmp_path: Path, change: Change) -> None:
    other = load_catalogue(changed(tmp_path, change))
    assert version(other) != version(load_catalogue())
    assert counting_facts_hash(other) != counting_facts_hash(load_catalogue())


def test_the_catalogue_is_read_once_per_process() -> None:
    assert load_catalogue() is load_catalogue(SHIPPED_FOLDER)
