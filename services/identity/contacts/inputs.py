"""A contact set as it is sent and kept."""

from pydantic import BaseModel, ConfigDict, Field

from services.identity.accounts.inputs import Email


class Contact(BaseModel):
    """003 三.2: name, mobile, phone, e-mail, postal address. A contact e-mail may change; the login e-mail never."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    email: Email
    mobile: str | None = Field(default=None, max_length=40)
    phone: str | None = Field(default=None, max_length=40)
    postal_address: str | None = Field(default=None, max_length=500)
