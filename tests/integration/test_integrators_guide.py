"""The integrators' guide is true: its blocks run, its vectors agree, its examples are accepted, its tables complete."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from services.ingest.problems import STATUS, Problem
from services.ingest.reasons import RejectReason
from shared.contracts.vocabulary import EVENT_TYPES
from shared.filing_keys import filing_key
from tests.support.ingest import LocalIngest
from tests.support.kafka import LocalKafka
from tests.support.processes import REPO
from tests.support.schema import Schema

GUIDE = (REPO / "docs" / "integrators.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
RUNNERS = {"bash": ["bash", "-euo", "pipefail"], "python": [sys.executable, "-W", "error"], "perl": ["perl"]}
KEY_BLOCKS = [(language, code) for language, code in BLOCKS if language in RUNNERS and "filing_key" in code]
SENDING_BLOCKS = [
    (language, code)
    for language, code in BLOCKS
    if language in RUNNERS and "filing_key" not in code and "CHITIEU_API" not in code
]
EXAMPLES = {json.loads(code)["type"]: json.loads(code) for language, code in BLOCKS if language == "json"}
SECRET = re.search(r"for the secret `([^`]+)`", GUIDE)
VECTORS = re.findall(r"^\| `([^`]+)` \| `([0-9a-f]{64})` \|$", GUIDE, re.MULTILINE)


@pytest.fixture(scope="module")
def ingest(kafka: LocalKafka, module_schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIngest]:
    folder = tmp_path_factory.mktemp("guide")
    process = LocalIngest(folder, kafka.bootstrap, module_schema, f"t{uuid4().hex[:8]}.")
    process.start()
    yield process
    assert process.stop() == 0


def post(ingest: LocalIngest, token: str, event: object) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}", "content-type": "application/cloudevents+json"}
    return httpx.post(f"{ingest.url}/v1/events", content=json.dumps(event), headers=headers, timeout=30)


def run(
    folder: Path, language: str, code: str, *arguments: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    file = folder / f"block.{language}"
    file.write_text(code, encoding="utf-8")
    return subprocess.run(
        [*RUNNERS[language], str(file), *arguments],
        env={**os.environ, **(env or {})},  # noqa: TID251 - children inherit PATH
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_there_are_filing_key_functions_in_three_languages() -> None:
    assert [language for language, _ in KEY_BLOCKS] == ["python", "perl", "bash"]


@pytest.mark.parametrize(("language", "code"), KEY_BLOCKS)
@pytest.mark.parametrize(("number", "key"), VECTORS)
def test_every_language_gives_the_key_of_every_vector(
    tmp_path: Path, language: str, code: str, number: str, key: str
) -> None:
    assert SECRET is not None

    done = run(tmp_path, language, code, SECRET[1], number)

    assert (done.returncode, done.stderr, done.stdout.strip()) == (0, "", key)
    assert filing_key(SECRET[1], number) == key


def test_every_block_that_sends_is_accepted(ingest: LocalIngest, tmp_path: Path) -> None:
    env = {"CHITIEU_URL": ingest.url, "CHITIEU_KEY": ingest.new_key("dvc")}

    assert len(SENDING_BLOCKS) == 6
    for language, code in SENDING_BLOCKS:
        done = run(tmp_path, language, code, env=env)
        assert done.returncode == 0, code + done.stdout + done.stderr
        assert re.search(r"['\"]rejected['\"]: ?0", done.stdout), done.stdout


def test_the_example_of_every_type_is_accepted_and_is_the_golden_sample(ingest: LocalIngest) -> None:
    assert EXAMPLES.keys() == EVENT_TYPES.keys()
    keys = {source: ingest.new_key(source.removeprefix("/systems/")) for source in sources()}
    for kind, example in EXAMPLES.items():
        answer = post(ingest, keys[example["source"]], example)
        assert answer.status_code == 202, (kind, answer.text)
        assert example == json.loads((REPO / "tests" / "data" / "contracts" / f"{kind}.json").read_text())


def sources() -> set[str]:
    return {example["source"] for example in EXAMPLES.values()}


@pytest.mark.parametrize("reason", RejectReason)
def test_every_reason_is_in_the_table(reason: RejectReason) -> None:
    assert re.search(rf"^\| `{reason.value}` \| \S", GUIDE, re.MULTILINE)


@pytest.mark.parametrize("problem", Problem)
def test_every_problem_is_in_the_table_with_its_status(problem: Problem) -> None:
    assert re.search(rf"^\| {STATUS[problem].value} \| `{problem.value}` \| \S", GUIDE, re.MULTILINE)


def test_the_tables_have_no_reason_that_does_not_exist() -> None:
    listed = set(re.findall(r"^\| (?:\d{3} \| )?`([a-z_]+)` \| (?!required|optional)", GUIDE, re.MULTILINE))

    tokens = {reason.value for reason in RejectReason} | {problem.value for problem in Problem}
    assert listed - {"data", "reason"} == tokens
