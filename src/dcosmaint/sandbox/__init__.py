"""A pretend cluster that punishes what a real one punishes: to rehearse on, to learn on, and to test against."""
