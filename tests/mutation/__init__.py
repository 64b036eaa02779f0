"""How many small wrongs in the core the tests see: `python -m tests.mutation --sample 300`.

A random sample of mutants (cosmic-ray's operators) of planner, executor, steps, journal and guard is tried against the
quick tests, the nearest ones first. Needs `pip install -e '.[mutation]'`.
"""
