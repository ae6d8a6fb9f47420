"""Puts this folder on the path of the tests, for the helpers that stand in it (`small_tables`)."""
