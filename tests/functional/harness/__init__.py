# SPDX-License-Identifier: BSD-2-Clause
"""What the functional tests stand on: network namespaces, the real daemon, captures."""
import os
import time

BUILD = os.environ.get("PKTGEND_BUILD", "build")
PKTGEND = os.path.join(BUILD, "pktgend")
PKTGENCTL = os.path.join(BUILD, "pktgenctl")


def wait_until(condition, timeout=10, what="the condition", interval=0.02):
    """Returns condition()'s first true value; fails when there is none within timeout seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout} s: {what}")
        time.sleep(interval)
