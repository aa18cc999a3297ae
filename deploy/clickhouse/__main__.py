"""`python -m deploy.clickhouse` writes the server's users' file anew from the list of accounts."""

from pathlib import Path

from deploy.clickhouse.server import users_xml

USERS = Path(__file__).with_name("users.d") / "chitieu.xml"

if __name__ == "__main__":
    USERS.write_text(users_xml())
