"""An import-linter contract that lists what may be imported, instead of what may not.

It looks at direct imports only: what an allowed package imports is that package's own affair.
"""

import sys
from typing import Any

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class AllowedImports(Contract):
    """The modules that match `modules` import nothing but the standard library, `allowed`, and modules of their own
    service that match `modules` too. Patterns are those of import-linter: `*` is one name, `**` several."""

    type_name = "allowed"

    # The fields stand for lists: import-linter puts the values in their place.
    modules: Any = fields.ListField(subfield=fields.StringField())
    allowed: Any = fields.ListField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        bound = {name for pattern in self.modules for name in graph.find_matching_modules(pattern)}
        breaches = [
            (name, imported)
            for name in sorted(bound)
            for imported in sorted(graph.find_modules_directly_imported_by(name))
            if not self._may(name, imported, bound)
        ]
        return ContractCheck(kept=not breaches, metadata={"breaches": breaches, "bound": len(bound)})

    def _may(self, name: str, imported: str, bound: set[str]) -> bool:
        if imported.partition(".")[0] in sys.stdlib_module_names:
            return True
        if imported in bound:
            return _service(imported) == _service(name)
        return any(imported == package or imported.startswith(f"{package}.") for package in self.allowed)

    def render_broken_contract(self, check: ContractCheck) -> None:
        for name, imported in check.metadata["breaches"]:
            output.print_error(f"{name} imports {imported}", bold=False)


def _service(module: str) -> str:
    return ".".join(module.split(".")[:2])
