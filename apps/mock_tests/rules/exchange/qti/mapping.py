"""What each type of question has for QTI: the ``MAPPING`` of its module ``qti``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.mock_tests.rules.exchange.draft import DraftQuestion

if TYPE_CHECKING:
    from apps.mock_tests.rules.exchange.qti.item import Item
    from apps.mock_tests.rules.exchange.qti.item_writing import ItemWriting


class QtiMapping:
    """How one type of question stands in QTI."""

    def takes(self, item: Item) -> bool:
        """Whether an item is a question of this type; true for one type at most."""
        raise NotImplementedError

    def read(self, item: Item, question: DraftQuestion) -> DraftQuestion:
        """The question with its text, answers, marks and explanation; refuses with `Refused`."""
        raise NotImplementedError

    def write(self, question: DraftQuestion, writing: ItemWriting) -> None:
        """Put the question's body, declarations and rules where they belong."""
        raise NotImplementedError
