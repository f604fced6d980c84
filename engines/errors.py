"""Errors a person can act on: the fact, the input, and what to do.

Every engine raises a subclass of `MienError` for what a user can cause; pages, command line and API show its
message as it stands. Anything else that escapes is a defect of ours.
"""


class MienError(Exception):
    """Base of all errors meant for people; `str(error)` is a complete sentence or two."""


class BadConfig(MienError):
    """A setting is unknown, of the wrong type, or out of its bounds."""


class BadInput(MienError):
    """A file, picture, clip or folder cannot be used as it is."""


class BadWeights(MienError):
    """A weight file is damaged, is not safetensors, or is not the file that its card names."""


class MissingWeights(MienError):
    """Weights that are neither bundled nor on this machine: the message names the file and where to put it."""


class Stopped(MienError):
    """A run was asked to stop and has saved its checkpoint; it can be resumed."""


class RunStateError(MienError):
    """A run cannot do what was asked in the state it is in."""
