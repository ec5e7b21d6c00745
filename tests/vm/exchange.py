# SPDX-License-Identifier: BSD-2-Clause
"""Frames from one port to another, and what both must have counted."""
from harness import wait_until
from traffic import dropped, receive, send, stop, wait_end

LINK_TIMEOUT = 10
ARRIVAL_TIMEOUT = 20


def wait_link(daemon, port, link="up", timeout=LINK_TIMEOUT):
    try:
        wait_until(lambda: daemon.port(port)["link"] == link, timeout, f"{port}: link {link}")
    except AssertionError as error:
        raise AssertionError(f"{error}; {daemon.call('port.show', name=port)}") from None


def check_exchange(sender, receiver, **options):
    """Sends until the sender ends by itself: all of it arrives, nothing else does. The sender's
    document. An end is (daemon, port)."""
    for daemon, port in (sender, receiver):
        wait_link(daemon, port)
    receive(*receiver)
    send(*sender, **options)
    sent = wait_end(*sender)
    wait_until(lambda: daemon.port(port)["frames_rx"] >= sent["frames_tx"], ARRIVAL_TIMEOUT,
               f"{sent['frames_tx']} frames received, not {daemon.port(port)}")
    received = stop(*receiver)
    assert sent["frames_tx"] == options.get("count", sent["frames_tx"])
    assert (received["frames_rx"], received["bytes_rx"]) == (sent["frames_tx"], sent["bytes_tx"])
    assert dropped(sent) == dropped(received) == 0
    return sent
