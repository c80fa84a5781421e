"""The contract that keeps models pure."""

import grimp
import pytest

from deploy.checks.pure_models import AllowedImports


def contract() -> AllowedImports:
    return AllowedImports(
        name="pure",
        session_options={"root_packages": ["services"]},
        contract_options={
            "modules": ["services.*.*.model", "services.*.*.model.**"],
            "allowed": ["shared.kernel"],
        },
    )


def graph_with(importer: str, imported: str) -> grimp.ImportGraph:
    graph = grimp.ImportGraph()
    for module in (importer, imported):
        graph.add_module(module)
    graph.add_import(importer=importer, imported=imported)
    return graph


@pytest.mark.parametrize(
    "imported",
    [
        "dataclasses",
        "shared.kernel",
        "shared.kernel.clock",
        "services.ipr.terms.model",
        "services.ipr.rights.model.words",
    ],
)
def test_a_model_may_import(imported: str) -> None:
    graph = graph_with("services.ipr.rights.model", imported)

    assert contract().check(graph, verbose=False).kept


@pytest.mark.parametrize(
    "imported",
    ["pydantic", "shared.kernels", "shared.mongo", "services.ipr.rights.store", "services.complaints.cases.model"],
)
@pytest.mark.parametrize("model", ["services.ipr.rights.model", "services.ipr.rights.model.trademark"])
def test_a_model_may_not_import(model: str, imported: str) -> None:
    check = contract().check(graph_with(model, imported), verbose=False)

    assert not check.kept
    assert check.metadata["breaches"] == [(model, imported)]


def test_what_is_no_model_imports_what_it_likes() -> None:
    assert contract().check(graph_with("services.ipr.rights.store", "pydantic"), verbose=False).kept
