"""What holds for every test."""

from hypothesis import settings

settings.register_profile("mien", deadline=None)  # a loaded machine is no defect
settings.load_profile("mien")
