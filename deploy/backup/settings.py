"""Environment of backup and restore: the shared `CHITIEU_<FIELD>` and where the copies are."""

from pathlib import Path

from pydantic import Field

from shared.settings import SharedSettings


class BackupSettings(SharedSettings):
    """The copy of the log is written here; that of the tables by ClickHouse itself, on a disk of its own."""

    backups: Path = Field(Path(".backups"), description="Folder of the log's copy and of what each backup holds.")
    backups_disk: str = Field(
        "backups", pattern=r"^[a-z][a-z0-9_]{0,39}$", description="ClickHouse's disk for `BACKUP … TO Disk(…)`."
    )
    backup_seconds: int = Field(7_200, ge=60, description="Most that one BACKUP or RESTORE statement may take.")
