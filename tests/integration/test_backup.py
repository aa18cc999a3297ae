"""Backup and restore on a real broker and a real engine: totals come back, and what came later comes from the log."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.backup.settings import BackupSettings
from deploy.backup.work import check, listed, make, restore
from shared.catalogue import load_catalogue
from shared.errors import StartError
from shared.keys import Role, new_key
from shared.keystore import ClickHouseKeyStore
from shared.schema.apply import apply_schema, publish_catalogue
from tests.support.scoring import ScoringSetup, filings, retractions


def settings_of(scoring: ScoringSetup, folder: Path) -> BackupSettings:
    return BackupSettings(**scoring.settings.model_dump(), backups=folder)


def lose_the_tables(scoring: ScoringSetup) -> None:
    scoring.stop()
    client = scoring.schema.engine.server().writer()
    client.command(f"DROP DATABASE {scoring.schema.database} SYNC")
    client.close()


def publish(scoring: ScoringSetup) -> None:
    """What follows a restore: views and catalogue."""
    client = scoring.schema.engine.server().writer()
    apply_schema(client, scoring.schema.database)
    publish_catalogue(client, scoring.schema.database, load_catalogue())
    client.close()


def test_totals_and_keys_come_back_and_later_events_come_from_the_log(
    scoring: ScoringSetup, tmp_path: Path, unique: str
) -> None:
    copies = settings_of(scoring, tmp_path / "copies")
    scoring.send(filings(0, 60))
    scoring.worker().start()
    scoring.wait_exact()
    key = new_key(Role.VIEW, "backup test", at=datetime.now(UTC))
    ClickHouseKeyStore(scoring.schema.writer()).put(key.record)
    make(copies, log_only=False)
    at_backup = scoring.sums()

    scoring.send(retractions(filings(0, 20)))
    scoring.wait_exact()
    later = scoring.sums()
    assert later != at_backup

    lose_the_tables(scoring)
    assert restore(copies, "")[0] == "log: 0 records written"
    publish(scoring)
    assert scoring.sums() == at_backup
    assert key.record.key_id in ClickHouseKeyStore(scoring.schema.writer()).load()
    scoring.worker().start()
    scoring.wait_exact()
    assert scoring.sums() == later
    status, said = scoring.run("audit")
    assert status == 0, said

    make(copies, log_only=True)
    assert len(listed(copies)) == 1
    assert sum(int(line.split()[1]) for line in check(copies)) > 0

    lose_the_tables(scoring)
    (tmp_path / "anew").mkdir()
    lost = ScoringSetup(scoring.kafka, scoring.schema, tmp_path / "anew", f"{unique}-anew-", sent=scoring.sent)
    try:
        restore(settings_of(lost, copies.backups), "")
        publish(lost)
        assert lost.sums() == at_backup
        lost.worker().start()
        lost.wait_exact()
        assert lost.sums() == later
        lost.send(filings(60, 5))
        lost.wait_exact()
    finally:
        lost.stop()


def test_a_copy_of_another_log_is_never_continued_nor_written_over_this_one(
    scoring: ScoringSetup, tmp_path: Path
) -> None:
    copies = settings_of(scoring, tmp_path / "copies")
    scoring.send(filings(0, 20))
    make(copies, log_only=True)
    (tmp_path / "other").mkdir()
    other = ScoringSetup(scoring.kafka, scoring.schema, tmp_path / "other", f"o{scoring.prefix}")
    other.send(filings(100, 40))
    elsewhere = settings_of(other, copies.backups)
    with pytest.raises(StartError, match="differs from its copy"):
        make(elsewhere, log_only=True)
    with pytest.raises(StartError, match="differs from its copy"):
        restore(elsewhere, "")


def test_tables_that_are_there_are_left_as_they_are(scoring: ScoringSetup, tmp_path: Path) -> None:
    copies = settings_of(scoring, tmp_path / "copies")
    make(copies, log_only=False)
    assert restore(copies, "")[1] == "tables: are there, nothing restored"
