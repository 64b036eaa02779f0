"""How many small wrongs in the core the tests see: `python -m tests.mutation --sample 300`.

A random sample of mutants of planner, executor, steps, journal and guard is tried against the quick tests that run the
changed line, those that run little else first. Needs `pip install -e '.[mutation]'`.
"""
