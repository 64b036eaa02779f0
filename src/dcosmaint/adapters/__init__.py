"""The outside things, one file each: the only importers of foreign clients and of subprocess."""
