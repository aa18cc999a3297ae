"""Memory of a process tree, with shared pages divided among their users."""

from pathlib import Path

from deploy.local.stack.status import proportional_set_mib


def tree_mib(root: int) -> int:
    """PSS of a process and everything below it, in MiB; what ends meanwhile counts nothing."""
    children: dict[int, list[int]] = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name, in brackets, may hold anything; after it come the state and the parent.
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue
        children.setdefault(parent, []).append(int(status.parent.name))
    found, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        found += proportional_set_mib(pid)
        waiting += children.get(pid, [])
    return found
