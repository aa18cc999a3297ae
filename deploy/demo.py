"""`python -m deploy.demo --url http://ingest:8081`: the demonstration of docker-compose.yml.

Makes the keys that the simulator needs, in `CHITIEU_DATA`, then becomes the simulator.
"""

import argparse
import os
import sys

from deploy.local.stack.demo_keys import make_demo_keys
from shared.settings import SharedSettings


def main() -> None:
    """Never returns: the simulator replaces this process."""
    parser = argparse.ArgumentParser(prog="python -m deploy.demo", description=__doc__)
    parser.add_argument("--url", required=True, help="address of ingest")
    url = parser.parse_args().url
    settings = SharedSettings()
    keys = make_demo_keys(settings, settings.data / "secrets")
    command = [sys.executable, "-m", "deploy.local.simulator", "demo", "--keys", str(keys), "--url", url]
    os.execv(command[0], command)  # noqa: S606 - fixed arguments, no shell


if __name__ == "__main__":
    main()
