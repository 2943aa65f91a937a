"""MathML as TeX, which is how texts hold formulas. What has no plain form in TeX is refused, not guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from apps.mock_tests.rules.files.elements import Element

_SPECIAL: Final = {
    "\\": r"\backslash ", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "~": r"\sim ", "^": r"\wedge ",
}  # fmt: skip
_OPERATORS: Final = {
    "×": r"\times ", "÷": r"\div ", "±": r"\pm ", "∓": r"\mp ", "≤": r"\le ", "≥": r"\ge ", "≠": r"\ne ",
    "≈": r"\approx ", "≡": r"\equiv ", "∞": r"\infty ", "∑": r"\sum ", "∏": r"\prod ", "∫": r"\int ",
    "∂": r"\partial ", "→": r"\to ", "⇒": r"\Rightarrow ", "∈": r"\in ", "∉": r"\notin ", "∪": r"\cup ",
    "∩": r"\cap ", "⊂": r"\subset ", "⋅": r"\cdot ", "·": r"\cdot ", "−": "-", "∠": r"\angle ", "°": r"^\circ ",
    "π": r"\pi ", "α": r"\alpha ", "β": r"\beta ", "γ": r"\gamma ", "δ": r"\delta ", "θ": r"\theta ",
    "λ": r"\lambda ", "μ": r"\mu ", "σ": r"\sigma ", "φ": r"\varphi ", "ω": r"\omega ", "Δ": r"\Delta ",
    "Σ": r"\Sigma ", "Ω": r"\Omega ", "\u2061": "", "\u2062": "", "\u2063": ",", "\u00a0": r"\ ",
}  # fmt: skip
_FUNCTIONS: Final = frozenset(
    "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln exp lim max min det gcd".split()
)
_ACCENTS: Final = {
    "¯": "overline", "‾": "overline", "_": "overline", "→": "vec", "^": "hat", "ˆ": "hat", "~": "tilde", "˜": "tilde",
    "˙": "dot", "¨": "ddot", "⏞": "overbrace",
}  # fmt: skip
_TEX: Final = frozenset({"application/x-tex", "application/x-latex", "tex", "latex"})


class NoTex(Exception):
    """The element of the formula that TeX does not get."""

    def __init__(self, element: Element) -> None:
        super().__init__(element.written)
        self.element = element


def to_tex(math: Element) -> str:
    """A formula between its delimiters, or `NoTex`."""
    inner = " ".join(_row(list(math.children)).split())
    # What would end the formula early cannot occur: backslashes come only from here.
    return rf"\[{inner}\]" if math.get("display") == "block" else rf"\({inner}\)"


def _row(elements: Sequence[Element]) -> str:
    return "".join(map(_tex, elements))


def _tex(element: Element) -> str:
    write = _WRITERS.get(element.written)
    if write is None:
        raise NoTex(element)
    return write(element)


def _group(element: Element) -> str:
    return "{" + _tex(element) + "}"


def _parts(element: Element, count: int) -> list[Element]:
    parts = list(element.children)
    if len(parts) != count:
        raise NoTex(element)
    return parts


def _token(element: Element) -> str:
    return "".join(_OPERATORS.get(sign) or _SPECIAL.get(sign, sign) for sign in element.text if sign not in _INVISIBLE)


_INVISIBLE: Final = frozenset("\u2061\u2062")


def _identifier(element: Element) -> str:
    name = element.text
    if name in _FUNCTIONS:
        return rf"\{name} "
    plain = len(name) == 1 or element.get("mathvariant") == "italic"
    if element.get("mathvariant") == "bold":
        return rf"\mathbf{{{_token(element)}}}"
    return _token(element) if plain else rf"\mathrm{{{_token(element)}}}"


def _words(element: Element) -> str:
    text = "".join(_SPECIAL.get(sign, sign) if sign not in "^~\\" else " " for sign in element.text)
    return rf"\text{{{text}}}"


def _all(element: Element) -> str:
    return _row(list(element.children))


def _fraction(element: Element) -> str:
    over, under = _parts(element, 2)
    if element.get("linethickness") in ("0", "0pt", "0px"):
        return rf"\genfrac{{}}{{}}{{0pt}}{{}}{_group(over)}{_group(under)}"
    return rf"\frac{_group(over)}{_group(under)}"


def _root(element: Element) -> str:
    base, index = _parts(element, 2)
    return rf"\sqrt[{_tex(index)}]{_group(base)}"


def _under_or_over(sign: str) -> Callable[[Element], str]:
    def write(element: Element) -> str:
        base, script = _parts(element, 2)
        accent = _ACCENTS.get(script.text) if sign == "^" and script.written == "mo" else None
        if accent:
            return rf"\{accent}{_group(base)}"
        written = _tex(base)
        return f"{_limited(base, written)}{sign}{_group(script)}"

    return write


def _under_and_over(element: Element) -> str:
    base, under, over = _parts(element, 3)
    return f"{_limited(base, _tex(base))}_{_group(under)}^{_group(over)}"


def _limited(base: Element, written: str) -> str:
    """Sums and limits take what stands under and over them; other things must be told to."""
    if base.text in ("∑", "∏", "∫", "lim", "max", "min", "⋃", "⋂"):
        return written
    return rf"\mathop{{{written}}}\limits"


def _script(*signs: str) -> Callable[[Element], str]:
    def write(element: Element) -> str:
        base, *scripts = _parts(element, len(signs) + 1)
        return _group(base) + "".join(sign + _group(script) for sign, script in zip(signs, scripts, strict=True))

    return write


def _fenced(element: Element) -> str:
    left, right = (_fence(element.attributes.get(side, usual)) for side, usual in (("open", "("), ("close", ")")))
    between = _SPECIAL.get(element.attributes.get("separators", ",").strip()[:1], ",") if element.content else ","
    return rf"\left{left} {between.join(map(_tex, element.children))} \right{right}"


def _fence(sign: str) -> str:
    return {"": ".", "{": r"\{", "}": r"\}", "⟨": r"\langle", "⟩": r"\rangle"}.get(sign.strip(), sign.strip())


def _table(element: Element) -> str:
    for part in (*element.children, *(cell for row in element.children for cell in row.children)):
        if part.written not in ("mtr", "mtd"):
            raise NoTex(part)
    rows = [" & ".join(_row(list(cell.children)) for cell in row.children) for row in element.children]
    return r"\begin{matrix}" + r" \\ ".join(rows) + r"\end{matrix}"


def _semantics(element: Element) -> str:
    """Its own TeX if it brings some without anything that could end the formula."""
    for note in element.children:
        if note.written == "annotation" and note.get("encoding").lower() in _TEX:
            said = note.text
            if said and not any(end in said for end in (r"\)", r"\]", "$")):
                return said
    shown = next((child for child in element.children if not child.written.startswith("annotation")), None)
    return _tex(shown) if shown is not None else ""


def _space(element: Element) -> str:
    return r"\;"


def _nothing(element: Element) -> str:
    return ""


def _hidden(element: Element) -> str:
    return rf"\phantom{{{_all(element)}}}"


def _quoted(element: Element) -> str:
    return rf"\text{{“{element.text}”}}"


_WRITERS: Final[Mapping[str, Callable[[Element], str]]] = {
    "mi": _identifier,
    "mn": _token,
    "mo": _token,
    "mtext": _words,
    "ms": _quoted,
    "mspace": _space,
    "mrow": _all,
    "mstyle": _all,
    "mpadded": _all,
    "mphantom": _hidden,
    "mfrac": _fraction,
    "msqrt": lambda element: rf"\sqrt{{{_all(element)}}}",
    "mroot": _root,
    "msup": _script("^"),
    "msub": _script("_"),
    "msubsup": _script("_", "^"),
    "munder": _under_or_over("_"),
    "mover": _under_or_over("^"),
    "munderover": _under_and_over,
    "mfenced": _fenced,
    "mtable": _table,
    "semantics": _semantics,
    "none": _nothing,
}
