"""Each rule of validation by itself: a good event passes, and each fault has its reason and pointer."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.reasons import EXPLANATIONS, Rejected, RejectReason
from services.ingest.scope import Scope, facts_of, scope_of
from services.ingest.validation import moment, validate
from shared.catalogue import load_catalogue
from shared.contracts.event import Event
from shared.contracts.platform import displacement
from shared.keys import Role, new_key
from tests.support.events import event, filing_rated, filing_received, key_of

NOW_US = int(datetime(2026, 3, 2, 2, 0, tzinfo=UTC).timestamp()) * 1_000_000
NOW = moment(NOW_US)
WORDS = r"0-9A-Za-z_.:/+=~#é٣-"
FILING = f"filing/{key_of('1')}"


def scope(system: str = "dvc", units: Sequence[str] = (), types: Sequence[str] = ()) -> Scope:
    catalogue = load_catalogue()
    key = new_key(Role.EMIT, "test", system=system, units=units, types=types).record
    return scope_of(key, catalogue, facts_of(catalogue))


def check(sent: object, allowed: Scope | None = None) -> Event | Rejected:
    raw = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    return validate(raw, allowed or scope(), NOW)


def told(sent: object, allowed: Scope | None = None) -> tuple[str, str]:
    outcome = check(sent, allowed)
    assert isinstance(outcome, Rejected), outcome
    return outcome.reason.value, outcome.pointer


def accepted(sent: object, allowed: Scope | None = None) -> Event:
    outcome = check(sent, allowed)
    assert isinstance(outcome, Event), (outcome.reason, outcome.pointer)
    return outcome


def test_offsets_key_order_prefix_and_fractions_do_not_change_the_content() -> None:
    one = filing_received("1", id="hs-1")
    other = dict(reversed(one.items())) | {
        "type": "vn.gov.hungyen.filing.received",
        "time": "2026-03-02T01:00:00Z",
        "recordedtime": "2026-03-02T08:00:01+07:00",
        "data": dict(reversed(one["data"].items())) | {"due_at": "2026-03-16T10:00:00.000Z"},
    }

    first, second = accepted(one), accepted(other)

    assert (first.id, first.content, first.recorded) == (second.id, second.content, 0)


def test_an_absent_optional_field_is_the_same_as_its_default() -> None:
    data = filing_received("1")["data"]
    without = {name: value for name, value in data.items() if name != "due_at"}

    assert accepted(filing_received("1", data=without)) == accepted(
        filing_received("1", data=without | {"due_at": None}, id=filing_received("1", data=without)["id"])
    )


@pytest.mark.parametrize(
    ("sent", "reason", "pointer"),
    [
        (b"17", "not_an_event", ""),
        (filing_rated(id=None), "missing_attribute", "/id"),
        (filing_rated(unit=None), "missing_attribute", "/unit"),
        (filing_rated(traceparent="x"), "unknown_attribute", ""),
        (filing_rated(subject=5), "invalid_attribute", "/subject"),
        (filing_rated(datacontenttype="text/xml"), "invalid_attribute", "/datacontenttype"),
        (filing_rated(dataschema="u" * 201), "invalid_attribute", "/dataschema"),
        (filing_rated(specversion="0.3"), "specversion_unsupported", "/specversion"),
        (filing_rated(id=""), "id_format", "/id"),
        (filing_rated(id="a b"), "id_format", "/id"),
        (filing_rated(id="a\n"), "id_format", "/id"),
        (filing_rated(id="a\u0000"), "id_format", "/id"),
        (filing_rated(id="x" * 65), "id_format", "/id"),
        (filing_rated(id="hồ-sơ-1"), "id_format", "/id"),
        (filing_rated(id="٠١٢"), "id_format", "/id"),
        (filing_rated(id="०९१२३४५६७८"), "personal_data", "/id"),
        (filing_rated(corrects=""), "id_format", "/corrects"),
        (filing_rated(corrects="hồ-sơ-1"), "id_format", "/corrects"),
        (filing_rated(subject="filing/" + "034085001234".zfill(64)), "personal_data", "/subject"),
        (filing_rated(subject="filing/" + "034085001234".zfill(64), id="hs-1"), "personal_data", "/subject"),
        (event("event.retracted", "filing/" + "034085001234".zfill(64), {"id": "x"}), "personal_data", "/subject"),
        (event("petition.closed", "petition/" + "1" * 64, {}), "personal_data", "/subject"),
        (filing_rated(source="/systems/qlvb"), "source_not_allowed", "/source"),
        (filing_rated(type="filing.loved"), "type_unknown", "/type"),
        (filing_rated(type="document.processed"), "type_not_allowed", "/type"),
        (filing_rated(type="system.heartbeat"), "soc_only", "/type"),
        (filing_rated(type="vn.system.heartbeat"), "soc_only", "/type"),
        (filing_rated(subject=f"filing/{key_of('1')}x"), "subject_format", "/subject"),
        (filing_rated(subject=f"filing/{key_of('1')}\n"), "subject_format", "/subject"),
        (filing_rated(subject=f"filing/{key_of('1').upper()}"), "subject_format", "/subject"),
        (filing_rated(unit="so-khong-co"), "unit_unknown", "/unit"),
        (filing_rated(unit="hung-yen"), "unit_not_allowed", "/unit"),
        (filing_rated(time="2026-03-02 08:00"), "time_format", "/time"),
        (filing_rated(time="2026-03-02T08:00:00"), "time_format", "/time"),
        (filing_rated(recordedtime="yesterday"), "time_format", "/recordedtime"),
        (filing_rated(time="2025-12-31T23:59:59+07:00"), "time_too_early", "/time"),
        (filing_rated(time="0001-01-01T00:00:00+14:00"), "time_too_early", "/time"),
        (filing_rated(time="2026-03-02T09:05:01+07:00"), "time_in_future", "/time"),
        (filing_rated(time="2027-03-02T09:00:00+07:00"), "time_in_future", "/time"),
        (filing_rated(recordedtime="2026-03-02T10:00:00+07:00"), "time_in_future", "/recordedtime"),
        (event("filing.rated", f"filing/{key_of('1')}", {}), "data_missing_field", "/data/rating"),
        (filing_rated(data=None), "data_missing_field", "/data/rating"),
        (filing_rated(data={"rating": "satisfied", "stars": 5}), "data_unknown_field", "/data"),
        (filing_rated(rating="great"), "data_invalid", "/data/rating"),
        (filing_rated(data=[]), "data_invalid", "/data"),
        (filing_received(data=filing_received()["data"] | {"due_at": "0001-01-01T00:00:00+07:00"}),
         "data_invalid", "/data/due_at"),
        (filing_received(data=filing_received()["data"] | {"procedure": "1.004227\n"}),
         "data_invalid", "/data/procedure"),
        (filing_received(data=filing_received()["data"] | {"procedure": "1.000000.001.099.012.345"}),
         "personal_data", "/data/procedure"),
        (filing_received(data=filing_received()["data"] | {"procedure": "1.034085.001.234"}),
         "personal_data", "/data/procedure"),
        (filing_received(data=filing_received()["data"] | {"procedure": "1.001234.NGUYEN.VAN.AN"}),
         "data_invalid", "/data/procedure"),
        (filing_received(data=filing_received()["data"] | {"procedure": "1.001234.H31.AN"}),
         "data_invalid", "/data/procedure"),
        (event("procedure.catalogued", "procedure/1.001234.NGUYEN.VAN.AN", {}), "subject_format", "/subject"),
        (filing_received(data=filing_received()["data"] | {"receiving_unit": "xa-0"}),
         "unit_unknown", "/data/receiving_unit"),
        (filing_rated(data={"rating": "satisfied", "extra": [[[[[[[[[[1]]]]]]]]]]}), "too_deep", "/data"),
        (filing_rated(data={"rating": "satisfied", "extra": "x" * 70_000}), "event_too_large", ""),
        (event("petition.received", f"petition/{key_of('1')}", {"about": "filing"}), "subject_mismatch", "/subject"),
        (event("event.retracted", FILING, {"id": "x"}, corrects="y"), "corrects_not_allowed", "/corrects"),
        (event("event.retracted", "filing/nguyen-van-an", {"id": "x"}), "subject_format", "/subject"),
        (event("event.retracted", FILING, {"id": "a b"}), "data_invalid", "/data/id"),
        (event("event.retracted", FILING, {"id": "hồ-sơ-1"}), "data_invalid", "/data/id"),
        (event("event.retracted", FILING, {"id": "0912345678"}), "personal_data", "/data/id"),
        (filing_rated(id="0912345678"), "personal_data", "/id"),
        (filing_rated(do_mat="1"), "secrecy_marking", ""),
    ],
)  # fmt: skip
def test_each_fault_has_its_reason_and_pointer(sent: Any, reason: str, pointer: str) -> None:
    assert told(sent) == (reason, pointer)


COUNT = {"period": "2026-02", "numerator": 1, "denominator": 2, "as_of": "2026-02-28"}
AUTH = {
    "window_start": "2026-03-02T08:00:00+07:00", "window_end": "2026-03-02T09:00:00+07:00", "total": 5, "vneid": 5,
}  # fmt: skip
PORTAL = {"items_total": 3, "items_met": 3, "checklist_version": "v1"}
DOCUMENT = {"person_signed": True, "agency_signed": True, "signature_valid": True}
SYSTEM = {"lifecycle": "in_use", "dossier": "approved", "plan": "implemented"}


@pytest.mark.parametrize(
    ("system", "kind", "subject", "data", "unit", "expected"),
    [
        ("suc-khoe", "count.reported", "count/ehealth_record/people/xa-11977/all", {}, "xa-11977", None),
        ("suc-khoe", "count.reported", "count/ehealth_record/people/xa-11977/value", {}, "xa-11977",
         ("series_unknown", "/subject")),
        ("suc-khoe", "count.reported", "count/ehealth_record/people/xa-0/all", {}, "xa-11977",
         ("unit_unknown", "/subject")),
        ("suc-khoe", "count.reported", "count/ehealth_record/people/xa-11977/all", {"numerator": 3}, "xa-11977",
         ("numerator_over_denominator", "/data/numerator")),
        ("suc-khoe", "count.reported", "count/ehealth_record/people/xa-11977/all", {"numerator": -1}, "xa-11977",
         ("data_invalid", "/data/numerator")),
        ("suc-khoe", "count.reported", "count/ehealth_record/people/xa-11977/all", {"as_of": "2026-02-30"}, "xa-11977",
         ("data_invalid", "/data/as_of")),
        ("suc-khoe", "count.reported", "count/ehealth_record/people/xa-11977/all", {"as_of": "2026-03-03"}, "xa-11977",
         ("time_in_future", "/data/as_of")),
        ("suc-khoe", "count.reported", "count/ehealth_record/people/xa-11977/all", {"period": "2026-13"}, "xa-11977",
         ("data_invalid", "/data/period")),
        ("sso", "auth.counted", "auth/cong-dvc/2026-03-02T01:00:00Z", {}, "tt-pvhcc", None),
        ("sso", "auth.counted", "auth/cong-la/2026-03-02T01:00:00Z", {}, "tt-pvhcc", ("subject_unknown", "/subject")),
        ("sso", "auth.counted", "auth/cong-dvc/2026-03-02T02:00:00Z", {}, "tt-pvhcc",
         ("subject_mismatch", "/data/window_start")),
        ("sso", "auth.counted", "auth/cong-dvc/2026-03-02T01:00:00Z", {"vneid": 6}, "tt-pvhcc",
         ("numerator_over_denominator", "/data/vneid")),
        ("sso", "auth.counted", "auth/cong-dvc/2026-03-02T01:00:00Z", {"window_end": "2026-03-03T00:00:00+07:00"},
         "tt-pvhcc", None),
        ("sso", "auth.counted", "auth/cong-dvc/2026-03-02T01:00:00Z", {"window_end": "2026-03-03T00:00:01+07:00"},
         "tt-pvhcc", ("window_invalid", "/data/window_end")),
        ("sso", "auth.counted", "auth/cong-dvc/2026-03-02T01:00:00Z", {"window_end": "2026-03-02T08:00:00+07:00"},
         "tt-pvhcc", ("window_invalid", "/data/window_end")),
        ("cong-ttdt", "portal.assessed", "portal/cong-so-khcn", {}, "so-khcn", None),
        ("cong-ttdt", "portal.assessed", "portal/cong-la", {}, "so-khcn", ("subject_unknown", "/subject")),
        ("cong-ttdt", "portal.assessed", "portal/cong-so-khcn", {"items_met": 4}, "so-khcn",
         ("numerator_over_denominator", "/data/items_met")),
        ("cong-ttdt", "portal.assessed", "portal/cong-so-khcn", {"checklist_version": "034085001234"}, "so-khcn",
         ("personal_data", "/data/checklist_version")),
        ("soc", "system.changed", "system/dvc", {}, "tt-pvhcc", None),
        ("soc", "system.changed", "system/la", {}, "tt-pvhcc", ("subject_unknown", "/subject")),
        ("soc", "system.changed", "system/dvc", {"level": 6}, "tt-pvhcc", ("data_invalid", "/data/level")),
        ("bao-cao", "report.submitted", "report/xa-11977/bc-ktxh-thang/2026-02-hc", {}, "xa-11977", None),
        ("bao-cao", "report.submitted", "report/xa-11977/bc-ktxh-thang/2026-02-hc", {}, "xa-11992",
         ("subject_mismatch", "/subject")),
        ("tslcd", "link.changed", "network/xa-11977", {}, "xa-11977", None),
        ("tslcd", "link.changed", "network/xa-11977", {}, "xa-11992", ("subject_mismatch", "/subject")),
        ("kho-du-lieu", "dataset.published", "dataset/0912345678", {}, "so-gddt", ("personal_data", "/subject")),
    ],
)  # fmt: skip
def test_fields_of_one_event_must_agree(
    system: str, kind: str, subject: str, data: dict[str, Any], unit: str, expected: tuple[str, str] | None
) -> None:
    whole: dict[str, dict[str, Any]] = {
        "count.reported": COUNT, "auth.counted": AUTH, "portal.assessed": PORTAL, "system.changed": SYSTEM,
        "report.submitted": {"on_system": True}, "link.changed": {"line": 1, "state": "up"},
    }  # fmt: skip
    sent = event(kind, subject, whole.get(kind, {}) | data, source=f"/systems/{system}", unit=unit)

    outcome = check(sent, scope(system))

    assert (None if isinstance(outcome, Event) else (outcome.reason.value, outcome.pointer)) == expected


PROCEDURE = {
    "level": "province", "standardised": True, "simplified": True, "national_sync": True, "online_eligible": True,
    "online_level": "full",
}  # fmt: skip
FOREIGN = ("unit_not_allowed", "/subject")


@pytest.mark.parametrize(
    ("system", "kind", "subject", "data", "expected"),
    [
        ("bao-cao", "count.reported", "count/bank_account_15plus/people/xa-11977/all", COUNT, None),
        ("bao-cao", "count.reported", "count/bank_account_15plus/people/hung-yen/all", COUNT, FOREIGN),
        ("bao-cao", "count.reported", "count/casefile_online/offline_items/xa-11992/all", COUNT, FOREIGN),
        ("dvc", "procedure.catalogued", "procedure/1.004227", PROCEDURE | {"owner": "xa-11977"}, None),
        ("dvc", "procedure.catalogued", "procedure/1.004227", PROCEDURE | {"owner": "so-y-te"},
         ("unit_not_allowed", "/data/owner")),
        ("cong-ttdt", "portal.assessed", "portal/cong-xa-11977", PORTAL, None),
        ("cong-ttdt", "portal.assessed", "portal/cong-ttdt", PORTAL, FOREIGN),
        ("sso", "auth.counted", "auth/cong-dvc/2026-03-02T01:00:00Z", AUTH, FOREIGN),
        ("nhap-lieu", "system.changed", "system/dvc", SYSTEM, FOREIGN),
        ("soc", "system.changed", "system/dvc", SYSTEM, None),
        ("soc", "system.heartbeat", "system/dvc", {"state": "up"}, None),
        ("tslcd", "link.changed", "network/xa-11992", {"line": 1, "state": "up"}, ("subject_mismatch", "/subject")),
        ("dvc", "filing.received", FILING, filing_received()["data"] | {"receiving_unit": "tt-pvhcc"}, None),
        ("qlvb", "document.sent", f"document/{key_of('1')}", DOCUMENT | {"to_unit": "so-khcn"}, None),
        ("bao-cao", "event.retracted", "count/bank_account_15plus/people/xa-11977/all", {"id": "x"}, None),
        ("bao-cao", "event.retracted", "count/bank_account_15plus/people/hung-yen/all", {"id": "x"}, FOREIGN),
        ("bao-cao", "event.retracted", "report/xa-11992/bc-ktxh-thang/2026-02-hc", {"id": "x"},
         ("subject_mismatch", "/subject")),
        ("cong-ttdt", "event.retracted", "portal/cong-ttdt", {"id": "x"}, FOREIGN),
        ("sso", "event.retracted", "auth/cong-dvc/2026-03-02T01:00:00Z", {"id": "x"}, FOREIGN),
        ("nhap-lieu", "event.retracted", "system/dvc", {"id": "x"}, FOREIGN),
        ("nhap-lieu", "event.retracted", "system/la", {"id": "x"}, ("subject_unknown", "/subject")),
        ("dvc", "event.retracted", FILING, {"id": "x"}, None),
    ],
)  # fmt: skip
def test_a_key_of_one_unit_writes_no_cell_of_another(
    system: str, kind: str, subject: str, data: dict[str, Any], expected: tuple[str, str] | None
) -> None:
    sent = event(kind, subject, data, source=f"/systems/{system}", unit="xa-11977")

    outcome = check(sent, scope(system, units=["xa-11977"]))

    assert (None if isinstance(outcome, Event) else (outcome.reason.value, outcome.pointer)) == expected


def test_a_document_may_go_to_a_body_outside_the_province_but_none_speaks_for_it() -> None:
    sent = event(
        "document.sent", f"document/{key_of('1')}", DOCUMENT | {"to_unit": "ngoai-tinh"}, source="/systems/qlvb"
    )

    assert accepted(sent, scope("qlvb")).data["to_unit"] == "ngoai-tinh"
    elsewhere = sent | {"unit": "ngoai-tinh", "source": "/systems/nhap-lieu"}
    assert told(elsewhere, scope("nhap-lieu")) == ("unit_not_allowed", "/unit")


def test_logins_of_a_portal_are_told_for_its_unit_by_whoever_may_speak_for_both() -> None:
    sent = event("auth.counted", "auth/cong-dvc/2026-03-02T01:00:00Z", AUTH, source="/systems/sso", unit="so-khcn")

    assert told(sent, scope("sso")) == ("subject_mismatch", "/subject")


def test_a_heartbeat_cannot_be_corrected() -> None:
    sent = event(
        "system.heartbeat", "system/dvc", {"state": "up"}, source="/systems/soc", unit="tt-pvhcc", corrects="x"
    )

    assert told(sent, scope("soc")) == ("corrects_not_allowed", "/corrects")


def test_a_key_of_some_units_and_types_may_still_take_its_events_back() -> None:
    allowed = scope(units=["xa-11977"], types=["filing.rated"])

    assert told(filing_rated(), allowed) == ("unit_not_allowed", "/unit")
    assert told(filing_received(unit="xa-11977"), allowed) == ("type_not_allowed", "/type")
    assert accepted(filing_rated(unit="xa-11977"), allowed).unit == "xa-11977"
    retraction = event("event.retracted", f"filing/{key_of('1')}", {"id": "x"}, unit="xa-11977")
    assert accepted(retraction, allowed).type == "event.retracted"


@given(st.from_regex(rf"[{WORDS}]{{1,64}}", fullmatch=True))
def test_every_id_that_is_accepted_can_be_corrected_and_taken_back(id_: str) -> None:
    if isinstance(check(filing_rated(id=id_)), Event):
        assert accepted(filing_rated(corrects=id_)).corrects == id_
        assert accepted(event("event.retracted", FILING, {"id": id_})).data["id"] == id_


@pytest.mark.parametrize(
    "code", ["1.004227", "1.004227.000.00.00", "1.004227.000.00.00.H56", "1.001193.000.00.00.H31", "2.000815.H55.02"]
)
def test_procedure_codes_are_taken_with_and_without_their_local_suffix(code: str) -> None:
    assert accepted(filing_received(data=filing_received()["data"] | {"procedure": code})).data["procedure"] == code
    sent = event("procedure.catalogued", f"procedure/{code}", PROCEDURE | {"owner": "so-khcn"})
    assert accepted(sent).subject == f"procedure/{code}"


def test_an_id_is_repeated_only_when_it_holds_nothing_personal() -> None:
    good, bad = check(filing_rated(id="hs-1", unit="x")), check(filing_rated(id="034085001234", unit="x"))

    assert isinstance(good, Rejected)
    assert isinstance(bad, Rejected)
    assert (good.id, bad.id) == ("hs-1", "")


def test_personal_data_outranks_every_other_reason() -> None:
    assert told(filing_rated(unit="so-khong-co", data={"rating": "?", "ho_ten": "x"})) == ("personal_data", "/data")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_nothing_that_is_json_makes_it_raise(value: Any) -> None:
    assert isinstance(check(value), Rejected)
    assert isinstance(check({**filing_rated(), "data": value}), Rejected)


@given(st.sampled_from(sorted(filing_received())), st.text() | st.integers() | st.none())
def test_no_value_of_any_attribute_makes_it_raise(name: str, value: Any) -> None:
    check(filing_received() | {name: value})


def test_every_reason_has_a_sentence() -> None:
    assert EXPLANATIONS.keys() == set(RejectReason)


@pytest.mark.parametrize(
    ("units", "reach"),
    [((), ("*",)), (("so-khcn",), ("so-khcn",)), (("so-y-te", "so-khcn"), ("so-khcn", "so-y-te"))],
)
def test_a_link_says_for_which_units_its_senders_key_speaks_and_no_other_event_does(
    units: Sequence[str], reach: tuple[str, ...]
) -> None:
    allowed = scope(units=units)
    retraction = event("event.retracted", FILING, {"id": "x"})

    assert accepted(filing_rated(corrects="x"), allowed).reach == reach
    assert accepted(retraction, allowed).reach == reach
    assert accepted(filing_rated(), allowed).reach == ()


def test_the_platforms_own_voice_is_refused_from_outside() -> None:
    ours = displacement("/systems/dvc", "x", FILING, "so-khcn", 1)

    assert told(event(ours.type, FILING, ours.data)) == ("type_unknown", "/type")
    assert told(event(ours.type, FILING, ours.data, source=ours.source)) == ("type_unknown", "/type")
    assert told(filing_rated(source=ours.source)) == ("source_not_allowed", "/source")
