"""What the shipped catalogue holds: indicators, targets, units, groups, systems and tasks."""

import re
from datetime import date

import pytest

from shared.catalogue import Catalogue, load_catalogue
from shared.catalogue.duties import reports_due
from shared.contracts.fields import CODE_PATTERN
from shared.contracts.vocabulary import COUNT_SERIES, EVENT_TYPES, SOC_ONLY

DAY = date(2026, 7, 1)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def test_there_are_23_indicators_and_24_target_values(catalogue: Catalogue) -> None:
    assert [row.code for row in catalogue.indicators.values()] == [f"T{n:02}" for n in range(1, 24)]
    assert sum(len(row.targets) for row in catalogue.indicators.values()) == 24


def test_target_values_are_those_of_the_plan(catalogue: Catalogue) -> None:
    others = {
        "casefile_online": [("=", 100), (">=", 70)],
        "inspection_online": [(">=", 70)],
        "procedure_full_online": [(">=", 90)],
        "filing_full_online": [(">=", 80)],
        "satisfaction": [(">", 90)],
        "cashless_transactions": [(">=", 80)],
        "bank_account_15plus": [(">=", 95)],
        "ehealth_record": [(">=", 95)],
        "adult_personal_signature": [(">=", 60)],
    }
    for slug, row in catalogue.indicators.items():
        assert [(t.comparator, t.value) for t in row.targets] == others.get(slug, [("=", 100)])
        assert {(t.valid_from, t.valid_to) for t in row.targets} == {(date(2026, 1, 1), date(2026, 12, 31))}


def test_work_files_have_one_figure_per_unit_and_two_for_the_province(catalogue: Catalogue) -> None:
    province = catalogue.province
    shown = [code for code in catalogue.figures if province in catalogue.cells_of(code) and code.startswith("casefile")]
    assert shown == ["casefile_online.province", "casefile_online.commune"]
    assert [t.value for t in catalogue.targets_of("casefile_online", "so-khcn")] == [100]
    assert [t.value for t in catalogue.targets_of("casefile_online", "xa-12004")] == [70]
    assert [t.value for t in catalogue.targets_of("casefile_online.province", province)] == [100]
    assert [t.value for t in catalogue.targets_of("casefile_online.commune", province)] == [70]
    assert "xa-12004" not in catalogue.members_of("casefile_online.province")
    assert len(catalogue.members_of("casefile_online.commune")) == 104


def test_every_measured_cell_has_exactly_one_target_on_a_day_of_2026(catalogue: Catalogue) -> None:
    for code, figure in catalogue.figures.items():
        for unit in catalogue.cells_of(code):
            valid = [t for t in catalogue.targets_of(code, unit) if t.valid_on(DAY)]
            assert len(valid) == int(figure.targeted), (code, unit)


def test_the_parts_of_end_to_end_work_are_shown_without_a_target(catalogue: Catalogue) -> None:
    assert catalogue.figure("work_end_to_end_digital").readings == (
        "work_end_to_end_digital.documents",
        "work_end_to_end_digital.casefiles",
    )
    assert catalogue.targets_of("work_end_to_end_digital.documents", "so-khcn") == ()


def test_two_figures_share_one_target_where_the_plan_gives_one(catalogue: Catalogue) -> None:
    for first, second in (
        ("filing_digitised.components", "filing_digitised.results"),
        ("cashless_transactions.number", "cashless_transactions.value"),
    ):
        assert catalogue.targets_of(first, "hung-yen") == catalogue.targets_of(second, "hung-yen") != ()
        assert catalogue.indicator_of(first) is catalogue.indicator_of(second)


def test_count_series_of_the_contracts_are_readings_of_the_catalogue(catalogue: Catalogue) -> None:
    readings = set(catalogue.readings())
    for (slug, measure), bases in COUNT_SERIES.items():
        assert catalogue.indicator(slug).slug == slug
        names = {slug, f"{slug}.{measure}"} | {f"{slug}.{basis}" for basis in bases}
        assert names & readings
    reported = {row.slug for row in catalogue.indicators.values() if row.kind == "reported"}
    assert reported <= {slug for slug, _ in COUNT_SERIES}


def test_an_indicator_is_found_by_slug_and_by_code(catalogue: Catalogue) -> None:
    assert catalogue.indicator("T10") is catalogue.indicator("satisfaction")
    with pytest.raises(KeyError):
        catalogue.indicator("T99")


def test_units_are_the_province_its_bodies_and_104_communes(catalogue: Catalogue) -> None:
    kinds = [unit.kind for unit in catalogue.units.values()]
    assert (kinds.count("province"), kinds.count("department")) == (1, 12)
    assert (kinds.count("phuong"), kinds.count("xa")) == (11, 93)
    assert len(catalogue.group_members("so-ban-nganh", DAY)) == 12
    assert len(catalogue.group_members("xa-phuong", DAY)) == 104
    assert len(catalogue.state_agencies(DAY)) == 116


def test_bodies_outside_the_province_can_be_named_and_nothing_counts_for_them(catalogue: Catalogue) -> None:
    assert catalogue.unit("ngoai-tinh").level == "external"
    assert len(catalogue.units) == 135
    assert [code for code in catalogue.groups if "ngoai-tinh" in catalogue.group_members(code)] == []
    assert [code for code in catalogue.systems if "ngoai-tinh" in catalogue.units_for(code)] == []
    for figure in catalogue.figures:
        assert "ngoai-tinh" not in {*catalogue.cells_of(figure), *catalogue.members_of(figure)}


