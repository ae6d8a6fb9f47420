"""Maps in and out: from the files of others to a map project, and from a project to files that others read."""
