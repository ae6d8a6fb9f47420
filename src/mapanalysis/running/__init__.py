"""Runs the notebooks of a project and puts the edition they make into its place."""
