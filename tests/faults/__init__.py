"""Named faults, one end-to-end test each: what the operator reads, the exit code, and what a resume does then."""
