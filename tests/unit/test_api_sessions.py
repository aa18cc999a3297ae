from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.api.sessions import LOGIN_ATTEMPTS, LOGIN_WINDOW, LoginLimit, Sessions, session_secret
from shared.errors import StartError

NOW = datetime(2026, 7, 15, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_cookie_names_its_key_until_it_expires() -> None:
    sessions = Sessions(b"s" * 32, HOUR)
    cookie, session = sessions.issue("abc", NOW)
    assert sessions.read(cookie, NOW) == session
    assert session.key_id == "abc"
    assert sessions.read(cookie, NOW + HOUR) is None


def test_a_changed_cookie_is_no_cookie() -> None:
    sessions = Sessions(b"s" * 32, HOUR)
    cookie, _ = sessions.issue("abc", NOW)
    for forged in (cookie.replace("abc", "abd"), cookie[:-1], "", "a.b.c.d", cookie + "0", cookie[:-1] + "é"):
        assert sessions.read(forged, NOW) is None


def test_another_installation_s_cookie_is_no_cookie() -> None:
    cookie, _ = Sessions(b"t" * 32, HOUR).issue("abc", NOW)
    assert Sessions(b"s" * 32, HOUR).read(cookie, NOW) is None


def test_logging_out_ends_every_copy_of_the_cookie_and_no_other_session() -> None:
    sessions = Sessions(b"s" * 32, HOUR)
    cookie, session = sessions.issue("abc", NOW)
    other, _ = sessions.issue("abc", NOW)
    sessions.end(session, NOW)
    assert sessions.read(cookie, NOW) is None
    assert sessions.read(other, NOW) is not None


def test_the_secret_outlives_a_restart_and_is_private(tmp_path: Path) -> None:
    file = tmp_path / "api" / "secret"
    assert session_secret(file) == session_secret(file)
    assert file.stat().st_mode & 0o077 == 0


def test_a_secret_that_was_cut_short_is_refused_not_signed_with(tmp_path: Path) -> None:
    (tmp_path / "secret").touch()
    with pytest.raises(StartError, match="cut short"):
        session_secret(tmp_path / "secret")


def test_an_address_that_fails_too_often_waits_for_the_window_to_pass() -> None:
    limit = LoginLimit()
    for _ in range(LOGIN_ATTEMPTS):
        assert limit.allows("a", NOW)
        limit.failed("a", NOW)
    assert not limit.allows("a", NOW)
    assert limit.allows("b", NOW)
    assert limit.allows("a", NOW + LOGIN_WINDOW)
