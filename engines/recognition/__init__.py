"""Who is who: readers of identity and attributes, and how well they are told apart."""
