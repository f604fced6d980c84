"""De-DA, decoupled data augmentation (Chen et al., arXiv 2411.02592).

A picture is a class-dependent part (CDP, the object) before a class-independent part (CIP, what surrounds it).
`decouple` takes pictures apart, `bank` keeps the parts, `concepts` and `generators` make gently edited variants of the
objects, `filters` drops the bad ones, and `combine` puts an object before a place again, for each sample anew.
"""
