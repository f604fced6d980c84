"""Spatiotemporal adapters: a frozen image tower made a detector of forged clips, and the detectors it is compared with.

"Generalizing Deepfake Video Detection with Plug-and-Play: Video-Level Blending and Spatiotemporal Adapter Tuning",
CVPR 2025, https://arxiv.org/abs/2408.17065.
"""
