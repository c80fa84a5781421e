"""Topics as declared in `deploy/topics.yaml`: created where missing, compared where present.

What exists is never made smaller, larger or shorter-lived by this; it says what differs and leaves it to a person.
"""

from deploy.provision.cluster import ProvisionFailed, Report, apply, drift
from deploy.provision.declaration import DeclaredTopic, declared, processor_versions, read

__all__ = ["DeclaredTopic", "ProvisionFailed", "Report", "apply", "declared", "drift", "processor_versions", "read"]