def test_codes_fit_the_contracts(catalogue: Catalogue) -> None:
    for code in (*catalogue.units, *catalogue.systems, *catalogue.portals, *catalogue.reports):
        assert re.fullmatch(CODE_PATTERN, code)


def test_no_unit_was_in_a_group_before_the_merged_province(catalogue: Catalogue) -> None:
    assert catalogue.group_members("xa-phuong", date(2025, 6, 30)) == ()
    assert catalogue.expand(["so-ban-nganh", "cong-an"], date(2025, 6, 30)) == ()
    assert len(catalogue.expand(["so-ban-nganh", "cong-an", "so-khcn"])) == 13


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("duong hao", ["ph-12133"]),
        ("Thái Thụy", ["xa-12826"]),
        ("THÁI THUỴ", ["xa-12826"]),
        ("ngân hàng nhà nước chi nhánh hưng yên", ["nhnn"]),
        ("Ngân hàng Nhà nước Chi nhánh khu vực 12", ["nhnn"]),
        ("Sở xây dựng", ["so-xay-dung"]),
        ("nguyễn văn linh", ["truong-chinh-tri", "xa-12064"]),
    ],
)
def test_units_are_found_by_any_spelling(catalogue: Catalogue, words: str, codes: list[str]) -> None:
    assert [unit.code for unit in catalogue.find_units(words)] == codes


def test_every_event_type_can_be_sent_by_a_system(catalogue: Catalogue) -> None:
    for name in EVENT_TYPES:
        assert any(catalogue.may_emit(system, name) for system in catalogue.systems), name


def test_only_the_soc_may_certify_monitoring(catalogue: Catalogue) -> None:
    for name in SOC_ONLY:
        assert [system for system in catalogue.systems if catalogue.may_emit(system, name)] == ["soc"]


def test_a_system_sends_its_own_types_for_its_own_units(catalogue: Catalogue) -> None:
    assert catalogue.may_emit("dvc", "filing.received")
    assert catalogue.may_emit("dvc", "event.retracted")
    assert not catalogue.may_emit("dvc", "link.changed")
    assert not catalogue.may_emit("ioc", "event.retracted")
    assert not catalogue.may_emit("no-such-system", "filing.received")
    assert {"xa-12004", "so-khcn", "tt-pvhcc"} <= set(catalogue.units_for("dvc", DAY))
    assert not {"vp-tinh-uy", "nhnn"} & set(catalogue.units_for("dvc", DAY))
    assert "nhnn" in catalogue.units_for("nhap-lieu", DAY)


def test_every_indicator_is_fed_by_types_that_some_system_sends(catalogue: Catalogue) -> None:
    for row in catalogue.indicators.values():
        assert row.feeds
        assert all(any(catalogue.may_emit(s, name) for s in catalogue.systems) for name in row.feeds)


def test_owners_of_registered_systems_have_cells_of_both_system_indicators(catalogue: Catalogue) -> None:
    owners = {system.owner for system in catalogue.registered_systems(DAY)}
    for slug in ("system_security_dossier", "system_monitored"):
        cells = catalogue.cells_of(slug)
        assert all(cells[owner] for owner in owners)
    assert "nhap-lieu" not in [system.code for system in catalogue.registered_systems()]


def test_every_information_portal_belongs_to_a_unit_with_a_cell(catalogue: Catalogue) -> None:
    portals = catalogue.registered_portals(DAY)
    assert len(portals) == 117
    assert all(catalogue.cells_of("portal_information_complete")[portal.unit] for portal in portals)
    assert catalogue.checklist_version(DAY)


def test_annexes_are_complete(catalogue: Catalogue) -> None:
    assert [row.row for row in catalogue.annex_01 if row.tracked] == [1, 3, 7]
    assert [row.row for row in catalogue.annex_02] == list(range(1, 21))
    assert [code for code, point in catalogue.annex_02_points.items() if point.unassigned] == ["9đ"]
    assert [row.row for row in catalogue.annex_03] == list(range(1, 26))
    assert sum(len(row.tasks) for row in catalogue.annex_03) == 101
    assert [len(row.tasks) for row in catalogue.annex_03_common] == [3, 4]
    assert [task.item for task in catalogue.annex_03[23].tasks] == [2, 3, 4, 5]


def test_the_year_report_is_owed_before_15_november_by_departments_and_communes(catalogue: Catalogue) -> None:
    duties = [duty for duty in reports_due(catalogue, 2026) if duty.code == "bc-cds-nam"]
    assert {(duty.period, duty.due) for duty in duties} == {("2026", date(2026, 11, 14))}
    assert len(duties) == len({duty.unit for duty in duties}) == 116


def test_a_monthly_report_is_due_in_working_days_after_its_administrative_month(catalogue: Catalogue) -> None:
    due = {d.period: d.due for d in reports_due(catalogue, 2026) if d.code == "bc-ktxh-thang" and d.unit == "so-y-te"}
    assert len(due) == 12
    assert due["2026-02-hc"] == date(2026, 2, 25)  # the period ends on 14/02, the eve of Tết
    assert due["2026-07-hc"] == date(2026, 7, 17)


def test_half_years_are_owed_for_both_halves(catalogue: Catalogue) -> None:
    due = {duty.period for duty in reports_due(catalogue, 2026) if duty.code == "bc-cds-6-thang"}
    assert due == {"2026-H1-hc", "2026-H2-hc"}
