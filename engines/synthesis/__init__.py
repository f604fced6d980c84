"""Faces that do not exist: latent diffusion models of the face world, and what is drawn from them."""
