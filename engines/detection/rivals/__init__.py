"""The detectors that papers compare with, trained on the same pictures and measured on the same test.

`recipe` names them; `blends` (SBI), `identity` (IID) and `localise` (CADDM) hold what three of them add to a tower and
a linear head; `train` trains them one after the other.
"""
