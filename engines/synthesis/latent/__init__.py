"""A small latent diffusion model of real faces: an autoencoder, then a denoiser of its latents.

Rombach et al., CVPR 2022, at the size of the face world: pictures of 112 px, latents of 4 x 28 x 28. Kept in diffusers'
folder format, as Stable Diffusion is, so that whatever takes one takes the other.
"""
