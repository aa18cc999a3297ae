"""`send` as a person uses it: a file from Excel, a real ingest, safe to repeat."""

import csv
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from shared.filing_keys import filing_key
from tests.support.ingest import LocalIngest
from tests.support.kafka import LocalKafka
from tests.support.schema import Schema
from tests.support.waiting import wait_until

SECRET = "0123456789abcdef0123456789abcdef"
NUMBER = "H31.16-260302-0001"


@pytest.fixture(scope="module")
def ingest(kafka: LocalKafka, module_schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalIngest]:
    folder = tmp_path_factory.mktemp("send")
    process = LocalIngest(folder, kafka.bootstrap, module_schema, f"t{uuid4().hex[:8]}.")
    process.start()
    (folder / "secret").write_text(SECRET + "\n")
    (folder / "key").write_text(process.new_key("nhap-lieu") + "\n")
    (folder / "probe.ndjson").write_text("{}\n")
    wait_until(lambda: send(process, folder / "probe.ndjson").returncode == 1, deadline_seconds=20, what="key")
    yield process
    assert process.stop() == 0


def send(ingest: LocalIngest, file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return ingest.run("send", str(file), "--url", ingest.url, "--key-file", str(ingest.folder / "key"), *options)


def table(file: Path, *ratings: str) -> Path:
    rows = [
        ["filing.rated", "02/03/2026 09:30", "so-khcn", NUMBER.replace("0001", f"{n:04}"), "", rating]
        for n, rating in enumerate(ratings, 1)
    ]
    head = ["Loại sự kiện *", "Thời điểm *", "Mã đơn vị *", "Số hồ sơ", "Khóa hồ sơ", "Mức hài lòng *"]
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        csv.writer(out, delimiter=";").writerows([head, *rows])
    return file


def test_a_table_is_sent_and_sending_it_again_adds_only_the_same_events(ingest: LocalIngest, tmp_path: Path) -> None:
    file = table(tmp_path / "a.csv", "hài lòng", "bình thường")
    secret = ("--secret-file", str(ingest.folder / "secret"))

    first, second = send(ingest, file, *secret), send(ingest, file, *secret)

    assert (first.returncode, second.returncode) == (0, 0), first.stdout + first.stderr
    assert "2 dòng được nhận, 0 dòng bị từ chối" in first.stdout
    found = [event for event in ingest.events() if event.subject == f"filing/{filing_key(SECRET, NUMBER)}"]
    assert len(found) == 2
    assert found[0] == found[1]
    assert not (tmp_path / "a.csv.tu-choi.csv").exists()


def test_refused_lines_are_listed_with_their_reason_in_vietnamese_and_without_values(
    ingest: LocalIngest, tmp_path: Path
) -> None:
    file = table(tmp_path / "b.csv", "hài lòng", "tuyệt vời", "034085001234")

    done = send(ingest, file, "--secret-file", str(ingest.folder / "secret"))

    assert (done.returncode, "1 dòng được nhận, 2 dòng bị từ chối" in done.stdout) == (1, True)
    with (tmp_path / "b.csv.tu-choi.csv").open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.reader(lines, delimiter=";"))
    assert [row[:3] for row in rows] == [
        ["Dòng", "Lý do", "Trường"],
        ["3", "data_invalid", "/data/rating"],
        ["4", "personal_data", "/data/rating"],
    ]
    assert rows[1][3].startswith("Dữ liệu sai")
    assert "034085001234" not in str(rows)


def test_a_dry_run_checks_and_writes_nothing(ingest: LocalIngest, tmp_path: Path) -> None:
    before = len(ingest.events())
    file = table(tmp_path / "c.csv", "hài lòng")

    done = send(ingest, file, "--dry-run", "--secret-file", str(ingest.folder / "secret"))

    assert (done.returncode, done.stdout.startswith("Kiểm tra thử, không ghi: 1")) == (0, True)
    assert len(ingest.events()) == before


def test_a_raw_number_without_the_secret_never_leaves_the_machine(ingest: LocalIngest, tmp_path: Path) -> None:
    done = send(ingest, table(tmp_path / "d.csv", "hài lòng"))

    assert done.returncode == 1
    assert "0 dòng được nhận, 1 dòng bị từ chối" in done.stdout


def test_a_wrong_key_ends_it_at_once_with_exit_status_2(ingest: LocalIngest, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("ct_x_y")
    (tmp_path / "e.ndjson").write_text('{"type":"filing.rated"}\n')

    done = ingest.run("send", str(tmp_path / "e.ndjson"), "--url", ingest.url, "--key-file", str(tmp_path / "wrong"))

    assert (done.returncode, "401" in done.stderr) == (2, True)


def test_keys_are_listed_without_their_secrets(ingest: LocalIngest) -> None:
    token = ingest.new_key("dvc", units=["xa-11977", "xa-11992"], types=["filing.rated"])
    _, key_id, secret = token.split("_", 2)

    listed = ingest.run("keys", "list")

    (line,) = [line for line in listed.stdout.splitlines() if line.startswith(key_id)]
    assert line.split() == [key_id, "active", "emit", "dvc", "xa-11977,xa-11992", "filing.rated", "test"]
    assert secret not in listed.stdout


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        (("--role", "emit"), "--system is required"),
        (("--role", "view", "--system", "dvc"), "--system is required for role emit, and only for it"),
        (("--role", "emit", "--system", "la"), "not in the catalogue"),
        (("--role", "emit", "--system", "lgsp"), "may send nothing"),
        (("--role", "emit", "--system", "dvc", "--units", "hung-yen"), "hung-yen"),
        (("--role", "emit", "--system", "dvc", "--types", "document.sent"), "document.sent"),
    ],
)
def test_a_key_that_could_never_be_used_is_not_made(ingest: LocalIngest, options: tuple[str, ...], cause: str) -> None:
    done = ingest.run("keys", "new", "--owner", "test", *options)

    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert cause in done.stderr
