"""The recipe `readers`: networks that read identity, pose, age and landmarks from a face."""
