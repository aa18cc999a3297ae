"""Environment of the simulator: the one setting that it shares with the services, `CHITIEU_CLOCK_OFFSET`."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class SimulatorSettings(BaseSettings):
    """The same clock as the services', so that what happens now is now on the wallboard too."""

    model_config = SettingsConfigDict(env_prefix="CHITIEU_", frozen=True, extra="ignore")

    clock_offset: timedelta = Field(timedelta(0), description="Added to the clock, e.g. back into the plan's year.")
