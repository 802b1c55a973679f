"""The section `masking` of config.yaml: what is masked beside the secrets."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from prober.loading.fields import STRICT, Text, did_you_mean, refusal
from prober.loading.masking import MaskingRules
from prober.loading.masking_fields import FIELDS
from prober.loading.masking_patterns import PRIVATE, own_pattern


def _expression(text: str) -> str:
    try:
        empty = re.compile(text).search("")
    except re.error as exc:
        where = "" if exc.pos is None else f" (character {exc.pos + 1} of the expression)"
        raise refusal(f"the regular expression does not compile: {exc.msg}{where}") from exc
    if empty:
        raise refusal("this regular expression matches an empty text, which is everywhere")
    return text


def _field(name: str) -> str:
    if not name.strip("-_. "):
        raise refusal("the name of a field is missing here")
    return name


def _known_field(name: str) -> str:
    if name not in FIELDS:
        raise refusal(f"‘{name}’ is not a field that is masked by default", did_you_mean(name, FIELDS))
    return name


class MaskingSettings(BaseModel):
    """What is masked in everything that is kept or told, beside the secrets, which always are."""

    model_config = STRICT
    phone: bool = Field(default=True, description="telephone numbers, but for the first three and last four digits")
    id_card: bool = Field(
        default=True, description="ID cards (18 characters, a right check digit), but for the last four"
    )
    bank_card: bool = Field(
        default=True, description="bank cards (16 to 19 digits, right by Luhn), but for the last four"
    )
    patterns: dict[Text, Annotated[Text, AfterValidator(_expression)]] = Field(
        default_factory=dict, description="regular expressions of your own, by name; what they match vanishes whole"
    )
    fields: tuple[Annotated[Text, AfterValidator(_field)], ...] = Field(
        default=(),
        description="fields whose values are masked, beside those that always are (password, 密码, cookie …)",
    )
    open_fields: tuple[Annotated[Text, AfterValidator(_known_field)], ...] = Field(
        default=(), description="fields of those that always are masked which shall not be"
    )

    def rules(self) -> MaskingRules:
        """Return it as the mask takes it."""
        private = tuple(pattern for name, pattern in PRIVATE.items() if getattr(self, name))
        own = tuple(own_pattern(regex) for regex in self.patterns.values())
        return MaskingRules(
            (*own, *private), (*(name for name in FIELDS if name not in self.open_fields), *self.fields)
        )
