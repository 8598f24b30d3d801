"""LaTeX of inline formulas as plain Unicode text."""

from __future__ import annotations

import re
import unicodedata

_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho "
    "sigma tau upsilon phi chi psi omega Alpha Beta Gamma Delta Epsilon Zeta Eta Theta Iota Kappa "
    "Lambda Mu Nu Xi Omicron Pi Rho Sigma Tau Upsilon Phi Chi Psi Omega"
)

_FUNCTIONS = (
    "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh coth log ln lg exp lim limsup "
    "liminf max min sup inf det dim ker deg gcd arg hom Pr"
)


def _greek(name: str) -> str:
    case = "CAPITAL" if name[0].isupper() else "SMALL"
    letter = "LAMDA" if name.lower() == "lambda" else name.upper()
    return unicodedata.lookup(f"GREEK {case} LETTER {letter}")


_SYMBOLS = {
    **{name: name for name in _FUNCTIONS.split()},
    **{name: _greek(name) for name in _GREEK.split()},
    "epsilon": "ϵ",
    "varepsilon": "ε",
    "phi": "ϕ",
    "varphi": "φ",
    "vartheta": "ϑ",
    "varrho": "ϱ",
    "varpi": "ϖ",
    "varsigma": "ς",
    "ell": "ℓ",
    "hbar": "ℏ",
    "Re": "ℜ",
    "Im": "ℑ",
    "aleph": "ℵ",
    "AA": "Å",
    "ss": "ß",
    "ae": "æ",
    "AE": "Æ",
    "o": "ø",
    "O": "Ø",
    "i": "ı",
    "pm": "±",
    "mp": "∓",
    "times": "×",
    "div": "÷",
    "cdot": "·",
    "leq": "≤",
    "le": "≤",
    "geq": "≥",
    "ge": "≥",
    "neq": "≠",
    "ne": "≠",
    "approx": "≈",
    "sim": "∼",
    "infty": "∞",
    "partial": "∂",
    "nabla": "∇",
    "in": "∈",
    "forall": "∀",
    "exists": "∃",
    "emptyset": "∅",
    "varnothing": "∅",
    "to": "→",
    "rightarrow": "→",
    "leftarrow": "←",
    "Rightarrow": "⇒",
    "sum": "∑",
    "prod": "∏",
    "int": "∫",
    "surd": "√",
    "checkmark": "✓",
    "circ": "∘",
    "degree": "°",
    "textdegree": "°",
    "prime": "′",
    "ldots": "…",
    "cdots": "⋯",
    "dots": "…",
    "%": "%",
    "&": "&",
    "#": "#",
    "$": "$",
    "_": "_",
    "{": "{",
    "}": "}",
}
_ACCENTS = {
    "bar": "\u0304",
    "overline": "\u0305",
    "hat": "\u0302",
    "widehat": "\u0302",
    "tilde": "\u0303",
    "widetilde": "\u0303",
    "dot": "\u0307",
    "ddot": "\u0308",
    "vec": "\u20d7",
    "acute": "\u0301",
    "grave": "\u0300",
    "check": "\u030c",
    "breve": "\u0306",
    "'": "\u0301",
    "`": "\u0300",
    "^": "\u0302",
    '"': "\u0308",
}
_SINGLE = {"&": " ", "~": " ", "}": ""}
_TOKEN = re.compile(
    r"\\begin\s*\{\w+\*?\}(?:\s*\{[^{}]*\})?|\\end\s*\{\w+\*?\}|\\[A-Za-z]+\*?|\\.|.", re.DOTALL
)


def latex_to_text(latex: str) -> str:
    """Letters, figures and signs of a formula, without its layout.

    Indices and exponents keep their marks (``_`` and ``^``), fractions become ``a/b``.
    """
    tokens = _TOKEN.findall(latex)
    return "".join(_run(tokens, [0], None))


def _run(tokens: list[str], at: list[int], end: str | None) -> list[str]:
    """Text of the tokens from ``at`` to the closing ``end``; moves ``at`` behind it."""
    pieces = []
    while at[0] < len(tokens):
        if tokens[at[0]] == end:
            at[0] += 1
            break
        pieces.append(_one(tokens, at))
    return pieces


def _one(tokens: list[str], at: list[int]) -> str:
    first = tokens[at[0]]
    at[0] += 1
    if first == "{":
        return "".join(_run(tokens, at, "}"))
    if first.startswith("\\") and len(first) > 1:
        return _command(first[1:].rstrip("*"), tokens, at)
    return _SINGLE.get(first, first)


def _command(name: str, tokens: list[str], at: list[int]) -> str:
    if name in _ACCENTS:
        base = _argument(tokens, at)
        return base[:1] + _ACCENTS[name] + base[1:] if base else ""
    if name in ("frac", "dfrac", "tfrac", "cfrac"):
        return f"{_argument(tokens, at)}/{_argument(tokens, at)}"
    if name == "sqrt":
        return f"√({_argument(tokens, at)})"
    return _SYMBOLS.get(name, "" if name[0].isalpha() else " ")


def _argument(tokens: list[str], at: list[int]) -> str:
    while at[0] < len(tokens) and tokens[at[0]].isspace():
        at[0] += 1
    return _one(tokens, at) if at[0] < len(tokens) else ""
