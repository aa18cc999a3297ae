"""The sources as the architecture tests see them: files, syntax trees, functions."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
PACKAGES = ("services", "shared", "deploy", "tests")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def python_files(*packages: str) -> tuple[Path, ...]:
    """Python files of the packages (all of them when none is named)."""
    folders = [REPO / package for package in packages or PACKAGES]
    return tuple(sorted(file for folder in folders for file in folder.rglob("*.py")))


@cache
def tree_of(file: Path) -> ast.Module:
    """Syntax tree of a file."""
    return ast.parse(file.read_text(), str(file))


@cache
def nodes_of(file: Path) -> tuple[ast.AST, ...]:
    """Every node of a file's syntax tree: a dozen tests ask, and walking the tree costs more than parsing it."""
    return tuple(ast.walk(tree_of(file)))


def functions() -> Iterator[tuple[str, Function]]:
    """Every function and method with its place."""
    for file in python_files():
        for node in nodes_of(file):
            if isinstance(node, Function):
                yield f"{place(file)}:{node.lineno} {node.name}", node


def place(file: Path) -> str:
    """Path from the repository's root."""
    return str(file.relative_to(REPO))


def committed_files() -> list[Path]:
    """Files that git knows, and new ones that it does not ignore."""
    listed = ["git", "-C", str(REPO), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, check=True, capture_output=True).stdout.decode().split("\0")
    return [REPO / name for name in names if name and (REPO / name).is_file()]
