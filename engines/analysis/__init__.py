"""What a trained model is like inside: subspaces, attention, attribution, embeddings."""
