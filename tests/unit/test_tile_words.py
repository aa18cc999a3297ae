"""What the wallboards call an indicator, a part of one, and a target."""

from shared.schema.tile_words import aim, short_name


def test_a_part_is_named_behind_its_indicator() -> None:
    assert short_name("casefile_online", "casefile_online.commune") == "Xử lý hồ sơ trên mạng · Xã"
    assert short_name("satisfaction", "satisfaction") == "Mức độ hài lòng"


def test_a_figure_without_a_label_has_that_of_its_indicator() -> None:
    assert short_name("satisfaction", "satisfaction.new_part") == "Mức độ hài lòng"
    assert short_name("new_one", "new_one") == "new_one"


def test_a_target_is_written_with_its_comparator() -> None:
    assert (aim(80, ">="), aim(90, ">"), aim(100, "=")) == ("≥ 80%", "> 90%", "= 100%")
    assert aim(0, ">=") == "≥ 0%"
    assert aim(-1, "") == "không có chỉ tiêu"
