"""DiffusionFake (Sun et al., NeurIPS 2024): detector features that must steer a frozen diffusion model back to the
source face and to the target face of a forgery. Everything but backbone and head is dropped after training."""
