"""Uses of online services, counted per portal and window (T11)."""

from datetime import timedelta

from deploy.local.simulator.local_time import day_of, local_text, midnight, utc_text
from deploy.local.simulator.scene import Scene
from deploy.local.simulator.world import ServicePortal

HOUR_SECONDS = int(timedelta(hours=1).total_seconds())
MEAN_USES_PER_HOUR = 240
REVISED_SHARE = 0.03
"""Windows that are counted again; the highest revision is true."""


def count_logins(scene: Scene, portal: ServicePortal, day: int, busy: float) -> None:
    """All windows of one portal on one day; each is sent once it is over."""
    hours = scene.scale.login_hours
    for start in range(0, 24, hours):
        window = (midnight(day) + start * HOUR_SECONDS, midnight(day) + (start + hours) * HOUR_SECONDS)
        count_window(scene, portal, window, MEAN_USES_PER_HOUR * hours * busy * (0.2 if start < 6 else 1.0))


def count_window(scene: Scene, portal: ServicePortal, window: tuple[int, int], mean: float) -> None:
    """One window [start, end) within a local day. A recount has the same uses of VNeID and more uses in all."""
    rng = scene.emitter.rng
    total = max(1, int(mean * rng.uniform(0.7, 1.3)))
    vneid = sum(rng.random() < portal.by_vneid for _ in range(total)) if portal.by_vneid < 1 else total
    if not _send(scene, portal, window, (total, vneid), 0):
        return
    if rng.random() < REVISED_SHARE:
        more = total + 1 + int(rng.random() * 5)
        if _send(scene, portal, window, (more, vneid), 1):
            total = more
    scene.book.flow("online_login_vneid", portal.unit, day_of(window[0]), vneid, total)


def _send(scene: Scene, portal: ServicePortal, window: tuple[int, int], counts: tuple[int, int], revision: int) -> bool:
    data = (
        f'{{"window_start":"{local_text(window[0])}","window_end":"{local_text(window[1])}",'
        f'"total":{counts[0]},"vneid":{counts[1]},"revision":{revision}}}'
    )
    subject = f"auth/{portal.code}/{utc_text(window[0])}"
    at = window[1] + revision * HOUR_SECONDS
    return scene.emitter.send(scene.world.sources["auth"], "auth.counted", subject, at, portal.unit, data)
