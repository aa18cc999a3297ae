"""`make secrets`: the secrets of docker-compose.yml, made once. Standard library only: a Docker host has no more."""

import hashlib
import sys
from pathlib import Path

from deploy.local.stack.secrets import NAMES, new_secret, write_once

FOLDER = Path(__file__).resolve().parents[1] / "secrets"
DOCKER_NAMES = (*NAMES, "grafana-admin")
HASHES = "clickhouse-passwords.xml"
"""What ClickHouse is told instead of the passwords: merged into its users by name."""

ACCOUNTS = {"writer": "engine-writer", "reader": "engine-reader", "grafana": "engine-grafana"}

FOLDER_MODE, FILE_MODE = 0o700, 0o444
"""Compose hands files to containers with the owner and mode they have here, and every image has a user of its own. So
nobody but the owner may enter the folder, and inside a container the file can be read."""


def ensure_docker_secrets(folder: Path) -> list[str]:
    """Creates what is missing, keeps what is there; returns the names of what was made.

    The hashes are written anew each time, so that replacing a password is: remove its file, and run this again.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
    folder.chmod(FOLDER_MODE)
    made = [name for name in DOCKER_NAMES if not (folder / name).exists()]
    for name in made:
        write_once(folder / name, new_secret(name))
    write_once(folder / HASHES, hashes(folder))
    for name in (*DOCKER_NAMES, HASHES):
        (folder / name).chmod(FILE_MODE)
    return made


def hashes(folder: Path) -> str:
    """The accounts' passwords as ClickHouse wants them."""
    users = "".join(
        f"    <{user}><password_sha256_hex>{_digest(folder / file)}</password_sha256_hex></{user}>\n"
        for user, file in ACCOUNTS.items()
    )
    return f"<clickhouse>\n  <users>\n{users}  </users>\n</clickhouse>\n"


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_text().strip().encode()).hexdigest()


def main() -> None:
    """Says what was made, never its content."""
    made = ensure_docker_secrets(FOLDER)
    sys.stdout.write(f"{FOLDER}: {', '.join(made) or 'nothing'} made\n")


if __name__ == "__main__":
    main()
