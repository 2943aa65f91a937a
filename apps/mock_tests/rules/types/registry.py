from __future__ import annotations

from apps.mock_tests.rules.types.base import ItemType
from apps.mock_tests.rules.types.gap_fill import GapFill
from apps.mock_tests.rules.types.matching import Matching
from apps.mock_tests.rules.types.multiple_choice import MultipleChoice
from apps.mock_tests.rules.types.numeric import Numeric
from apps.mock_tests.rules.types.ordering import Ordering
from apps.mock_tests.rules.types.short_text import ShortText
from apps.mock_tests.rules.types.single_choice import SingleChoice
from apps.mock_tests.rules.types.true_false import TrueFalse

TYPES: dict[str, ItemType] = {
    item_type.name: item_type
    for item_type in (
        SingleChoice(),
        MultipleChoice(),
        TrueFalse(),
        Numeric(),
        ShortText(),
        Ordering(),
        Matching(),
        GapFill(),
    )
}
