"""Files and functions stay small enough to be read in one go."""

import ast
from statistics import median, quantiles

from tests.architecture.sources import functions, place, python_files

FILE_MEDIAN_LINES, FILE_P90_LINES, FILE_MAX_LINES = 120, 300, 400
FUNCTION_MEDIAN_LINES, FUNCTION_P90_LINES, FUNCTION_MAX_LINES = 12, 30, 50
PARAMETERS_MAX = 6


def lines_of(node: ast.AST) -> int:
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    return (node.end_lineno or node.lineno) - node.lineno + 1


def p90(sizes: list[int]) -> float:
    return quantiles(sizes, n=10)[-1]


def test_no_file_is_longer_than_the_budget() -> None:
    sizes = {place(file): len(file.read_text().splitlines()) for file in python_files()}
    assert {file: size for file, size in sizes.items() if size > FILE_MAX_LINES} == {}
    assert median(sizes.values()) <= FILE_MEDIAN_LINES
    assert p90(list(sizes.values())) <= FILE_P90_LINES


def test_no_function_is_longer_than_the_budget() -> None:
    sizes = {name: lines_of(node) for name, node in functions()}
    assert {name: size for name, size in sizes.items() if size > FUNCTION_MAX_LINES} == {}
    assert median(sizes.values()) <= FUNCTION_MEDIAN_LINES
    assert p90(list(sizes.values())) <= FUNCTION_P90_LINES


def test_no_function_has_more_parameters_than_the_budget() -> None:
    def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        return len([one for one in given if one.arg not in ("self", "cls")])

    counts = {name: parameters(node) for name, node in functions() if "/test_" not in name}
    assert {name: count for name, count in counts.items() if count > PARAMETERS_MAX} == {}


def test_every_composition_root_reads_as_one_page() -> None:
    roots = [file for file in python_files("services") if file.name == "app.py"]
    assert len(roots) == 4
    assert {place(file): len(file.read_text().splitlines()) for file in roots if _is_long(file.read_text())} == {}


def _is_long(text: str) -> bool:
    return len(text.splitlines()) > 120
