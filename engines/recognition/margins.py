"""The margin losses of `engines.training.margins`, under the name that recognition knows them by."""

from engines.training.margins import CONCENTRATION, MARGINS, MarginHead, adaface, arcface, cosface

__all__ = ["CONCENTRATION", "MARGINS", "MarginHead", "adaface", "arcface", "cosface"]
