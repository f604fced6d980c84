"""The process at the other end of `workbench.inference`: reads questions, answers them, ends with its parent.

It holds the models and opens what strangers send, so its memory is bounded. Run as `python -m workbench.answering`.
"""

import os
import pickle
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO

from engines.errors import BadInput, MienError

MEMORY_CAP = 16 * 2**30
"""Address space in bytes; a picture or clip that needs more is refused and the process lives on."""


def serve(asked: BinaryIO, answers: BinaryIO) -> None:
    """Answer until the parent hangs up."""
    from workbench import questions

    def tell(kind: str, value: Any) -> None:
        pickle.dump((kind, value), answers)
        answers.flush()

    def progress(share: float | None, note: str = "", partial: Any = None) -> None:
        tell("progress", (share, note, partial))

    while True:
        try:
            name, arguments = pickle.load(asked)  # noqa: S301 our own parent's words
        except EOFError:
            return
        try:
            tell("done", questions.QUESTIONS[name](progress, **arguments))
        except MienError as error:
            tell("failed", error)
        except MemoryError:
            tell("failed", BadInput("This needs more memory than a question may take. Make it smaller first."))
        except Exception as error:  # a defect of ours must not take the process down
            tell("failed", RuntimeError(f"{type(error).__name__}: {error}"))


def cap_memory() -> None:
    """Bound the address space, where the system can and no GPU driver needs all of it."""
    if sys.platform == "linux" and not Path("/dev/nvidiactl").exists():
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_CAP, resource.getrlimit(resource.RLIMIT_AS)[1]))


def _unwind(number: int, frame: object) -> None:
    """End as an error does, so that drafts and processes of a question that is withdrawn go with it."""
    sys.exit(0)


def main() -> None:
    """Keep the pipe to ourselves: whatever a library prints goes to standard error."""
    signal.signal(signal.SIGTERM, _unwind)
    cap_memory()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
