"""Results -> Plotly figures, one file a topic, without a call to any user interface.

Each function takes what a run or an engine left (rows of a table, arrays) and returns a `plotly` figure whose
`layout.meta["alt"]` says in words what the picture shows.
"""
