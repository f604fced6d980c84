"""Pieces that several pages share: the form, the pickers, the figure card, the states. No mathematics here."""
