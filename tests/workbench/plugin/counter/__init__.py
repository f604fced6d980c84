"""A package as a user may install: it declares one recipe in the entry-point group `mien.recipes`."""
