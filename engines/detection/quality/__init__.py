"""The quality-centric framework (Song et al., arXiv 2411.05335): forged pictures scored by quality, upgraded and paced.

`scores` measures quality, `freda` upgrades poor forgeries in the frequency domain, `pacing` decides which are upgraded
and which are drawn, `paced` feeds a training with them, and `train` compares the parts with their controls.
"""
