# SPDX-License-Identifier: BSD-2-Clause
"""How long functions and files are: a report, and an upper limit.

A C function is what stands between a "{" and a "}" that each have the first column to themselves,
which the formatting lint guarantees.
"""
import ast
import re
import statistics

import tree

FUNCTION_MAX = 100
FILE_MAX = 600
TOP_SHOWN = 10


def c_functions(path):
    lines = tree.read(path).splitlines()
    start = name = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
            head = number - 2
            while head > 0 and re.match(r"[\s{}]", lines[head] or "}"):
                head -= 1
            found = re.search(r"(\w+)\s*\((\w*)", lines[head])
            name = (found[2] if found[1].isupper() else found[1]) if found else "?"
        elif line.startswith("}") and start:
            yield number - start + 1, name, f"{path}:{start}"
            start = None


def python_functions(path):
    try:
        module = ast.parse(tree.read(path))
    except SyntaxError:  # the lint "python" says so
        return
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef):
            yield node.end_lineno - node.lineno + 1, node.name, f"{path}:{node.lineno}"


def describe(what, sizes):
    """The report's lines about one kind of thing; sizes are tuples that begin with a length."""
    if not sizes:
        return []
    lengths = [s[0] for s in sizes]
    lines = [f"{what}: {len(lengths)}, median {statistics.median(lengths):.0f} lines; the longest:"]
    for size, *where in sorted(sizes, reverse=True)[:TOP_SHOWN]:
        lines.append(f"  {size:5} {' '.join(where)}")
    return lines


def check():
    functions, files = [], []
    for path in tree.c_files():
        functions += c_functions(path)
    in_c = [f for f in functions if f[2].startswith(("src/", "ctl/"))]
    for path in tree.python_files():
        functions += python_functions(path)
    for path in tree.c_files() + tree.python_files() + tree.shell_files():
        files.append((tree.read(path).count("\n"), path))

    problems = [f"{where}: {name} has {size} lines, the limit is {FUNCTION_MAX}"
                for size, name, where in functions if size > FUNCTION_MAX]
    problems += [f"{path}: {size} lines, the limit is {FILE_MAX}"
                 for size, path in files if size > FILE_MAX]
    sources = [f for f in files if f[1].startswith(("src/", "ctl/"))]
    report = describe("functions of src and ctl", in_c) + describe("files of src and ctl", sources)
    return problems, "\n".join([f"{len(functions)} functions in {len(files)} files", *report])
