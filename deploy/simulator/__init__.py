"""A world around the platform: marketplaces, merchants, owners and reviewers, driven by a seed.

`plan` says beforehand what must come of every complaint and knows nothing of the services; `verdict` compares that
with what the topics and the APIs say afterwards.
"""
