"""Quality: how good each forgery is, what a training made of it, and FreDA by hand."""

from workbench.widgets import frame, quality

frame.head(
    "Quality",
    "Forgeries are not equally good. Quality-centric training scores each one, shows the hard ones more often, and"
    " gives the easy ones the low frequencies of the real frame behind them.",
    lessons=True,
)
quality.show()
