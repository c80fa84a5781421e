"""Asking our other services over HTTP, with a service's token: for personal data, which must not travel on topics."""

from shared.peers.asking import Peers
from shared.peers.tokens import Bearer, FetchedToken, PeerAway

__all__ = ["Bearer", "FetchedToken", "PeerAway", "Peers"]
