"""identity: who registers, whether they are who they say, and how they log in.

Owns accounts, their verification and standing, both contact sets, staff and tokens; writes `identity.accounts.v1` and
publishes the keys that the other services check tokens with. Personal data stay in its vault, by region, and are given
to other services over HTTP only, each time with an entry in the log of disclosures.
"""
