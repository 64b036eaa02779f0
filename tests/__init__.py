"""Tests: named after what is true, on real parts, with no mocks of our own code."""
