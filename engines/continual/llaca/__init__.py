"""LLaCA: continual instruction tuning with a moving average whose weight follows the gradients, and groups of tasks.

After Qiao et al. (arXiv 2410.10868; ICML 2025, "Large Continual Instruction Assistant").
"""
