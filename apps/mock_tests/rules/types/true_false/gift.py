"""``{T}`` and ``{FALSE}`` in GIFT; the first remark is for those who are wrong, the second for those who are right."""

from __future__ import annotations

from apps.mock_tests.rules.exchange.draft import DraftQuestion
from apps.mock_tests.rules.exchange.gift.parts import GiftMapping, answer_element, area, feedback, html
from apps.mock_tests.rules.exchange.moodle.tree import Node
from apps.mock_tests.rules.exchange.outline import CannotHold

_WORDS = {"T": True, "TRUE": True, "F": False, "FALSE": False}


class TrueFalseInGift(GiftMapping):
    turn = 40

    def takes(self, answers: str) -> bool:
        return _word(answers) in _WORDS

    def read(self, answers: str, form: str) -> tuple[str, list[Node]]:
        wrong, right = ([*answers.split("#")[1:], "", ""])[:2]
        value = _WORDS[_word(answers)]
        nodes = []
        for said in (True, False):
            node = area("answer", "true" if said else "false", "plain_text")
            nodes.append(answer_element(node, "100" if said is value else "0", right if said is value else wrong, form))
        return "truefalse", nodes

    def write(self, question: DraftQuestion) -> str:
        truth = question.truth
        if truth is None:
            raise CannotHold("It has no answer.")
        right, wrong = truth.feedback_true, truth.feedback_false
        if not truth.value:
            right, wrong = wrong, right
        said = f"#{html(wrong)}#{html(right)}" if right else feedback(wrong)
        return f"{'TRUE' if truth.value else 'FALSE'}{said}"


def _word(answers: str) -> str:
    return answers.partition("#")[0].strip().upper()


MAPPING = TrueFalseInGift()
