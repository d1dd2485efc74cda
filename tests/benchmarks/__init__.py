"""The benchmark: made-up catalogues of any size, contestants that answer the same questions, and what each costs.

`python3 dev.py bench` runs it. Nothing here is a test of seconds: `tests/test_benchmarks.py` runs it on fifty cases.
"""
