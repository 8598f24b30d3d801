"""Sentences that look like those of reports and manuals; they mean little."""

from __future__ import annotations

import random

_SUBJECTS = """
the committee|a separate survey|our second experiment|the regional office|each new instrument
the revised schedule|an independent reviewer|the northern harbour|this procedure|the main archive
a long series of tests|the pressure valve|the published index|every third sample|the contract
""".strip()
_VERBS = """
describes|replaces|has confirmed|does not change|will probably extend|measures|depends on
was compared with|clearly shows|rarely exceeds|takes precedence over|has to be kept apart from
""".strip()
_OBJECTS = """
the figures of the previous year|a temperature of 37.5 degrees|the quality of drinking water
most of the remaining questions|the weight of the empty vessel (about 12 kg)|its own budget
the rules in section 4.2|what had been agreed in March 1998|a margin of error of 3%
the distance between both stations|an unusually small number of cases|the original drawings
""".strip()
_ENDINGS = """
|, although no reason was given|; details follow below|, as Table 2 makes plain
| before the end of the quarter|, at least in theory| without any further notice| (see page 118)
""".strip("\n")
_MARKED = """
Die Prüfung der Größe ergab: „Übermaß“ ist schädlich für Bäche, Flüsse und Wälder.
L’élève a été reçu à l’hôpital où sa mère, française, préparait déjà le dîner de Noël.
El señor Muñoz llegó mañana por la tarde; ¿quién sabría más sobre aquella montaña?
Blåbærsyltetøy på brød smager bedst i køkkenet, når sneen ligger på fjældet.
Até amanhã, disse João, não há razão para pôr o chapéu à chuva em São Paulo.
""".strip()
_WORDS = """
Harbour|Index|Valve|Survey|Station|Archive|Sample|Margin|Budget|Vessel|Quarter|Signal|Window
Method|Record|Summer|Water|Balance|Current|Journal|Mineral|Planet|Region|Surface|Voltage
""".strip()


def _choices(text: str) -> list[str]:
    return [choice for line in text.split("\n") for choice in line.split("|")]


class Prose:
    """Writes sentences, names and numbers.

    Args:
        chance: Decides which; the same one writes the same.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def sentence(self) -> str:
        """One sentence in English."""
        parts = [self._one_of(each) for each in (_SUBJECTS, _VERBS, _OBJECTS)]
        text = " ".join(parts) + self._one_of(_ENDINGS)
        return f"{text[0].upper()}{text[1:]}."

    def paragraph(self, sentences: int, *, marked: bool = False) -> str:
        """Several sentences; ``marked`` ones are in languages with marks on their letters."""
        if marked:
            return " ".join(self._one_of(_MARKED) for _ in range(sentences))
        return " ".join(self.sentence() for _ in range(sentences))

    def words(self, count: int) -> list[str]:
        """Single words with a capital letter."""
        return [self._one_of(_WORDS) for _ in range(count)]

    def title(self) -> str:
        """A few words as a title."""
        first, second, third = self.words(3)
        return f"{first} and {second.lower()} in the {third.lower()}"

    def name(self) -> str:
        """Two words as the name of a thing."""
        return " ".join(self.words(2))

    def numbers(self, count: int) -> list[str]:
        """Numbers as tables have them."""
        return [f"{self._chance.uniform(1, 9999):,.2f}" for _ in range(count)]

    def _one_of(self, choices: str) -> str:
        return self._chance.choice(_choices(choices))
