"""What counts as typed in of people, and what is about things."""

from aiohttp import FormData

from tests.support.typed_in import TypedIn

CONTACTS = {"disclosed": {"name": "Alice Ling", "email": "alice@brand.example", "phone": "+86 571 8502 2088"}}


def _noted(typed_in: TypedIn) -> dict[str, str | bytes]:
    return {name.partition(" #")[0]: value for name, value in typed_in.values.items()}


def test_what_is_sent_as_json_is_named_by_its_field_and_where_it_went() -> None:
    typed_in = TypedIn()
    typed_in.request("PUT", "/v1/accounts/acc-us-1/contacts", CONTACTS)
    assert _noted(typed_in) == {
        "disclosed.name of PUT /accounts/…/contacts": "Alice Ling",
        "disclosed.email of PUT /accounts/…/contacts": "alice@brand.example",
        "disclosed.phone of PUT /accounts/…/contacts": "+86 571 8502 2088",
    }


def test_a_form_is_looked_into_and_its_files_count() -> None:
    form = FormData(quote_fields=False)
    form.add_field("details", '{"method": "passport", "full_name": "Alice Ling", "id_number": "110105194912310028"}')
    form.add_field("document", bytes(range(100)), filename="passport.png")
    typed_in = TypedIn()
    typed_in.request("POST", "/v1/accounts/acc-us-1/identity", form=form)
    assert set(_noted(typed_in).values()) == {"Alice Ling", "110105194912310028", bytes(range(100))}


def test_a_new_field_counts_until_somebody_says_that_it_is_about_things() -> None:
    typed_in = TypedIn()
    typed_in.request(
        "POST", "/v1/submissions", {"mothers_maiden_name": "van der Berg", "statements": ["sincere belief"]}
    )
    assert list(_noted(typed_in).values()) == ["van der Berg"]


def test_a_rights_own_name_is_public_and_a_persons_is_not() -> None:
    typed_in = TypedIn()
    typed_in.request("POST", "/v1/rights", form=b'{"name": "Best Brand", "registrant": "Alice Ling"}')
    assert list(_noted(typed_in).values()) == ["Alice Ling"]


def test_what_would_be_found_everywhere_is_left_out() -> None:
    typed_in = TypedIn()
    body = {"reason": "counterfeit", "birth": "1990-01-02", "text": "x" * 9, "note": "short", "file": ""}
    typed_in.request("POST", "/v1/cases/1/withdrawal", body, b"no JSON")
    assert not typed_in.values


def test_a_secret_counts_also_where_it_looks_like_a_code() -> None:
    typed_in = TypedIn()
    typed_in.request("POST", "/v1/sessions", {"password": "correct-horse-battery"})
    assert list(_noted(typed_in).values()) == ["correct-horse-battery"]
