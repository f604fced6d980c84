"""Vision towers behind one interface, where their weights come from, and the arithmetic they run in."""
