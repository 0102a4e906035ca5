from widget_host.kit.errors import FieldError, InvalidFields, NotFound, Refused


class TestRefused:
    def test_carries_a_sentence_and_the_figures_that_explain_it(self) -> None:
        refusal = NotFound("There is no such thing.", thingId="thg_1")

        assert (refusal.code, refusal.message, dict(refusal.details)) == (
            "NOT_FOUND",
            "There is no such thing.",
            {"thingId": "thg_1"},
        )
        assert str(refusal) == "There is no such thing."

    def test_is_no_repeat_until_it_is_marked_as_one(self) -> None:
        assert Refused("No.").is_replay is False


class TestInvalidFields:
    def test_names_every_wrong_field_once_in_the_order_found(self) -> None:
        errors = [
            FieldError("value", "too_small", "This is too small."),
            FieldError("currency", "currency", "This is no currency."),
            FieldError("value", "number_type", "This is no number."),
            FieldError("", "malformed", "This is no object."),
        ]

        refusal = InvalidFields(errors)

        assert refusal.message == "The request was not understood. Correct: value, currency, body."
        assert refusal.errors == errors
