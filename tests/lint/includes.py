# SPDX-License-Identifier: BSD-2-Clause
"""Who may include whom: data goes one way, from util at the bottom to main at the top, and each
library is seen in few modules. This table is the only place that says so.
"""
import re

import tree

BELOW_ENGINE = {"plan", "netdev", "capture", "dataplane", "config", "json", "packet", "stats", "util"}
# Module: the modules (or single headers) that it may include beside its own.
MODULES = {
    "util": set(),
    "json": {"util"},
    "packet": {"util"},
    "stats": {"util"},
    "config": {"json", "packet", "util"},
    "plan": {"config", "packet", "util"},
    "netdev": {"packet", "stats", "util"},
    "capture": {"packet", "stats", "util"},
    "dataplane": {"plan", "netdev", "capture", "packet", "stats", "util"},
    "engine": BELOW_ENGINE,
    "api": {"engine", "config", "json", "stats", "util"},
    "metrics": {"engine", "stats", "util"},
    "main": {"engine", "api", "metrics", "config", "util"},
    "ctl": {"json", "util", "config/wire.h"},
}
# Header of a library: the modules that may see it.
LIBRARIES = {
    r"cjson/": {"json", "config", "api", "ctl"},
    r"event2/|event\.h|evutil\.h": {"main", "engine", "api", "metrics"},
    r"microhttpd\.h": {"metrics"},
    r"ini\.h": {"config"},
    r"bpf/|xdp/": {"netdev"},
    r"pcap(/|\.h)": {"capture"},
    r"check\.h": set(),
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def module_of(path):
    parts = path.split("/")
    if parts[0] == "ctl":
        return "ctl"
    return "main" if len(parts) == 2 else parts[1]


def check_quoted(module, name):
    if "/" not in name:
        if name == "config.h" and module != "config":
            return None  # autoconf's; inside src/config it would be the module's own
        if module in ("main", "ctl"):
            return None  # its own folder is all of it
        return f'"{name}" has no module: write "{module}/{name}"'
    owner = name.split("/")[0]
    if owner == module or owner in MODULES[module] or name in MODULES[module]:
        return None
    return f"{module} may not include {name}"


def check_system(module, name):
    for pattern, modules in LIBRARIES.items():
        if re.match(pattern, name) and module not in modules:
            return f"{module} may not include <{name}>"
    return None


def check():
    problems, looked_at = [], 0
    for path in tree.c_files():
        if not path.startswith(("src/", "ctl/")):
            continue
        looked_at += 1
        module = module_of(path)
        if module not in MODULES:
            problems.append(f"{path}: module {module} is not in the table of {__file__}")
            continue
        for number, line in enumerate(tree.read(path).splitlines(), 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            judge = check_quoted if found[1] == '"' else check_system
            problem = judge(module, found[2])
            if problem:
                problems.append(f"{path}:{number}: {problem}")
    return problems, f"{looked_at} files"
