"""Rights: submitted with their documents, withdrawn, expired (001, Step 3 and IPR Management)."""
