"""Sets of the world in the layouts of others: a folder of pictures, Hugging Face Parquet, DeepfakeBench.

Each function writes into a folder that comes to exist whole or not at all, and says how far it is.
"""

from engines.faceworld.export.deepfakebench import all_splits, export_deepfakebench
from engines.faceworld.export.image_folder import export_image_folder
from engines.faceworld.export.parquet import export_parquet
from engines.faceworld.export.rows import FORMATS

__all__ = ["FORMATS", "all_splits", "export_deepfakebench", "export_image_folder", "export_parquet"]
