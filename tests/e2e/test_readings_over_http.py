"""Every hand-written case of the 23 readings, sent through HTTP and read from the ledger and the board."""

from collections.abc import Iterator
from typing import Any

import pytest

from shared.catalogue import load_catalogue
from tests.support.cases import Case, read_cases
from tests.support.pipeline import Pipeline
from tests.support.stack import LocalStack

CASES = read_cases(load_catalogue())

SUMS = """
SELECT reading, unit, reason, sum(num) AS n, sum(den) AS d, sum(excluded) AS e
FROM ledger
INNER JOIN (SELECT DISTINCT rollup.reading AS reading, figures.kind IN ('flow', 'reported_flow') AS is_flow
            FROM catalogue_rollup AS rollup
            INNER JOIN catalogue_figures AS figures ON figures.figure = rollup.figure
            WHERE figures.code = {code:String}) AS readings USING (reading)
INNER JOIN (SELECT start, end FROM catalogue_periods WHERE code = {period:String}) AS period ON 1 = 1
WHERE subject IN {subjects:Array(String)} AND day <= least({as_of:Date}, end) AND (day >= start OR NOT is_flow)
GROUP BY reading, unit, reason HAVING n != 0 OR d != 0 OR e != 0
"""


@pytest.fixture(scope="module")
def pipeline(stack: LocalStack) -> Iterator[Pipeline]:
    """All cases sent and scored, in the order of their files."""
    pipeline = Pipeline(stack)
    for case in CASES:
        pipeline.send(case.events)
    pipeline.wait_scored()
    yield pipeline
    pipeline.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.indicator}: {case.name}")
def test_a_case_sent_through_http_makes_exactly_its_cells(pipeline: Pipeline, case: Case) -> None:
    rows = pipeline.engine.query(SUMS, parameters=parameters(case)).result_rows
    found = {(reading, unit, reason): (n, d, e) for reading, unit, reason, n, d, e in rows}
    assert found == {key: amounts for key, amounts in case.expect.items() if key[0] != "network_coverage.downtime"}


@pytest.mark.parametrize("case", [case for case in CASES if case.board], ids=lambda case: case.name)
def test_a_case_at_the_limit_has_its_status_on_the_board(pipeline: Pipeline, case: Case) -> None:
    for row in case.board:
        answer = pipeline.http.get(
            pipeline.stack.url("api", f"/v1/cells/{row['figure'].split('.')[0]}/{row['unit']}"),
            params={"period": case.period, "as_of": case.as_of.isoformat()},
            headers=pipeline.bearer("view"),
        )
        cells = [figure["cell"] for figure in answer.raise_for_status().json()["figures"]]
        assert {cell["figure"]: cell["status"] for cell in cells}[row["figure"]] == row["status"]


def parameters(case: Case) -> dict[str, Any]:
    return {
        "code": case.indicator,
        "period": case.period,
        "as_of": case.as_of,
        "subjects": sorted(case.subjects),
    }
