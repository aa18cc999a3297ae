"""`python -m shared.topics create|verify`: the topics as the services require them."""

import argparse
import asyncio
import sys

from shared.errors import StartError
from shared.settings import SharedSettings
from shared.topics.setup import create_topics, verify_topics


def main() -> int:
    """Exit status 0 when every topic is as required; 1 with one line on standard error otherwise."""
    parser = argparse.ArgumentParser(prog="python -m shared.topics", description=__doc__)
    parser.add_argument("command", choices=["create", "verify"])
    command = parser.parse_args().command
    settings = SharedSettings()
    try:
        if command == "create":
            created = asyncio.run(create_topics(settings))
            print(f"topics: {len(created)} created, all as required")
        else:
            asyncio.run(verify_topics(settings))
            print("topics: all as required")
    except StartError as error:
        print(f"topics: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
