"""Effort (Yan et al., ICML 2025, arXiv 2411.15633): detection by training what a weight keeps in its last
singular directions, orthogonal to what it learnt before.
"""
