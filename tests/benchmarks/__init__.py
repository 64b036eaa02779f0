"""Programs that print a table. They are no tests: machines are noisy, so only ratios inside one run mean anything."""
