"""The plan's local time."""

from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
"""Days of the plan are local days; instants are kept in UTC."""
