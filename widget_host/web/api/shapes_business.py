"""What the profile's view answers, as typed values and for the reference."""

from pydantic import Field

from widget_host.web.answers import Answer, CurrencyCode

TAG = "Business Info"


class Profile(Answer):
    """What is known of your organization; what nobody has told yet is empty text."""

    name: str = Field(description="What it is called.", examples=["Northwind Bank"])
    program_id: str = Field(description="Your own loyalty program's id, if you have one.", examples=[""])
    program_name: str = Field(description="Your own loyalty program's name.", examples=["Northwind Rewards"])
    legal_entity: str = Field(description="The name in the register of companies.", examples=["Northwind Bank Inc."])
    logo: str = Field(description="The address of a picture.", examples=["https://bank.example/logo.svg"])
    industry: str = Field(description="What the business does.", examples=["Banking"])
    country: str = Field(description="Where it is.", examples=["United States"])
    address: str = Field(description="Street and number.", examples=["1 Harbour Street"])
    city: str = Field(description="The city.", examples=["Portland"])
    zip_code: str = Field(description="The postal code.", examples=["04101"])
    local_currency: CurrencyCode = Field(
        description="The environment's own currency: prices and values are in it where a request names none.",
        examples=["USD"],
    )
    technical_contact: str = Field(description="Who answers technical questions.", examples=["Ada Byron"])
    technical_contact_email: str = Field(description="Their e-mail.", examples=["ada@bank.example"])
    billing_contact: str = Field(description="Who answers questions about bills.", examples=["Luca Pacioli"])
    billing_contact_email: str = Field(description="Their e-mail.", examples=["luca@bank.example"])
    country_code: str = Field(description="The dialling code that goes before `phone`.", examples=["+1"])
    phone: str = Field(description="The phone number.", examples=["2075550100"])
