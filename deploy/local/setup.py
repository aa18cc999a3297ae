"""Brings what the stack needs onto a Debian machine. Standard library only: it runs before anything is installed.

`python3 deploy/local/setup.py [--for test|bench|grafana]`; does nothing, quickly, when everything is there.
"""

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
VENV = REPO / ".venv"
PYTHON = VENV / "bin" / "python"
TOOLS = REPO / ".data" / "tools"
JARS = TOOLS / "kafka"
ARCHIVE = TOOLS / "kafka.jsa"
"""Where `deploy.local.kafka.archive` puts it."""
POM = REPO / "deploy" / "local" / "pom.xml"
LOCK = REPO / "requirements.lock"
GRAFANA_VENV = REPO / ".venv-grafana"
GRAFANA_PYTHON = GRAFANA_VENV / "bin" / "python"
GRAFANA_LOCK = REPO / "requirements.grafana.lock"
"""An environment of its own: grafana-client brings a library that overwrites urllib3 (decision 0012)."""
STAMP = ".setup-stamp"
UV_VERSION = "0.13.9"
"""Fixed, as every other version; a `uv` that the machine already has is used as it is."""
OLDEST_JAVA = 17
"""Kafka 4 does not start on an older one."""
PROMETHEUS = TOOLS / "prometheus"
PROMETHEUS_PACKAGES = ("prometheus", "prometheus-alertmanager")
"""To which alerts go in the tests and beside which they are measured, with promtool and amtool.

Unpacked only: installing would start them as services, open to the network.
"""
FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
"""Has every Vietnamese letter; a headless browser on a bare machine has no font at all."""


class SetupError(RuntimeError):
    """Something only the person can do; the message has the one command."""


class Steps:
    """Prints one line per step."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._number = 0

    def report(self, label: str, outcome: str) -> None:
        """`[2/5] label … outcome`."""
        self._number += 1
        # In one write: two threads report.
        print(f"[{self._number}/{self._total}] {label} … {outcome}\n", end="", flush=True)


def main() -> None:
    """Exits 1 when a command fails or root is needed and this is not root."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--for", dest="purpose", choices=("run", "test", "bench", "grafana"), default="run")
    purpose = parser.parse_args().purpose
    try:
        if purpose != "grafana":
            _set_up_stack(more=purpose != "run")
        with ThreadPoolExecutor() as pool:
            archive = pool.submit(_archive_classes) if purpose == "test" else None
            if purpose in ("test", "grafana"):
                _set_up_grafana()
            if archive:
                archive.result()
    except SetupError as error:
        sys.exit(f"\n{error}")
    except subprocess.CalledProcessError as error:
        sys.exit(f"\nLệnh thất bại ({error.returncode}): {' '.join(map(str, error.cmd))}")


def _set_up_stack(*, more: bool) -> None:
    stamp = _stamp()
    packages = _missing_packages(for_test=more)
    prometheus = more and not all((PROMETHEUS / "usr/bin" / name).exists() for name in PROMETHEUS_PACKAGES)
    if not packages and not prometheus and _current(VENV, stamp) and any(JARS.glob("kafka_*.jar")):
        return
    steps = Steps(4 + prometheus)
    _install_packages(steps, packages)
    with ThreadPoolExecutor() as pool:
        # Both wait for the network and neither fills two cores.
        jars = pool.submit(_install_jars, steps)
        uv = _ensure_uv(steps)
        steps.report("Thư viện Python theo requirements.lock", "cài đặt")
        _install_locked(uv, VENV, LOCK)
        _quietly([uv, "pip", "install", "-q", "--python", str(PYTHON), "--no-deps", "-e", str(REPO)])
        jars.result()
    if prometheus:
        _unpack_prometheus(steps)
    (VENV / STAMP).write_text(stamp)


def _archive_classes() -> None:
    """A test run starts some twenty brokers; making the archive costs as much as two starts, so `make up` does not.

    Java passes over an archive that does not fit, so where none can be made brokers only start more slowly.
    """
    if not ARCHIVE.exists() or ARCHIVE.stat().st_mtime < JARS.stat().st_mtime:
        subprocess.run([str(PYTHON), "-m", "deploy.local.kafka.archive"], capture_output=True, check=False, cwd=REPO)


def _set_up_grafana() -> None:
    """What `python -m deploy.grafana sync` needs, and nothing of the stack."""
    stamp = hashlib.sha256(GRAFANA_LOCK.read_bytes()).hexdigest()
    if _current(GRAFANA_VENV, stamp):
        return
    steps = Steps(2)
    uv = _ensure_uv(steps)
    steps.report("Thư viện Python theo requirements.grafana.lock", "cài đặt")
    _install_locked(uv, GRAFANA_VENV, GRAFANA_LOCK)
    (GRAFANA_VENV / STAMP).write_text(stamp)


def _stamp() -> str:
    """Changes when anything that decides what is installed changes."""
    digest = hashlib.sha256()
    for file in (LOCK, REPO / "pyproject.toml", POM, Path(__file__)):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _current(environment: Path, stamp: str) -> bool:
    """Whether it was set up from what the stamp stands for."""
    file = environment / STAMP
    return file.exists() and file.read_text() == stamp


