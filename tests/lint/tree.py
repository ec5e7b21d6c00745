# SPDX-License-Identifier: BSD-2-Clause
"""The files that the lints look at: what git tracks or would track, or, in an unpacked
distribution, what autoconf and automake have not made. Paths are relative to the top of the tree.
"""
import os
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GENERATED = {"configure", "config.h", "config.status"}
GENERATED_FOLDERS = {"autom4te.cache", "build-aux", "_build", "_inst"}


def _from_git():
    command = ["git", "-C", TOP, "ls-files", "-z", "-co", "--exclude-standard"]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [n for n in names.split("\0") if n and os.path.isfile(os.path.join(TOP, n))]


def _from_folders():
    found = []
    for folder, subfolders, names in os.walk(TOP):
        subfolders[:] = [s for s in subfolders if s not in GENERATED_FOLDERS
                         and not s.startswith("build") and s not in (".git", ".deps")]
        found += [os.path.relpath(os.path.join(folder, n), TOP) for n in names]
    return [f for f in found if f not in GENERATED and not f.endswith("~")]


def files():
    has_git = os.path.exists(os.path.join(TOP, ".git"))
    return sorted(_from_git() if has_git else _from_folders())


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return f.read()


def _interpreter(path):
    with open(os.path.join(TOP, path), "rb") as f:
        line = f.readline(100)
    return line.split()[-1].rsplit(b"/", 1)[-1].decode() if line.startswith(b"#!") else ""


def c_files():
    return [f for f in files() if f.endswith((".c", ".h"))]


def python_files():
    return [f for f in files() if f.endswith(".py") or _interpreter(f).startswith("python")]


def shell_files():
    return [f for f in files() if f.endswith(".sh") or _interpreter(f) in ("sh", "bash")]
