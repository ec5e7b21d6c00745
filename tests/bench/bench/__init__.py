# SPDX-License-Identifier: BSD-2-Clause
"""The benchmark, from the bottom up.

ground   namespaces, links and processes, all of which vanish with the program
daemon   pktgend and its control socket
ends     far ends: xdp-sink and device counters; live-source
senders  who sends: pktgend and its peers behind one face
report   tables, requirements, JSON
matrix, tx, null, rx, pacing, control   the parts: each measures and reports one subject
"""
