"""ID³: faces of people who do not exist, each kept the same person over a folder (Li et al., NeurIPS 2024).

Anchors far apart on the sphere of a face recogniser's embeddings become identities; a denoiser conditioned on an
embedding and on attributes (pose, age) is trained to keep both, and sampling follows a gradient field that pulls the
estimate of the clean face towards the embedding asked for.
"""
