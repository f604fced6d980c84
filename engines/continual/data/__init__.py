"""Streams by name: the face world's, and the field's data sets in their layouts."""
