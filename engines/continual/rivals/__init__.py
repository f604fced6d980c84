"""What SAFE is compared with, in the same run set: analytic heads, linear probes, fine-tuning, EWC, LwF, L2P, EASE."""
