"""`deadman`: watches the evaluator from outside and posts a signed webhook when it has stopped, and when it is back.

It shares nothing with the evaluator but its public metrics, so that it also tells when broker, engine or machine of the
alerts service are gone; run it on another machine. Two replicas are watched together: either may be the evaluator.
"""

import argparse
import contextlib
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from standardwebhooks import Webhook

from services.alerts.dead_man import News, Watch, last_evaluation, look, told
from services.alerts.policy import span
from shared.logs import configure_logs, get_logger

if TYPE_CHECKING:
    from argparse import _SubParsersAction

TIMEOUT_SECONDS = 5.0
"""A service that does not tell its metrics within this is not at work either."""

log = get_logger(__name__)


def add_to(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the `deadman` command to the command line."""
    parser = commands.add_parser("deadman", help="watch the evaluator from outside")
    parser.add_argument("--url", required=True, help="who is told, by a signed webhook")
    parser.add_argument("--secret-file", type=Path, required=True, help="file with the webhook's secret (whsec_…)")
    parser.add_argument("--after", type=span, default=timedelta(minutes=3), help="without an evaluation for: 90s, 3m")
    parser.add_argument("--every", type=span, default=timedelta(seconds=15), help="how often it looks")
    parser.add_argument(
        "--watch", action="append", metavar="URL", help="metrics of an alerts service, once for each replica"
    )
    parser.set_defaults(run=watch)


def watch(options: argparse.Namespace) -> int:
    """Until SIGTERM. News that could not be delivered are news at the next look, with the same id."""
    configure_logs("deadman")
    signer = Webhook(options.secret_file.read_text().strip())
    seen = Watch(datetime.now(UTC))
    with httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client:
        while True:
            evaluated = last_evaluation(metrics(client, options.watch or ["http://127.0.0.1:8083/metrics"]))
            now = datetime.now(UTC)
            seen, news = look(seen, datetime.fromtimestamp(evaluated, UTC), now, options.after)
            if news and post(client, signer, options.url, news, now):
                seen = told(seen, news)
            time.sleep(options.every.total_seconds())


def metrics(client: httpx.Client, urls: list[str]) -> Iterator[str]:
    """The texts of those that answer."""
    for url in urls:
        with contextlib.suppress(httpx.HTTPError):
            yield client.get(url).raise_for_status().text


def post(client: httpx.Client, signer: Webhook, url: str, news: News, now: datetime) -> bool:
    """Whether the receiver took it."""
    body = json.dumps(
        {
            "type": f"evaluator.{news.word}",
            "timestamp": now.isoformat(),
            "data": {"last_evaluation": news.alive.isoformat(), "sentence_vi": news.sentence_vi(now)},
        },
        ensure_ascii=False,
    )
    headers = {
        "content-type": "application/json",
        "webhook-id": news.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signer.sign(news.id, now, body),
    }
    try:
        taken = client.post(url, content=body, headers=headers).is_success
    except httpx.HTTPError:
        taken = False
    log.warning("dead_man", word=news.word, id=news.id, delivered=taken)
    return taken
