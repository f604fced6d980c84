"""What a multimodal model is taught in turn: questions about pictures, their scores, and where they come from."""
