"""One item on its way in: its declarations, its interactions, its texts and what its responses earn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Final

from apps.mock_tests.rules.exchange.qti.body import ENTRY, LIFTED, OWN_TEXT, Markup, for_takers
from apps.mock_tests.rules.exchange.qti.files import recordings
from apps.mock_tests.rules.exchange.qti.findings import Findings, Refused
from apps.mock_tests.rules.exchange.qti.processing import Marking
from apps.mock_tests.rules.exchange.qti.values import Declaration, Value, contained, read_declaration
from apps.mock_tests.rules.files.elements import Element
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.choices import MOST_OPTIONS

PLACES: Final = Decimal("0.0000000001")
"""How exactly shares are kept: thirds have no end."""
NEARLY: Final = Decimal("0.001")
_PLAYERS: Final = frozenset({"mediaInteraction"})
_FEEDBACK: Final = ("modalFeedback", "feedbackInline", "feedbackBlock")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the things that takers choose from."""

    identifier: str
    html: str
    element: Element


def share(part: Decimal, whole: Decimal) -> Decimal:
    """A part of the marks, without zeros at its end."""
    exact = part / whole
    rounded = exact.quantize(PLACES)
    return (exact if exact == rounded else rounded).normalize() + 0


class Item:
    """An `assessmentItem`. Making one refuses what no kind of question has; `text` and others note what they find."""

    def __init__(self, root: Element, markup: Markup, findings: Findings) -> None:
        self.root = root
        self.markup = markup
        self.findings = findings
        body = root.child("itemBody")
        if body is None:
            raise Refused("The item has no body.", root)
        self.body = body
        self._refuse_templates()
        self.responses = self._declared("responseDeclaration")
        self.outcomes = self._declared("outcomeDeclaration")
        processing = root.child("responseProcessing")
        self.marking = Marking(processing, self.responses, self.outcomes)
        self._feedback = [each for each in root.find_all(*_FEEDBACK) if each.get("showHide", "show") == "show"]
        self._used_feedback: set[int] = set()

    def _refuse_templates(self) -> None:
        template = self.root.child("templateDeclaration", "templateProcessing")
        if template is not None:
            raise Refused("Questions with values that are computed for each taker are not supported.", template)
        if self.root.is_true("adaptive"):
            raise Refused("Adaptive questions, with several tries in one, are not supported.", self.root)

    def _declared(self, name: str) -> dict[str, Declaration]:
        declared: dict[str, Declaration] = {}
        for element in self.root.children:
            if element.name == name:
                read = read_declaration(element)
                if read.identifier in declared:
                    raise Refused(f'"{read.identifier[:40]}" is declared twice.', element)
                declared[read.identifier] = read
        return declared

    # -- interactions ----------------------------------------------------------------------------------------------

    @cached_property
    def interactions(self) -> tuple[Element, ...]:
        """All of them, without those that only play something."""
        return tuple(
            each for each in self.body.walk() if each.name.endswith("Interaction") and each.name not in _PLAYERS
        )

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(each.name for each in self.interactions)

    def only(self, *names: str) -> Element | None:
        """The item's one interaction, if it is of one of these kinds."""
        alone = self.interactions[0] if len(self.interactions) == 1 else None
        return alone if alone is not None and alone.name in names else None

    def declared(self, interaction: Element) -> Declaration | None:
        """The response of an interaction, if it is declared."""
        return self.responses.get(interaction.get("responseIdentifier"))

    def response(self, interaction: Element) -> Declaration:
        """The response of an interaction, or `Refused`."""
        found = self.declared(interaction)
        if found is None:
            raise Refused("The response of an interaction is not declared.", interaction)
        return found

    def choices(self, holder: Element, *names: str) -> tuple[Choice, ...]:
        """What can be chosen in an interaction or a part of one. Refuses too many, and two of one name."""
        elements = [child for child in holder.children if child.name in names]
        if len(elements) > MOST_OPTIONS:
            raise Refused(f"It has {len(elements):,} options; at most {MOST_OPTIONS} are accepted.", holder)
        found: dict[str, Choice] = {}
        for element in elements:
            name = element.get("identifier")
            if name in found:
                raise Refused(f'Two options have the identifier "{name[:40]}".', element)
            found[name] = Choice(name, self._choice_text(element), element)
        return tuple(found.values())

    def _choice_text(self, element: Element) -> str:
        before = recordings(self.markup.shelf.files)
        text = self.markup.inner(element)
        if recordings(self.markup.shelf.files) > before:
            self.findings.problem("An option plays a recording; only the question may.", element)
        return text

    def check_known(self, declared: Declaration, known: Iterable[str]) -> None:
        """Refuses a key that names an option which is none."""
        names = set(known)
        for value in declared.right:
            if not set(str(value).split()) <= names:
                raise Refused(f'The right answer "{str(value)[:40]}" is none of the options.', declared.element)
        for entry in declared.worths.entries if declared.worths else ():
            if not set(str(entry.key).split()) <= names:
                raise Refused(f'The mapping names "{str(entry.key)[:40]}", which is none of the options.',
                              declared.element)  # fmt: skip

    # -- texts -----------------------------------------------------------------------------------------------------

    def text(self, placed: Mapping[int, str] | None = None) -> str:
        """The text of the question. Interactions are left out but for their prompts; `placed` says otherwise by `id`."""
        standing = {id(each): self._prompt(each) for each in self.interactions}
        return self.markup.html(self.body.content, {**standing, **(placed or {})})

    def _prompt(self, interaction: Element) -> str:
        prompt = interaction.child("prompt")
        if prompt is None or not prompt.content:
            return LIFTED
        return f"<div>{self.markup.rough(prompt.content)}</div>"

    @cached_property
    def entry_stands_alone(self) -> bool:
        """Whether the one typed answer comes after the text, not inside it. Notes nothing."""
        quiet = Markup("", self.markup.shelf, Findings())
        placed = {id(each): ENTRY for each in self.interactions}
        text = quiet.rough(self.body.content, placed).replace(LIFTED, "")
        element: Element | None = self.interactions[0]
        while element is not None and OWN_TEXT not in element.get("class").split():
            element = element.parent
        if element is not None:
            return False
        after = text.partition(ENTRY)[2]
        return ENTRY not in after and "<img" not in after and not richtext.to_text(after)

    # -- marks -----------------------------------------------------------------------------------------------------

    def worth(self, *responses: tuple[Declaration, Value]) -> Decimal:
        """What the item gives for responses, all others left blank."""
        return self.marking.worth({declared.identifier: value for declared, value in responses})

    def marks(self, full: Decimal) -> Decimal:
        """The marks of the item, whose rules give `full` for all that is right."""
        if full <= 0:
            raise Refused("No answer earns anything.", self.root)
        said = self._said_marks()
        if said is not None and (self.marking.by_template == "match" or abs(said - full) <= NEARLY):
            by_rules = self.root.child("responseProcessing") is not None and self.marking.by_template == "match"
            return full if by_rules else said
        return full

    def whole(self, full: Decimal) -> Decimal:
        """What shares are parts of: thirds of four marks add up to nearly four of them."""
        marks = self.marks(full)
        return marks if abs(marks - full) <= NEARLY else full

    def _said_marks(self) -> Decimal | None:
        """The most marks as the declarations of outcomes say."""
        score, most = self.outcomes.get(self.marking.score), self.outcomes.get("MAXSCORE")
        said = score.element.number("normalMaximum") if score else None
        if said is None and most is not None and isinstance(most.default, Decimal):
            said = most.default
        return said if said is not None and said > 0 else None

    @property
    def said_marks(self) -> Decimal:
        """The marks of an item that people mark."""
        return self._said_marks() or Decimal(1)

    # -- feedback --------------------------------------------------------------------------------------------------

    def feedback(self, declared: Declaration, value: Value) -> str:
        """What is said to those who answer so, and not to all."""
        always = {id(each) for each in self._always}
        own = [each for each in self._shown({declared.identifier: value}) if id(each) not in always]
        self._used_feedback |= {id(each) for each in own}
        return self._joined(own)

    def explanation(self, declared: Declaration | None = None) -> str:
        """What is said to all, or at least to those whose answer is right; the rest of the feedback is noted."""
        right = [] if declared is None else self._shown({declared.identifier: declared.correct})
        for_right = [
            each for each in right if not self._is_used(each) and not any(each is other for other in self._always)
        ]
        told = [*self._always, *for_right]
        self._used_feedback |= {id(each) for each in told}
        if for_right:
            self.findings.note("What is said after the right answer is the explanation here.")
        for each in self._feedback:
            if not self._is_used(each):
                self.findings.note("Feedback to certain answers was left out.", each)
        return self._joined(told)

    @cached_property
    def _always(self) -> list[Element]:
        """What is said whether nothing is answered or everything is right."""
        right = self._shown({name: each.correct for name, each in self.responses.items()})
        return [each for each in self._shown({}) if any(each is other for other in right)]

    def _is_used(self, feedback: Element) -> bool:
        return id(feedback) in self._used_feedback

    def _shown(self, responses: Mapping[str, Value]) -> list[Element]:
        if not self._feedback:
            return []
        outcomes = self.marking.run(responses)
        return [
            each for each in self._feedback
            if each.get("identifier") in contained(outcomes.get(each.get("outcomeIdentifier")))
        ]  # fmt: skip

    def _joined(self, elements: Sequence[Element]) -> str:
        before = recordings(self.markup.shelf.files)
        texts = [text for text in (self.markup.inner(element) for element in elements) if text]
        if recordings(self.markup.shelf.files) > before:
            self.findings.problem("Feedback plays a recording; only the question may.", elements[0])
        return texts[0] if len(texts) == 1 else "".join(f"<div>{text}</div>" for text in texts)

    def for_markers(self) -> str:
        """What the item says to those who mark it."""
        rubrics = [each for each in self.root.find_all("rubricBlock") if not for_takers(each)]
        return "".join(self.markup.inner(each) for each in rubrics)
