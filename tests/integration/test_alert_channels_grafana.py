"""Annotations against Grafana's HTTP API: each change once, with its words, its tags and its link."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.alerts.channels import DeliveryError
from services.alerts.channels.grafana import GrafanaChannel, GrafanaOptions
from services.alerts.grouping import Message
from tests.support.grafana_server import TOKEN, GrafanaServer
from tests.support.notifications import notification, resolved

PUBLIC_URL = "https://chitieu.tinh.vn"


@asynccontextmanager
async def opened(url: str, folder: Path, **options: Any) -> AsyncIterator[GrafanaChannel]:
    (folder / "token").write_text(f"{TOKEN}\n")
    given = {"kind": "grafana", "url": url, "token_file": folder / "token", **options}
    channel = GrafanaChannel("marks", GrafanaOptions.model_validate(given), PUBLIC_URL)
    try:
        yield channel
    finally:
        await channel.close()


async def test_a_change_is_a_mark_at_its_moment_with_words_tags_and_link(
    grafana: GrafanaServer, tmp_path: Path
) -> None:
    one = notification(sentence_vi="Sở <Nội vụ>: chưa đạt.")
    async with opened(grafana.url, tmp_path) as channel:
        await channel.deliver(Message((one,)), datetime.now(UTC))
    (mark,) = grafana.annotations
    assert mark["time"] == int(one.at.timestamp() * 1000)
    assert mark["tags"] == ["chitieu", "below_target", "warning", "firing", "filing_full_online", "so-noi-vu"]
    assert mark["text"].startswith("Cảnh báo (cảnh báo): Sở &lt;Nội vụ&gt;: chưa đạt.")
    assert f'<a href="{PUBLIC_URL}/alerts/below_target' in mark["text"]


async def test_a_message_that_failed_half_way_goes_on_where_it_stopped(grafana: GrafanaServer, tmp_path: Path) -> None:
    message, now = Message((notification(), resolved())), datetime.now(UTC)
    grafana.room = 1
    async with opened(grafana.url, tmp_path) as channel:
        with pytest.raises(DeliveryError, match="HTTP 500") as raised:
            await channel.deliver(message, now)
        assert not raised.value.refused
        grafana.room = 2
        await channel.deliver(message, now)
    assert [mark["tags"][3] for mark in grafana.annotations] == ["firing", "resolved"]


async def test_a_token_that_is_not_known_is_a_refusal_and_a_new_one_needs_no_restart(
    grafana: GrafanaServer, tmp_path: Path
) -> None:
    async with opened(grafana.url, tmp_path) as channel:
        (tmp_path / "token").write_text("another")
        with pytest.raises(DeliveryError, match="HTTP 401"):
            await channel.deliver(Message((notification(),)), datetime.now(UTC))
        (tmp_path / "token").write_text(TOKEN)
        await channel.deliver(Message((notification(),)), datetime.now(UTC))
    assert len(grafana.annotations) == 1
