"""Stream processors on Faust: what can be rebuilt from topics (outcomes, expiries, Good Faith, penalties).

A processor (`processor.py`) is plain Python: it is told records, answers with table writes and records to send, and
keeps its state in memory by partition. `worker.py` runs one on Faust, with the ways of Faust 0.15.3 that lose records
replaced (`faust_parts.py`, docs/adr). `deadlines.py` is the processor that every owner of deadlines runs.
"""