def _missing_packages(*, for_test: bool) -> list[str]:
    """Names of Debian packages that are needed and not there."""
    wanted = {
        "default-jre-headless": _java_version() >= OLDEST_JAVA,
        "maven": bool(shutil.which("mvn")) or any(JARS.glob("kafka_*.jar")),
        "python3-venv": _find_uv() is not None or _can_make_venv(),
    }
    if for_test:
        # The integrators' guide is run as it stands: with curl, openssl and perl.
        # The browser without windows: a page takes a quarter of the processor time that it takes in `chromium`.
        wanted |= {name: bool(shutil.which(name)) for name in ("chromium-headless-shell", "curl", "openssl", "perl")}
        wanted |= {"fonts-dejavu-core": FONT.exists()}
    return [name for name, there in wanted.items() if not there]


def _java_version() -> int:
    """Major version of the `java` on the path; 0 when there is none."""
    java = shutil.which("java")
    if java is None:
        return 0
    home = Path(java).resolve().parents[1] / "release"
    if home.exists():
        text = home.read_text()
    else:
        text = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    match = re.search(r'(?:JAVA_VERSION=|version )"(\d+)', text)
    return int(match[1]) if match else 0


def _can_make_venv() -> bool:
    try:
        import ensurepip  # noqa: F401, PLC0415 - Debian ships it separately
    except ImportError:
        return False
    return True


def _install_packages(steps: Steps, packages: list[str]) -> None:
    label = "Gói của Debian (Java, Maven, trình duyệt cho kiểm thử)"
    if not packages:
        steps.report(label, "đã có")
        return
    names = " ".join(packages)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sudo = "" if os.geteuid() == 0 else "sudo "
        message = (
            f"Cần quyền root để cài: {names}. Chạy lệnh này rồi chạy lại:\n"
            f"  {sudo}apt-get update && {sudo}apt-get install -y --no-install-recommends {names}"
        )
        raise SetupError(message)
    steps.report(label, f"cài đặt {names}")
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    _quietly([*apt, "update"])
    _quietly([*apt, "install", "-y", "--no-install-recommends", *packages])


def _quietly(command: list[str], folder: Path | None = None) -> None:
    """Runs a talkative command; what it said is shown only when it fails."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode != 0:
        message = f"{done.stdout}{done.stderr}\nLệnh thất bại ({done.returncode}): {' '.join(command)}"
        raise SetupError(message)


def _find_uv() -> str | None:
    private = TOOLS / "uv" / "bin" / "uv"
    return shutil.which("uv") or (str(private) if private.exists() else None)


def _ensure_uv(steps: Steps) -> str:
    found = _find_uv()
    steps.report("uv", "đã có" if found else f"cài đặt {UV_VERSION}")
    if found:
        return found
    home = TOOLS / "uv"
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    subprocess.run([str(home / "bin" / "pip"), "install", "-q", f"uv=={UV_VERSION}"], check=True)
    return str(home / "bin" / "uv")


def _install_locked(uv: str, environment: Path, lock: Path) -> None:
    """Exactly the locked versions, each archive checked against its hash."""
    python = environment / "bin" / "python"
    if not python.exists():
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(environment)], check=True)
    # On a terminal uv shows what it downloads; in a log it would list ninety lines.
    verbosity = [] if sys.stderr.isatty() else ["-q"]
    # Compiled once here: where PYTHONDONTWRITEBYTECODE is set, every process would compile everything at every start.
    once = ["--compile-bytecode", "--require-hashes"]
    subprocess.run([uv, "pip", "sync", *verbosity, "--python", str(python), *once, str(lock)], check=True, cwd=REPO)


def _install_jars(steps: Steps) -> None:
    """Into a folder of its own first: a half-copied set of jars must never look complete."""
    steps.report("Apache Kafka theo deploy/local/pom.xml", "cài đặt")
    draft = TOOLS / "kafka.draft"
    shutil.rmtree(draft, ignore_errors=True)
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={draft}", "-DincludeScope=runtime"]
    _quietly(["mvn", "-B", "-q", "-f", str(POM), *goal])
    shutil.rmtree(JARS, ignore_errors=True)
    draft.rename(JARS)


def _unpack_prometheus(steps: Steps) -> None:
    """Debian's packages, checked by apt against the archive's signature, as files in a folder; needs no root."""
    steps.report("Prometheus, Alertmanager của Debian (cho kiểm thử và so sánh)", "tải về")
    if shutil.which("apt-get") is None:
        raise SetupError("kiểm thử và make bench dùng Prometheus của Debian: cần apt-get")
    draft = TOOLS / "prometheus.draft"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        _quietly(["apt-get", "download", "-qq", *PROMETHEUS_PACKAGES], folder=draft)
    except SetupError:
        if os.geteuid() != 0:
            raise
        # A bare image has no lists of packages.
        _quietly(["apt-get", "-qq", "update"])
        _quietly(["apt-get", "download", "-qq", *PROMETHEUS_PACKAGES], folder=draft)
    for package in draft.glob("*.deb"):
        _quietly(["dpkg-deb", "-x", str(package), str(draft)])
        package.unlink()
    shutil.rmtree(PROMETHEUS, ignore_errors=True)
    draft.rename(PROMETHEUS)


if __name__ == "__main__":
    main()
