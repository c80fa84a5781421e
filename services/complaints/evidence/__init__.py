"""Evidence as files: uploaded, used in a complaint or an answer, read by those who may, forgotten where unused."""
