"""IPR: which right is whose, where it holds and until when, and whether its documents were authenticated.

Names of registrants and the documents themselves stay in the vault; what travels is what a right covers.
"""
