import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

import services.scoring.readings
from services.api.wording import FLAGS, OUTCOMES, REASONS, STATUSES, Words, reason_words
from services.scoring import sheet
from services.scoring.readings.filings import HALTED_STATUSES

READINGS = Path(services.scoring.readings.__file__).parent
REASON_POSITION = {"exclude": 3, "find": 2, "State": 2}
"""Calls of the readings that name a reason, and which of their arguments it is."""


def tokens(module: str, argument: ast.expr) -> Iterator[str]:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        yield argument.value
    elif isinstance(argument, ast.IfExp):
        yield from tokens(module, argument.body)
        yield from tokens(module, argument.orelse)
    elif isinstance(argument, ast.Name) and argument.id.isupper():
        yield getattr(importlib.import_module(module), argument.id)


def reasons_of_the_readings() -> set[str]:
    found = {sheet.NO_DATA, sheet.STALE, sheet.AWAITING_RECEIVED, *(f"status_{one}" for one in HALTED_STATUSES)}
    for file in READINGS.glob("*.py"):
        module = f"services.scoring.readings.{file.stem}"
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                position = REASON_POSITION.get(name)
                if position is not None and len(node.args) > position:
                    found |= set(tokens(module, node.args[position]))
    return found - {""}


def test_every_reason_that_a_reading_can_give_has_words() -> None:
    found = reasons_of_the_readings()
    assert {"not_offered", "waived", "contradiction", "not_in_register"} <= found
    assert found - set(REASONS) == set()


def test_every_outcome_has_words() -> None:
    outcomes = "counted noted excluded pending duplicate conflict superseded retracted orphan cycle rejected"
    assert set(OUTCOMES) == set(outcomes.split())


@pytest.mark.parametrize("table", [REASONS, OUTCOMES, STATUSES, FLAGS])
def test_words_are_complete_in_both_languages(table: dict[str, Words]) -> None:
    assert all(words.vi and words.en and words.vi != token for token, words in table.items())


def test_reported_paper_files_name_their_period() -> None:
    assert reason_words("2026-07").vi == "Hồ sơ giấy theo báo cáo kỳ 2026-07"


def test_an_unknown_token_is_shown_rather_than_hidden() -> None:
    assert reason_words("brand_new") == Words("brand_new", "brand_new")
