"""The list of what a person can ask for: every way named is one that is served, to whoever has an account."""

from deploy.docs.interfaces import interface
from services.identity.privacy.rights import load_personal_rights
from shared.access import Role

RIGHTS = {one.right: one for one in load_personal_rights()}
IDENTITY = interface("identity")
SERVED = {f"{route.method} {route.path}": route.operation for route in IDENTITY.routes}


def test_the_rights_are_those_of_the_privacy_policy() -> None:
    # 000 V: access, correct, delete, ask; VII: object, restrict, withdraw consent, complain to the authority
    everybody = {"see", "correct", "erase", "withdraw-consent", "ask"}
    eea = {"object", "restrict", "complain-to-authority"}
    assert {name for name, one in RIGHTS.items() if one.applies == "everybody"} >= everybody
    assert {name for name, one in RIGHTS.items() if one.applies == "eea"} == eea
    assert all(set(one.texts) == {"zh", "en"} for one in RIGHTS.values())


def test_every_way_that_is_named_is_served_to_the_person() -> None:
    for one in RIGHTS.values():
        assert one.how or one.right == "complain-to-authority"
        for way in one.how:
            operation = SERVED[way.replace("/me", "/{account_id}")]
            assert Role.COMPLAINANT in IDENTITY.operations[operation], way
