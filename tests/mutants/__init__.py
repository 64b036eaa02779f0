"""One patch for each way to break a rule, and the proof that a test sees it broken."""
