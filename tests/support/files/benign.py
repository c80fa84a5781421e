"""The benign corpus."""

from tests.support.files.benign_documents import benign_documents
from tests.support.files.benign_images import benign_images

BENIGN = (*benign_images(), *benign_documents())
