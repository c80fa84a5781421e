"""Writes `kafka-jars.lock`. Needs Maven and the network; only whoever moves to another Kafka runs it:

    python -m deploy.local.lock_kafka_jars 4.3.1

Maven resolves the broker's runtime dependencies and a logging binding; the lock then pins each jar by coordinates,
size and SHA-256, so that installing needs neither Maven nor trust in the repository.
"""

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from deploy.local.jars import LOCK_FILE

# slf4j-api 1.7 is what Kafka 4 brings; its simple binding writes to stderr, which the runner keeps in a log file.
_BINDING = ("org.slf4j", "slf4j-simple", "1.7.36")

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>local</groupId><artifactId>lock</artifactId><version>1</version><dependencies>{}</dependencies></project>"""
_DEPENDENCY = "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"


def resolve(version: str, folder: Path) -> list[Path]:
    """Let Maven copy all jars into `folder`, in the repository's own layout; returns them sorted."""
    wanted = [("org.apache.kafka", "kafka_2.13", version), _BINDING]
    (folder / "pom.xml").write_text(_POM.format("".join(_DEPENDENCY.format(*item) for item in wanted)))
    command = ["mvn", "--quiet", "--batch-mode", "dependency:copy-dependencies", "-DincludeScope=runtime"]
    options = ["-Dmdep.useRepositoryLayout=true", f"-DoutputDirectory={folder / 'jars'}"]
    subprocess.run([*command, *options], cwd=folder, check=True)  # noqa: S603 - fixed command
    return sorted((folder / "jars").rglob("*.jar"))


def line(jar: Path, root: Path) -> str:
    """`group:artifact:version size sha256` of one jar that lies in repository layout under `root`."""
    *group, artifact, version, _file = jar.relative_to(root).parts
    content = jar.read_bytes()
    return f"{'.'.join(group)}:{artifact}:{version} {len(content)} {hashlib.sha256(content).hexdigest()}"


def main() -> None:
    version = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = [line(jar, folder / "jars") for jar in resolve(version, folder)]
    header = [
        "# Apache Kafka's broker and its runtime dependencies: coordinates, bytes, SHA-256.",
        f"# Written by `python -m deploy.local.lock_kafka_jars {version}`; do not edit.",
        f"kafka {version}",
    ]
    LOCK_FILE.write_text("\n".join([*header, *lines]) + "\n")


if __name__ == "__main__":
    main()
