"""`python -m deploy.backup make | restore | list | check`: the log and the tables of a running broker and engine."""

import argparse
import sys

from aiokafka.errors import KafkaError
from clickhouse_connect.driver.exceptions import ClickHouseError

from deploy.backup import work
from deploy.backup.settings import BackupSettings
from shared.errors import ChitieuError


def main() -> int:
    """Exit status 0 when it is done, 1 with one line on standard error otherwise."""
    arguments = _parser().parse_args()
    try:
        for line in _run(arguments, BackupSettings()):
            print(line)
    except (ChitieuError, ClickHouseError, KafkaError, OSError) as error:
        print(f"backup: {error}".partition("\n")[0], file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.backup", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    making = commands.add_parser("make", help="copy the tables, then what the log has gained")
    making.add_argument("--log-only", action="store_true", help="only the log: cheap, and all that cannot be made anew")
    restoring = commands.add_parser("restore", help="write a copy into an empty log and an empty database")
    restoring.add_argument(
        "--tables", default="", metavar="NAME", help="the backup of the tables (default: the newest)"
    )
    commands.add_parser("list", help="the backups")
    commands.add_parser("check", help="read the whole copy of the log and hold it against every backup")
    return parser


def _run(arguments: argparse.Namespace, settings: BackupSettings) -> list[str]:
    if arguments.command == "make":
        return [work.make(settings, log_only=arguments.log_only)]
    if arguments.command == "restore":
        return work.restore(settings, arguments.tables)
    return work.listed(settings) if arguments.command == "list" else work.check(settings)


if __name__ == "__main__":
    sys.exit(main())
