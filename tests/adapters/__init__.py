"""Adapters, each against the real thing that it adapts, or the nearest that runs on loopback."""
