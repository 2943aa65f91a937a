"""One item on its way out: types say what it asks and how it is marked, and this puts that into the elements of QTI."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from apps.mock_tests.rules.exchange.draft import DraftOption, DraftQuestion
from apps.mock_tests.rules.exchange.qti.markup import Dialect
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types.base import plain

RESPONSE: Final = "RESPONSE"
FEEDBACK: Final = "FEEDBACK"
SOLUTION: Final = "SOLUTION"
_TEMPLATES: Final = {
    "2.1": "http://www.imsglobal.org/question/qti_v2p1/rptemplates/",
    "2.2": "http://www.imsglobal.org/question/qti_v2p2/rptemplates/",
    "3.0": "https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/",
}

Rule = tuple[str | None, str]
"""A condition and what is earned under it; without a condition, otherwise."""
Named = tuple[str, DraftOption]


@dataclass(slots=True)
class Response:
    """The response of one interaction: its key, and how it is marked."""

    identifier: str
    base: str
    cardinality: str
    right: Sequence[str]
    entries: list[tuple[str, Decimal]] = field(default_factory=list)
    case_sensitive: bool | None = None
    lower: Decimal | None = None
    upper: Decimal | None = None
    rules: list[Rule] = field(default_factory=list)
    worth: Decimal | None = None
    said: list[tuple[str, str, bool]] = field(default_factory=list)

    @property
    def feedback(self) -> str:
        """The outcome that says what is said after it."""
        return self.identifier.replace(RESPONSE, FEEDBACK)

    def matched(self, worth: Decimal = Decimal(1)) -> None:
        """The right response earns everything, others nothing."""
        self.worth = worth

    def mapped(
        self,
        entries: Sequence[tuple[str, Decimal]],
        *,
        case_sensitive: bool | None = None,
        lower: Decimal | None = None,
        upper: Decimal | None = None,
    ) -> None:
        """Each value in it earns what it is worth."""
        self.entries = list(entries)
        self.case_sensitive, self.lower, self.upper = case_sensitive, lower, upper

    def ruled(self, rules: Sequence[Rule]) -> None:
        """The first condition that holds says what is earned."""
        self.rules = list(rules)

    def say(self, value: str, text: str, *, case_sensitive: bool = True) -> None:
        """What is said to those who answer so."""
        if text:
            self.said.append((value, text, case_sensitive))


class ItemWriting:
    """Collects the parts of an item."""

    def __init__(self, question: DraftQuestion, dialect: Dialect, address: Callable[[str], str]) -> None:
        self._question = question
        self._dialect = dialect
        self._address = address
        self._body: list[str] = []
        self._responses: list[Response] = []
        self._sum = False
        self._marked = True
        self._for_markers = ""

    # -- what types say --------------------------------------------------------------------------------------------

    def response(
        self, base: str, right: Sequence[str], *, cardinality: str = "single", identifier: str = RESPONSE
    ) -> Response:
        """Declare a response with its key."""
        declared = Response(identifier, base, cardinality, list(right))
        self._responses.append(declared)
        return declared

    def choices(self, options: Sequence[DraftOption]) -> list[Named]:
        """Options under names for the file."""
        return [(f"choice-{number}", option) for number, option in enumerate(options, 1)]

    def text(self, text: str, place: Callable[[str], str] | None = None) -> None:
        """The text of the question; `place` puts gaps into it, once it is XML."""
        if text:
            block = self._dialect.block(text, self._address)
            self._body.append(place(block) if place else block)
        for file in self._question.files:
            if file.kind == "audio":
                self._body.append(self._dialect.recording(self._address(file.name), file.media_type))

    def choose(self, choices: Sequence[Named], *, most: int, shuffle: bool) -> None:
        options = (self._choice("simpleChoice", name, option.text) for name, option in choices)
        said = {"responseIdentifier": RESPONSE, "shuffle": _flag(shuffle), "maxChoices": str(most)}
        self._body.append(self._dialect.tag("choiceInteraction", said, *options))

    def order(self, choices: Sequence[Named]) -> None:
        options = (self._choice("simpleChoice", name, option.text) for name, option in choices)
        said = {"responseIdentifier": RESPONSE, "shuffle": "true"}
        self._body.append(self._dialect.tag("orderInteraction", said, *options))

    def match(self, asked: Sequence[tuple[str, str]], answers: Sequence[tuple[str, str]], *, shuffle: bool) -> None:
        tag = self._dialect.tag
        first, second = (
            tag("simpleMatchSet", {}, *(self._associable(name, text, most) for name, text in side))
            for side, most in ((asked, "1"), (answers, "0"))
        )
        said = {"responseIdentifier": RESPONSE, "shuffle": _flag(shuffle), "maxAssociations": str(len(asked))}
        self._body.append(tag("matchInteraction", said, first, second))

    def entry(self) -> None:
        """Something is typed after the text."""
        self._body.append(f"<p>{self.entry_at(RESPONSE)}</p>")

    def entry_at(self, identifier: str) -> str:
        return self._dialect.tag("textEntryInteraction", {"responseIdentifier": identifier})

    def inline_choice(self, identifier: str, options: Sequence[tuple[str, str]], *, shuffle: bool) -> str:
        # QTI 2 has nothing but text there.
        texts = ((name, text if self._dialect.is_three else _bare(text)) for name, text in options)
        choices = (self._choice("inlineChoice", name, text) for name, text in texts)
        said = {"responseIdentifier": identifier, "shuffle": _flag(shuffle)}
        return self._dialect.tag("inlineChoiceInteraction", said, *choices)

    def essay(self, limits: Mapping[str, str]) -> None:
        said = {"responseIdentifier": RESPONSE, **(limits if self._dialect.is_three else {})}
        self._body.append(self._dialect.tag("extendedTextInteraction", said))

    def summed(self) -> None:
        """All responses together earn the marks."""
        self._sum = True

    def by_hand(self) -> None:
        """People mark it."""
        self._marked = False

    def for_markers(self, text: str) -> None:
        self._for_markers = text

    # -- expressions -----------------------------------------------------------------------------------------------

    def operation(self, name: str, *parts: str, **attributes: str) -> str:
        return self._dialect.tag(name, attributes, *parts)

    def given(self, identifier: str = RESPONSE) -> str:
        return self._dialect.tag("variable", {"identifier": identifier})

    def key(self, identifier: str = RESPONSE) -> str:
        return self._dialect.tag("correct", {"identifier": identifier})

    def number(self, value: Decimal) -> str:
        return self._value("float", plain(value))

    def _value(self, base: str, value: str) -> str:
        return self._dialect.tag("baseValue", {"baseType": base}, _text(value))

    # -- the whole -------------------------------------------------------------------------------------------------

    def parts(self) -> str:
        """What stands in the item, in the order that QTI wants."""
        tag, said = self._dialect.tag, []
        said += [self._declaration(response) for response in self._responses]
        said.append(self._score())
        if self._question.explanation:
            default = tag("defaultValue", {}, tag("value", {}, SOLUTION.lower()))
            said.append(self._outcome(SOLUTION, "identifier", default))
        for each in self._responses:
            if each.said:
                kind = "multiple" if each.cardinality == "multiple" else "single"
                said.append(self._outcome(each.feedback, "identifier", cardinality=kind))
        return "".join(said)

    def body(self) -> str:
        parts = list(self._body)
        if self._for_markers:
            inner = self._flow_block(self._for_markers)
            parts.append(self._dialect.tag("rubricBlock", {"view": "scorer"}, inner))
        return self._dialect.tag("itemBody", {}, *parts)

    def processing(self) -> str:
        """How it is marked: by a usual way where there is one for it."""
        tag = self._dialect.tag
        if not self._marked:
            return ""
        alone = self._responses[0] if len(self._responses) == 1 and not self._sum else None
        if alone is not None and not self._has_feedback and not alone.rules:
            if alone.entries:
                return tag("responseProcessing", {"template": self._template("map_response")})
            if alone.worth == 1:
                return tag("responseProcessing", {"template": self._template("match_correct")})
        rules = self._sum_rule() if self._sum else "".join(map(self._rule, self._responses))
        return tag("responseProcessing", {}, rules, *map(self._feedback_rule, self._responses))

    def feedback(self) -> str:
        said = [
            self._modal(response.feedback, _feedback_name(response, place), text)
            for response in self._responses
            for place, (_, text, _) in enumerate(response.said)
        ]
        if self._question.explanation:
            said.append(self._modal(SOLUTION, SOLUTION.lower(), self._question.explanation))
        return "".join(said)

    # -- pieces ----------------------------------------------------------------------------------------------------

    @property
    def _has_feedback(self) -> bool:
        return any(response.said for response in self._responses)

    def _choice(self, name: str, identifier: str, text: str) -> str:
        return self._dialect.tag(name, {"identifier": identifier}, self._dialect.flow(text, self._address))

    def _associable(self, identifier: str, text: str, most: str) -> str:
        said = {"identifier": identifier, "matchMax": most}
        return self._dialect.tag("simpleAssociableChoice", said, self._dialect.flow(text, self._address))

    def _flow_block(self, text: str) -> str:
        """In 3.0, what is shown beside an item stands in a body of its own."""
        block = self._dialect.block(text, self._address)
        return self._dialect.tag("contentBody", {}, block) if self._dialect.is_three else block

    def _declaration(self, response: Response) -> str:
        tag = self._dialect.tag
        said = {
            "identifier": response.identifier, "cardinality": response.cardinality, "baseType": response.base,
        }  # fmt: skip
        values = [tag("value", {}, _text(value)) for value in response.right]
        inner = [tag("correctResponse", {}, *values)] if values else []
        if response.entries:
            bounds = {"lowerBound": response.lower, "upperBound": response.upper}
            known = {name: plain(bound) for name, bound in bounds.items() if bound is not None}
            inner.append(tag("mapping", {**known, "defaultValue": "0"}, *self._entries(response)))
        return tag("responseDeclaration", said, *inner)

    def _entries(self, response: Response) -> list[str]:
        strict = {} if response.case_sensitive is None else {"caseSensitive": _flag(response.case_sensitive)}
        return [
            self._dialect.tag("mapEntry", {"mapKey": key, "mappedValue": plain(worth), **strict})
            for key, worth in response.entries
        ]

    def _score(self) -> str:
        tag = self._dialect.tag
        said = {"identifier": "SCORE", "cardinality": "single", "baseType": "float"}
        default = tag("defaultValue", {}, tag("value", {}, "0"))
        return tag("outcomeDeclaration", {**said, "normalMaximum": plain(self._question.marks)}, default)

    def _outcome(self, identifier: str, base: str, *inner: str, cardinality: str = "single") -> str:
        said = {"identifier": identifier, "cardinality": cardinality, "baseType": base}
        return self._dialect.tag("outcomeDeclaration", said, *inner)

    def _template(self, name: str) -> str:
        version = self._dialect.version
        return f"{_TEMPLATES[version]}{name}{'.xml' if version == '3.0' else ''}"

    def _rule(self, response: Response) -> str:
        if response.entries:
            return self._earned(self.operation("mapResponse", identifier=response.identifier))
        if response.rules:
            return self._condition([(condition, self._earned(worth)) for condition, worth in response.rules])
        same = self.operation("match", self.given(response.identifier), self.key(response.identifier))
        worth = self.number(response.worth if response.worth is not None else Decimal(1))
        return self._condition([(same, self._earned(worth))])

    def _sum_rule(self) -> str:
        mapped = (self.operation("mapResponse", identifier=each.identifier) for each in self._responses)
        return self._earned(self.operation("sum", *mapped))

    def _earned(self, worth: str) -> str:
        return self._set("SCORE", worth)

    def _set(self, identifier: str, value: str) -> str:
        return self._dialect.tag("setOutcomeValue", {"identifier": identifier}, value)

    def _condition(self, branches: Sequence[tuple[str | None, str]]) -> str:
        tag, written = self._dialect.tag, []
        for place, (condition, then) in enumerate(branches):
            name = "responseElse" if condition is None else "responseElseIf" if place else "responseIf"
            written.append(tag(name, {}, condition or "", then))
        return tag("responseCondition", {}, *written)

    def _feedback_rule(self, response: Response) -> str:
        """What is said after an answer goes by the answer."""
        if not response.said:
            return ""
        if response.base == "identifier":
            return self._set(response.feedback, self.given(response.identifier))
        branches = [
            (self._is_typed(response, value, strict), self._named(response, place))
            for place, (value, _, strict) in enumerate(response.said)
        ]
        return self._condition(branches)

    def _is_typed(self, response: Response, value: str, strict: bool) -> str:
        given = self.given(response.identifier)
        return self.operation("stringMatch", given, self._value("string", value), caseSensitive=_flag(strict))

    def _named(self, response: Response, place: int) -> str:
        return self._set(response.feedback, self._value("identifier", _feedback_name(response, place)))

    def _modal(self, outcome: str, identifier: str, text: str) -> str:
        said = {"outcomeIdentifier": outcome, "identifier": identifier, "showHide": "show"}
        return self._dialect.tag("modalFeedback", said, self._flow_block(text))


def _feedback_name(response: Response, place: int) -> str:
    """The option itself, or the place of a typed text."""
    return response.said[place][0] if response.base == "identifier" else f"text-{place + 1}"


def _bare(text: str) -> str:
    return richtext.escape_plain(" ".join(richtext.to_text(text).split())) if richtext.has_tags(text) else text


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _text(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
