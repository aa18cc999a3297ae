"""`keys new` refuses what would promise more than the services keep."""

import pytest

from services.ingest.__main__ import main


@pytest.mark.parametrize("role", ["view", "operate"])
@pytest.mark.parametrize("option", [("--units", "so-khcn"), ("--types", "filing.rated")])
def test_a_key_that_looks_cannot_be_made_with_limits_that_nobody_enforces(
    role: str, option: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["keys", "new", "--role", role, "--owner", "test", *option])

    said = capsys.readouterr()
    assert (status, said.out) == (1, "")
    assert f"restrict role emit only: a key of role {role} sees every unit and type" in said.err
