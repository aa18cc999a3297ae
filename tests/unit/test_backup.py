"""The copy of the log as files, and what a backup decides before anything is written."""

from pathlib import Path

import pytest

from deploy.backup.manifest import Manifest, chosen, write
from deploy.backup.segments import Copied, Segment, SegmentWriter, copied_end, read, record_at, segments
from deploy.backup.tables import grouped
from deploy.backup.work import alone, prove_reach
from shared.errors import StartError


def copied(offset: int) -> Copied:
    return Copied(offset, 1_772_500_000_000 + offset, None if offset % 2 else b"key", b"x" * offset, [("h", b"v")])


def written(folder: Path, first: int, last: int) -> Segment:
    with SegmentWriter(folder) as writer:
        for offset in range(first, last + 1):
            writer.add(copied(offset))
        segment = writer.finish()
    assert segment is not None
    return segment


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    written(tmp_path, 0, 9)
    written(tmp_path, 10, 12)
    assert copied_end(tmp_path) == 13
    assert [one for segment in segments(tmp_path) for one in read(segment)] == [copied(n) for n in range(13)]
    assert record_at(tmp_path, 11) == copied(11)
    assert record_at(tmp_path, 13) is None


def test_an_empty_segment_and_one_that_was_not_finished_leave_nothing(tmp_path: Path) -> None:
    with SegmentWriter(tmp_path) as writer:
        assert writer.finish() is None
    with SegmentWriter(tmp_path) as writer:
        writer.add(copied(0))
    assert list(tmp_path.iterdir()) == []


def test_records_that_are_missing_between_files_are_seen(tmp_path: Path) -> None:
    written(tmp_path, 0, 4)
    written(tmp_path, 6, 8)
    with pytest.raises(StartError, match="records 5 to 5 are missing"):
        segments(tmp_path)


@pytest.mark.parametrize("damage", ["cut", "flip"])
def test_a_damaged_file_is_refused(tmp_path: Path, damage: str) -> None:
    segment = written(tmp_path, 0, 200)
    content = bytearray(segment.path.read_bytes())
    if damage == "cut":
        del content[len(content) // 2 :]
    else:
        content[len(content) // 2] ^= 0xFF
    segment.path.write_bytes(content)
    with pytest.raises(StartError):
        list(read(segment))


def test_a_file_that_holds_other_records_than_its_name_says_is_refused(tmp_path: Path) -> None:
    segment = written(tmp_path, 0, 4)
    with pytest.raises(StartError, match="ends before record 5"):
        list(read(Segment(0, 5, segment.path)))
    with pytest.raises(StartError, match="record 0 where 1 belongs"):
        list(read(Segment(1, 4, segment.path)))


def test_receipts_are_copied_after_the_ledger_and_versions_before_both() -> None:
    tables = ["active_versions", "api_keys", "deliveries", "events_1", "events_2", "ledger_1", "scoring_owners_1"]
    assert grouped(tables) == [
        ["active_versions", "deliveries"],
        ["api_keys", "ledger_1", "scoring_owners_1"],
        ["events_1", "events_2"],
    ]
    assert grouped([]) == []


def test_tables_that_hold_more_than_the_log_are_refused() -> None:
    prove_reach({0: -1, 1: 9}, {0: 0, 1: 10})
    with pytest.raises(StartError, match="partition 1 up to 9, the log up to 8"):
        prove_reach({0: -1, 1: 9}, {0: 0, 1: 9})


def test_the_newest_backup_is_taken_unless_one_is_named(tmp_path: Path) -> None:
    assert chosen(tmp_path, "") is None
    for name in ("20261123T120000Z", "20261122T120000Z"):
        write(tmp_path, Manifest(name, "chitieu", {"events-0": 3}, [["ledger_1"]]))
    newest, named = chosen(tmp_path, ""), chosen(tmp_path, "20261122T120000Z")
    assert newest is not None
    assert named is not None
    assert (newest.name, named.name) == ("20261123T120000Z", "20261122T120000Z")
    with pytest.raises(StartError, match="there is no backup 2025 in .*; there are 20261122T120000Z, 20261123T120000Z"):
        chosen(tmp_path, "2025")


def test_two_backups_never_work_in_one_folder(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(StartError, match="another backup"), alone(tmp_path):
        pass
