"""Commands about alerts through the api into a real Kafka, what is refused before that, and what pages read."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from aiokafka import TopicPartition

from shared.contracts.commands import Command, Matching, decode_command
from shared.kafka import consumer
from shared.settings import SharedSettings
from shared.topics import COMMANDS
from shared.topics.setup import create_topics
from tests.support.api import NOON, TODAY, ApiProcess, start_api
from tests.support.board_seed import TRANSITION, seeded_schema
from tests.support.engine import EngineProcess
from tests.support.kafka import LocalKafka
from tests.support.processes import free_ports
from tests.support.schema import OWNER_TOKEN as TOKEN

NOW = datetime.fromisoformat(NOON)
TOMORROW = "2026-11-24T05:00:00Z"
UNKNOWN = "system_unmonitored:mot-cua@so/1"
LINE = "link_down:xa-12070/1"
STANDING = '{"name":"%s","number":%d,"told":"firing","acknowledgement":%s,"flapping":%s}'
TAKEN = '{"by":"Tổ CĐS","at":"2026-11-23T03:30:00Z","until":null}'
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def settings(kafka: LocalKafka) -> SharedSettings:
    settings = SharedSettings(kafka_bootstrap=kafka.bootstrap, topic_prefix="api-commands-")
    asyncio.run(create_topics(settings))
    return settings


@pytest.fixture(scope="module")
def api(
    engine: EngineProcess, settings: SharedSettings, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiProcess]:
    process = start_api(
        seeded_schema(engine, TODAY),
        tmp_path_factory.mktemp("api"),
        kafka_bootstrap=settings.kafka_bootstrap,
        topic_prefix=settings.topic_prefix,
    )
    writer = process.schema.writer()
    writer.insert("alert_transitions", planted(), column_names=[*TRANSITION, "by", "note", "receivers"])
    writer.close()
    yield process
    process.process.stop()


def planted() -> list[list[Any]]:
    """A line that went down two days ago, was acknowledged after half an hour, flaps; and one that has ended."""
    opened = NOW - 48 * HOUR
    return [
        change(LINE, 1, opened, "state", ("ok", "firing"), receivers=["soc"]),
        change(LINE, 2, opened + HOUR / 2, "acknowledged", ("firing", "firing"), by="Tổ CĐS", note="đang sửa"),
        change("link_down:xa-12073", 1, NOW - 30 * HOUR, "state", ("ok", "firing"), receivers=["soc"]),
        change("link_down:xa-12073", 2, NOW - 29 * HOUR, "state", ("firing", "resolved"), receivers=["soc"]),
    ]


def change(alert: str, number: int, at: datetime, kind: str, states: tuple[str, str], **more: Any) -> list[Any]:
    acknowledged = kind == "acknowledged"
    standing = STANDING % (states[1], number, TAKEN if acknowledged else "null", "true" if acknowledged else "false")
    rule, _, thing = alert.partition(":")
    what = [rule, thing, "", "", thing[:8], "", kind, *states, "down", "critical", at, "Đứt đường truyền.", "{}"]
    who = [more.get("by", ""), more.get("note", ""), more.get("receivers", [])]
    return [alert, number, *what, standing, TOKEN, *who]


def open_alert(api: ApiProcess) -> str:
    found: str = api.get("/v1/alerts?limit=1&rule=below_target", "view").json()["alerts"][0]["alert_id"]
    return found


def ask(api: ApiProcess, path: str, body: Any, role: str = "operate", **headers: str) -> httpx.Response:
    key = {"Authorization": f"Bearer {api.tokens[role]}"} if role else {}
    return httpx.post(f"{api.url}{path}", json=body, headers={**key, **headers}, timeout=30)


def about(alert: str, action: str) -> str:
    return f"/v1/alerts/{quote(alert, safe='')}/{action}"


def written(settings: SharedSettings) -> list[Command]:
    """Everything that is in the topic."""

    async def read() -> list[Command]:
        place = TopicPartition(settings.topic_prefix + COMMANDS, 0)
        async with consumer(settings) as source:
            source.assign([place])
            end = (await source.end_offsets([place]))[place]
            return [decode_command((await source.getone(place)).value) for _ in range(end)]

    return asyncio.run(read())


def test_each_command_is_one_message_with_the_keys_owner(api: ApiProcess, settings: SharedSettings) -> None:
    alert = open_alert(api)
    bodies = {"ack": {"note": "đang xử lý", "until": TOMORROW}, "note": {"note": "đã gọi xã"}, "escalate": {},
              "silence": {"until": TOMORROW}}  # fmt: skip
    answers = [ask(api, about(alert, action), body) for action, body in bodies.items()]
    assert [answer.status_code for answer in answers] == [202] * 4
    told = {one.id: one for one in written(settings)}
    commands = [told[answer.json()["command_id"]] for answer in answers]
    assert [one.action for one in commands] == ["acknowledge", "note", "escalate", "silence"]
    assert {(one.alert_id, one.by, one.at) for one in commands} == {(alert, "test operate", NOW)}
    assert (commands[0].note, commands[0].until) == ("đang xử lý", datetime.fromisoformat(TOMORROW))
    assert commands[3].matching == Matching(alert_id=alert)


def test_maintenance_is_a_silence_with_a_beginning(api: ApiProcess, settings: SharedSettings) -> None:
    asked = {"unit": "xa-12070", "begins": "2026-11-23T20:00:00Z", "until": TOMORROW, "note": "bảo trì"}
    answer = ask(api, "/v1/silences", asked)
    command = {one.id: one for one in written(settings)}[answer.json()["command_id"]]
    assert command.matching == Matching(unit="xa-12070")
    assert (command.begins, command.note) == (datetime(2026, 11, 23, 20, tzinfo=UTC), "bảo trì")


def test_a_repeat_under_the_callers_own_id_carries_that_id(api: ApiProcess, settings: SharedSettings) -> None:
    own = "7d444840-9dc0-41d1-b245-5ffdce74fad2"
    path = about(open_alert(api), "ack")
    ids = {ask(api, path, {}, **{"Idempotency-Key": own}).json()["command_id"] for _ in range(2)}
    assert ids == {own}
    assert [one.id for one in written(settings)].count(own) == 2


@pytest.mark.parametrize(
    ("action", "body", "status", "reason"),
    [
        ("ack", {"note": "số 033090001234"}, 422, "personal_data"),
        ("ack", {"until": "2026-11-22T05:00:00Z"}, 422, "until"),
        ("silence", {"until": "2027-03-22T05:00:00Z"}, 422, "until"),
        ("silence", {}, 422, "parameters"),
        ("note", {"note": "x" * 501}, 422, "parameters"),
        ("note", {"note": "x", "by": "someone else"}, 422, "parameters"),
        ("close", {}, 405, "method"),
    ],
)
def test_what_cannot_be_is_refused_by_name(
    api: ApiProcess, settings: SharedSettings, action: str, body: dict[str, str], status: int, reason: str
) -> None:
    before = len(written(settings))
    answer = ask(api, about(open_alert(api), action), body)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    assert answer.json()["title"]
    assert "033090001234" not in answer.text
    assert len(written(settings)) == before


def test_alerts_and_silences_that_do_not_exist_or_have_ended_are_said_so(api: ApiProcess) -> None:
    told = [
        ask(api, about(UNKNOWN, "ack"), {}),
        ask(api, about("link_down:xa-12073", "ack"), {}),
        ask(api, "/v1/silences", {"unit": "xa-khong-co", "until": TOMORROW}),
        ask(api, "/v1/silences", {"until": TOMORROW}),
        httpx.delete(
            f"{api.url}/v1/silences/7d444840-9dc0-41d1-b245-5ffdce74fad2",
            headers={"Authorization": f"Bearer {api.tokens['operate']}"},
        ),
    ]
    assert [one.json()["reason"] for one in told] == [
        "no_alert", "alert_not_open", "matches_nothing", "matches_everything", "no_silence"
    ]  # fmt: skip


def test_only_who_operates_acts_and_only_from_our_own_page(api: ApiProcess) -> None:
    path = about(open_alert(api), "note")
    told = {role: ask(api, path, {"note": "x"}, role).status_code for role in ("view", "emit", "operate")}
    assert told == {"view": 403, "emit": 403, "operate": 202}
    assert ask(api, path, {"note": "x"}, "", Origin=api.url).status_code == 401
    with httpx.Client(base_url=api.url, timeout=30) as browser:
        browser.post("/session", json={"key": api.tokens["operate"]})
        for headers, reason in [
            ({}, "other_site"),
            ({"Origin": "https://evil.example"}, "other_site"),
            ({"Origin": api.url, "Sec-Fetch-Site": "same-site"}, "other_site"),
        ]:
            answer = browser.post(path, json={"note": "x"}, headers=headers)
            assert (answer.status_code, answer.json()["reason"]) == (403, reason)
        assert browser.post(path, json={"note": "x"}, headers={"Origin": api.url}).status_code == 202


def test_without_kafka_the_answer_is_503_and_says_when_to_try_again(
    engine: EngineProcess, tmp_path: Path, api: ApiProcess
) -> None:
    port = free_ports(1)[0]
    alone = start_api(api.schema, tmp_path, kafka_bootstrap=f"127.0.0.1:{port}")
    try:
        answer = ask(alone, about(open_alert(alone), "ack"), {})
        assert (answer.status_code, answer.json()["reason"]) == (503, "command_unsure")
        assert answer.headers["retry-after"]
    finally:
        alone.process.stop()


def test_a_list_is_filtered_and_sorted(api: ApiProcess) -> None:
    gravest = api.get("/v1/alerts?sort=severity", "view").json()
    assert (gravest["alerts"][0]["alert_id"], gravest["open"]) == (LINE, 19)
    assert gravest["alerts"][0]["acknowledgement"]["by"] == "Tổ CĐS"
    for query, expected in [
        ("acknowledged=yes", {LINE}),
        ("severity=critical", {LINE}),
        ("rule=link_down", {LINE}),
        ("rule=link_down&state=all", {LINE, "link_down:xa-12073"}),
        ("state=resolved", {"link_down:xa-12073"}),
        ("rule=link_down&acknowledged=no", set()),
    ]:
        found = {one["alert_id"] for one in api.get(f"/v1/alerts?{query}", "view").json()["alerts"]}
        assert found == expected, query
    units = [one["unit"] for one in api.get("/v1/alerts?sort=unit", "view").json()["alerts"]]
    assert units == sorted(units)


def test_an_alert_with_any_sign_in_its_id_has_its_history_and_deliveries(api: ApiProcess) -> None:
    detail = api.get(f"/v1/alerts/{quote(LINE, safe='')}", "view").json()
    assert [(one["change"], one["by"], one["note"]) for one in detail["history"]] == [
        ("state", "", ""), ("acknowledged", "Tổ CĐS", "đang sửa")
    ]  # fmt: skip
    assert [(one["receiver"], one["state"]) for one in detail["deliveries"]] == [("soc", "waiting")]
    assert api.get(f"/alerts/{quote(LINE, safe='')}").status_code == 200


def test_statistics_say_what_stands_flaps_repeats_and_how_soon_it_is_taken_on(api: ApiProcess) -> None:
    told = api.get("/v1/alerts/statistics", "view").json()
    assert [one["alert_id"] for one in told["standing"]] == [LINE]
    assert [one["alert_id"] for one in told["flapping"]] == [LINE]
    assert (told["top_offenders"][0]["alert_id"], told["top_offenders"][0]["changes"]) == ("link_down:xa-12073", 2)
    assert (told["open"], told["unacknowledged"]) == (19, 18)
    assert (told["acknowledged"], told["median_seconds_to_acknowledge"]) == (1, 1800.0)
    days = {one["day"]: (one["opened"], one["ended"], one["told"]) for one in told["days"]}
    assert days["2026-11-21"] == (1, 0, 1)
    assert days["2026-11-22"] == (1, 1, 2)
