"""Opens the engine, says it is ready, serves until SIGTERM, closes the engine, leaves."""

import asyncio
import fcntl
import logging
import os
import signal
import sys
from pathlib import Path
from socket import socket
from typing import TextIO

import uvicorn
from pydantic import ValidationError
from typing_extensions import override

from deploy.local.engine.app import QueryServer, create_app
from deploy.local.engine.errors import EngineError
from deploy.local.engine.sessions import Engine
from deploy.local.engine.settings import EngineSettings

KEEP_ALIVE_SECONDS = 75
"""Longer than the pauses of clients that ask every 30 or 60 s: an insert must not meet a connection just closed."""


class Server(uvicorn.Server):
    """Waits at its end for what writes, not for what only reads."""

    def __init__(self, config: uvicorn.Config, queries: QueryServer) -> None:
        super().__init__(config)
        self._queries = queries

    @override
    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        await asyncio.to_thread(self._queries.end_reads)
        await super().shutdown(sockets)


def main() -> None:
    """Exits 1 with one line when settings are wrong, the folder is in use, or the engine cannot open it."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    try:
        settings = EngineSettings()
        accounts = settings.accounts()
        lock = _lock(settings.data)
        engine = Engine(settings.data, accounts, settings.max_memory_bytes, settings.backups)
        engine.open()
    except ValidationError as error:
        sys.exit("Engine: " + "; ".join(str(one["msg"]) for one in error.errors()))
    except (EngineError, OSError, ValueError) as error:
        sys.exit(f"Engine: {str(error).splitlines()[0]}")
    queries = QueryServer(settings, accounts, engine)
    config = uvicorn.Config(
        create_app(queries),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    server = Server(config, queries)
    # uvicorn raises the signal that ended it once more; the engine has to be closed first.
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.signal(signal.SIGINT, lambda *_: None)
    server.run()
    engine.close()
    lock.close()
    # The interpreter can crash while it takes chDB down; everything is closed by now.
    sys.stdout.flush()
    os._exit(0 if server.started else 1)


def _lock(folder: Path) -> TextIO:
    """Holds the folder for this process. `ValueError` when another one has it: two engines would destroy it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = (folder / "engine.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ValueError(f"another engine is using {folder}") from error
    return lock


main()
