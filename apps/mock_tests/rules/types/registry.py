from __future__ import annotations

from apps.mock_tests.rules.types.base import ItemType
from apps.mock_tests.rules.types.multiple_choice import MultipleChoice
from apps.mock_tests.rules.types.numeric import Numeric
from apps.mock_tests.rules.types.single_choice import SingleChoice

TYPES: dict[str, ItemType] = {item_type.name: item_type for item_type in (SingleChoice(), MultipleChoice(), Numeric())}
