"""The receivers file: read strictly, every problem as one line; units, fallbacks and the receiver of the settings."""

from base64 import b64encode
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from services.alerts.__main__ import main
from services.alerts.channels.alertmanager import labels
from services.alerts.channels.email import EmailOptions
from services.alerts.channels.http import is_public
from services.alerts.channels.registry import open_channel
from services.alerts.channels.webhook import WebhookOptions
from services.alerts.finding import REMINDER_OVER
from services.alerts.policy import RULES, Policy, PolicyFile
from services.alerts.receivers import Receivers, ReceiversError, load_receivers
from shared.errors import StartError
from tests.support.notifications import change, notification, resolved

WHOLE = """
public_url: https://chitieu.tinh.vn
receivers:
  desk: {kind: email, host: mail.tinh.vn, sender: chitieu@tinh.vn, to: [desk@tinh.vn], group_by: unit}
  soc: {kind: webhook, url: "https://soc.tinh.vn/hook", secret_files: [new.secret, old.secret]}
  monitoring: {kind: alertmanager, url: "http://127.0.0.1:9093", everything: true}
  room: {kind: chat, url_file: room.url, rate_per_hour: 6, group_wait: 30s}
  marks: {kind: grafana, url: "http://127.0.0.1:3000", token_file: new.secret}
  don-vi:
    kind: email
    host: mail.tinh.vn
    sender: chitieu@tinh.vn
    by_unit:
      units:
        so-noi-vu: {to: [vp@snv.tinh.vn]}
        so-tai-chinh: {to: [vp@stc.tinh.vn], rate_per_hour: 2}
      otherwise: desk
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With the secrets that the file names."""
    for name in ("new.secret", "old.secret"):
        (tmp_path / name).write_text("whsec_" + b64encode(name.encode() * 3).decode())
    (tmp_path / "room.url").write_text("json://127.0.0.1:1/")
    return tmp_path


def read(folder: Path, text: str) -> Receivers:
    (folder / "receivers.yaml").write_text(text)
    return load_receivers(folder / "receivers.yaml")


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ReceiversError) as raised:
        read(folder, text)
    return raised.value.lines


def told(receivers: Receivers, *names: str, unit: str = "so-noi-vu") -> tuple[str, ...]:
    return receivers.told(change(unit=unit), Policy(receivers=names))


def test_the_end_of_a_reminder_reaches_only_who_would_show_it_as_open_for_ever(folder: Path) -> None:
    """An Alertmanager that nobody tells of it would be sent the reminder again for the rest of the year."""
    over = replace(change("state", state="resolved"), reason=REMINDER_OVER)
    machine = '  machine: {kind: webhook, url: "https://m.tinh.vn/", secret_files: [new.secret], everything: true}\n'
    for everything in ("true", "false"):
        found = read(folder, WHOLE.replace("everything: true", f"everything: {everything}") + machine)
        assert found.told(over, Policy(receivers=("desk", "monitoring"))) == ("monitoring",)


