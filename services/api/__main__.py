"""`python -m services.api` serves the api and the wallboard until SIGTERM."""

import sys

import uvicorn

from services.api.app import create_app
from services.api.settings import ApiSettings
from shared.errors import StartError
from shared.logs import configure_logs

SHUTDOWN_SECONDS = 3
"""Live streams never end by themselves; screens reconnect to the next process."""


def main() -> int:
    """Exit code 0 after a clean stop, 1 with one line on stderr when something it needs is missing."""
    settings = ApiSettings()
    configure_logs("api", settings.log_level)
    try:
        app = create_app(settings)
    except StartError as error:
        print(f"api: {error}", file=sys.stderr)
        return 1
    uvicorn.run(
        app,
        host=settings.listen_host,
        port=settings.api_port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
