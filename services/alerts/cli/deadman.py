"""`deadman`: watches the evaluator from outside and posts a signed webhook when it has stopped, and when it is back.

It shares nothing with the evaluator but its public metrics, so that it also tells when broker, engine or machine of the
alerts service are gone; run it on another machine. Two replicas are watched together: either may be the evaluator.
"""

import argparse
import contextlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from standardwebhooks import Webhook

from services.alerts.channels.webhook import signer_of
from services.alerts.dead_man import News, Watch, last_evaluation, look, told
from services.alerts.metrics import DEAD_MAN_NEWS, EVALUATOR_STOPPED
from services.alerts.pages import serve_beside
from services.alerts.policy import span
from services.alerts.settings import DeadManSettings
from shared.errors import StartError
from shared.logs import configure_logs, get_logger

if TYPE_CHECKING:
    from argparse import _SubParsersAction

TIMEOUT_SECONDS = 5.0
"""A service that does not tell its metrics within this is not at work either."""

log = get_logger(__name__)


def add_to(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the `deadman` command to the command line; what is not given is that of the settings."""
    parser = commands.add_parser("deadman", help="watch the evaluator from outside")
    parser.add_argument("--url", help="who is told, by a signed webhook")
    parser.add_argument("--secret-file", type=Path, help="file with the webhook's secret (whsec_…)")
    parser.add_argument("--after", type=span, help="without an evaluation for: 90s, 3m")
    parser.add_argument("--every", type=span, help="how often it looks")
    parser.add_argument(
        "--watch", action="append", metavar="URL", help="metrics of an alerts service, once for each replica"
    )
    parser.set_defaults(run=watch)


def watch(options: argparse.Namespace) -> int:
    """Until SIGTERM. Raises StartError when somebody is to be told and the secret cannot be used."""
    settings = DeadManSettings()
    configure_logs("deadman", settings.log_level)
    every: timedelta = options.every or settings.deadman_every
    with httpx.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client:
        teller = teller_of(
            client, options.url or settings.deadman_url, options.secret_file or settings.deadman_secret_file
        )
        watched = options.watch or settings.watched
        one = DeadMan(client, teller, watched, options.after or settings.deadman_after, Watch(datetime.now(UTC)))
        if settings.deadman_port:
            serve_beside(settings.listen_host, settings.deadman_port, {"evaluator": one.cause})
        while True:
            one.look(datetime.now(UTC))
            time.sleep(every.total_seconds())


@dataclass(frozen=True)
class Teller:
    """Posts news, signed."""

    client: httpx.Client
    url: str
    signer: Webhook

    def tell(self, news: News, now: datetime) -> bool:
        """Whether the receiver took it."""
        body = json.dumps(_body(news, now), ensure_ascii=False)
        headers = {
            "content-type": "application/json",
            "webhook-id": news.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self.signer.sign(news.id, now, body),
        }
        try:
            return self.client.post(self.url, content=body, headers=headers).is_success
        except httpx.HTTPError:
            return False


def teller_of(client: httpx.Client, url: str | None, secret: Path | None) -> Teller | None:
    """None when nobody is to be told. Raises StartError when the secret cannot be used."""
    if not url:
        return None
    if not secret:
        raise StartError("deadman: a secret file is needed to sign what is posted")
    return Teller(client, url, signer_of("deadman", secret))


@dataclass
class DeadMan:
    """`look` again and again; news that could not be delivered are news at the next look, with the same id.

    Without a teller the news stand in the log, in the metrics and on the health page.
    """

    client: httpx.Client
    teller: Teller | None
    watched: Sequence[str]
    after: timedelta
    seen: Watch
    word: str = field(default="running", init=False)

    def look(self, now: datetime) -> None:
        """Ask once, and tell what is news."""
        evaluated = last_evaluation(metrics(self.client, self.watched))
        self.seen, news = look(self.seen, datetime.fromtimestamp(evaluated, UTC), now, self.after)
        if news:
            self._tell(news, now)

    async def cause(self) -> str:
        """For the health page: it is not ready while the evaluator has stopped."""
        return "" if self.word == "running" else "evaluator_stopped"

    def _tell(self, news: News, now: datetime) -> None:
        self.word = news.word
        EVALUATOR_STOPPED.set(news.word == "stopped")
        outcome = "logged" if self.teller is None else "delivered" if self.teller.tell(news, now) else "failed"
        DEAD_MAN_NEWS.labels(news.word, outcome).inc()
        log.warning("dead_man", word=news.word, id=news.id, outcome=outcome)
        if outcome != "failed":
            self.seen = told(self.seen, news)


def metrics(client: httpx.Client, urls: Sequence[str]) -> Iterator[str]:
    """The texts of those that answer."""
    for url in urls:
        with contextlib.suppress(httpx.HTTPError):
            yield client.get(url).raise_for_status().text


def _body(news: News, now: datetime) -> dict[str, object]:
    said = {"last_evaluation": news.alive.isoformat(), "sentence_vi": news.sentence_vi(now)}
    return {"type": f"evaluator.{news.word}", "timestamp": now.isoformat(), "data": said}