def test_check_says_what_both_files_hold_and_which_names_nobody_stands_for(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read(folder, WHOLE)
    assert main(["check", "--receivers", str(folder / "receivers.yaml")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "receivers: desk, don-vi.so-noi-vu, don-vi.so-tai-chinh, marks, monitoring, room, soc"
    assert lines[2:] == ["nobody is told as ban-dieu-hanh: the receivers file does not have it"]
    read_text = (folder / "receivers.yaml").read_text()
    (folder / "receivers.yaml").write_text(read_text.replace("group_by: unit", "group_by: colour"))
    assert main(["check", "--receivers", str(folder / "receivers.yaml")]) == 1
    assert "desk.group_by" in capsys.readouterr().err


def test_a_file_is_read_with_paths_beside_it_and_each_kind_has_its_defaults(folder: Path) -> None:
    found = read(folder, WHOLE)
    soc, desk = found.each["soc"], found.each["desk"]
    assert isinstance(soc, WebhookOptions)
    assert soc.secret_files == (folder / "new.secret", folder / "old.secret")
    assert (soc.pace.apart, soc.group_wait.total_seconds(), soc.rate_per_hour, soc.working_time) == (
        True,
        0,
        None,
        False,
    )
    assert (desk.pace.apart, desk.group_wait.total_seconds(), desk.rate_per_hour, desk.working_time) == (
        False,
        10,
        20,
        True,
    )
    assert found.public_url == "https://chitieu.tinh.vn/"


def test_every_kind_can_be_opened_without_connecting(folder: Path) -> None:
    found = read(folder, WHOLE)
    assert [open_channel(name, options).name for name, options in found.each.items()] == list(found.each)


def test_a_unit_has_its_own_receiver_and_the_others_fall_back(folder: Path) -> None:
    found = read(folder, WHOLE)
    mine = found.each["don-vi.so-tai-chinh"]
    assert isinstance(mine, EmailOptions)
    assert (mine.to, mine.rate_per_hour, mine.host) == (("vp@stc.tinh.vn",), 2, "mail.tinh.vn")
    assert told(found, "don-vi") == ("don-vi.so-noi-vu", "monitoring")
    assert told(found, "don-vi", unit="xa-khac") == ("desk", "monitoring")
    assert told(found, "desk", "don-vi", unit="xa-khac") == ("desk", "monitoring")


def test_what_is_told_to_nobody_is_not_told_to_those_that_get_everything(folder: Path) -> None:
    quiet = change(tell=False)
    assert read(folder, WHOLE).told(quiet, Policy(receivers=("desk",))) == ()


def test_names_that_the_file_does_not_have_are_left_out_and_can_be_listed(folder: Path) -> None:
    found = read(folder, WHOLE)
    assert told(found, "desk", "province") == ("desk", "monitoring")
    step = {"after": "1h", "receivers": "chair"}
    rules: dict[str, Any] = {rule: {"receivers": ["desk", "don-vi"], "escalation": [step]} for rule in RULES}
    overrides = [{"match": {"rule": "pace"}, "set": {"receivers": "province"}}]
    policies = PolicyFile.model_validate({"version": "t", "rules": rules, "overrides": overrides})
    assert found.unknown(policies) == ["chair", "province"]


def test_the_receiver_of_the_settings_gets_everything_that_is_told(folder: Path) -> None:
    found = load_receivers(None, "http://127.0.0.1:1/", folder / "new.secret")
    assert told(found, "province") == told(found) == ("webhook",)
    assert found.told(change(tell=False), Policy()) == ()
    assert load_receivers(None).each == {}


def test_the_receiver_of_the_settings_stands_beside_the_file_but_not_twice(folder: Path) -> None:
    (folder / "receivers.yaml").write_text(WHOLE)
    both = load_receivers(folder / "receivers.yaml", "http://127.0.0.1:1/", folder / "new.secret")
    assert {"desk", "webhook"} <= set(both.each)
    (folder / "receivers.yaml").write_text(WHOLE.replace("  soc:", "  webhook:"))
    with pytest.raises(ReceiversError, match="one of them is enough"):
        load_receivers(folder / "receivers.yaml", "http://127.0.0.1:1/", folder / "new.secret")


EMAIL = "kind: email, host: m, sender: a@tinh.vn, to: [b@tinh.vn]"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("a: {kind: telegram}", "a: Input tag 'telegram' found using 'kind'"),
        ("a: {url: x}", "a: Unable to extract tag using discriminator 'kind'"),
        (f"a: {{{EMAIL}, grop_by: unit}}", "a.grop_by: Extra inputs are not permitted"),
        (f"a: {{{EMAIL}, group_wait: 10}}", "a.group_wait: a span is a whole number and s, m, h or d: 15m"),
        (f"a: {{{EMAIL}, rate_per_hour: 0}}", "a.rate_per_hour: Input should be greater than or equal to 1"),
        ("a: {kind: email, host: m, sender: a@tinh.vn, to: ['x, y@z']}", "a.to.0: 'x, y@z' is not an address"),
        ("a: {kind: email, host: m, sender: a@tinh.vn, to: []}", "a.to: Tuple should have at least 1 item"),
        (f"a: {{{EMAIL}, username: u}}", "a: username and password_file belong together"),
        (f"a: {{{EMAIL}, security: none, username: u, password_file: new.secret}}", "a: a password is never sent"),
        ("a: {kind: webhook, url: 'ftp://x', secret_files: [new.secret]}", "a.url: URL scheme should be"),
        (
            "a: {kind: webhook, url: 'http://x', secret_files: [none]}",
            "a.secret_files.0: Path does not point to a file",
        ),
        ("a: {kind: webhook, url: 'http://x', secret: whsec}", "a.secret_files: Field required"),
        ("a: {kind: alertmanager, url: 'http://x', ends_after: 90s}", "a: ends_after must be at least twice"),
        (
            f"a: {{{EMAIL}, by_unit: {{units: {{}}, otherwise: b}}}}",
            "a: by_unit.otherwise names b, which is no receiver",
        ),
        (f"a: {{{EMAIL}, by_unit: {{units: {{}}}}}}", "a: by_unit.otherwise: Field required"),
        ("A: {kind: chat}", "String should match pattern"),
        ("a: {kind: chat}\n  a: {kind: chat}", "a stands twice"),
        ("a: [", "receivers.yaml: while parsing"),
    ],
)
def test_a_mistake_is_named_in_one_line(folder: Path, line: str, problem: str) -> None:
    said = problems(folder, f"receivers:\n  {line}\n")
    assert any(problem in one for one in said), said
    assert all("\n" not in one for one in said)


def test_every_mistake_is_named_at_once_and_no_value_of_a_secret(folder: Path) -> None:
    said = problems(folder, "receivers:\n  a: {kind: chat, url: 'tgram://token'}\n  b: {kind: email}\n")
    assert {one.split(":")[0] for one in said} >= {"a.url", "a.url_file", "b.host", "b.sender", "b.to"}
    assert "tgram" not in "".join(said)


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ReceiversError, match="receivers.yaml.*No such file"):
        load_receivers(tmp_path / "receivers.yaml")


def test_a_chat_address_that_apprise_does_not_know_stops_the_start(folder: Path) -> None:
    (folder / "room.url").write_text("nonsense")
    found = read(folder, WHOLE)
    with pytest.raises(StartError, match="room: url_file holds no URL"):
        open_channel("room", found.each["room"])


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_x", "not base64 ä"])
def test_a_file_without_a_secret_stops_the_start(folder: Path, secret: str) -> None:
    (folder / "old.secret").write_text(secret)
    with pytest.raises(StartError, match="soc: old.secret holds no secret"):
        open_channel("soc", read(folder, WHOLE).each["soc"])


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "0.0.0.0",  # noqa: S104 - refused
        "224.0.0.1",
        "255.255.255.255",
        "240.0.0.1",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:53aa:64c:0:0:0:1",
    ],
)
def test_an_address_of_the_own_network_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "203.113.131.1", "2a00:1450:4001:830::200e"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_labels_are_the_same_for_the_whole_life_of_an_alert() -> None:
    assert labels(notification()) == labels(resolved(severity="critical", at=notification().at))
    assert set(labels(notification(""))) == {"alertname", "alert_id", "source", "indicator", "figure", "period"}
