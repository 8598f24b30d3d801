"""The tesseract program on this machine: where it is, which languages it has, what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

_ANSWER_SECONDS = 20.0

_SCRIPTS = {
    "Arab": "ara fas pus snd uig urd",
    "Armn": "hye",
    "Beng": "asm ben",
    "Cyrl": "aze_cyrl bel bul kaz kir mkd mon rus srp tat tgk ukr uzb_cyrl",
    "Deva": "hin mar nep san",
    "Ethi": "amh tir",
    "Geor": "kat kat_old",
    "Grek": "ell grc",
    "Gujr": "guj",
    "Guru": "pan",
    "Hang": "kor kor_vert",
    "Hani": "chi_sim chi_sim_vert chi_tra chi_tra_vert jpn jpn_vert",
    "Hebr": "heb yid",
    "Hira": "jpn jpn_vert",
    "Kana": "jpn jpn_vert",
    "Khmr": "khm",
    "Knda": "kan",
    "Laoo": "lao",
    "Latn": "deu eng fra ita nld pol por ron spa swe tur vie",
    "Mlym": "mal",
    "Mymr": "mya",
    "Orya": "ori",
    "Sinh": "sin",
    "Syrc": "syr",
    "Taml": "tam",
    "Telu": "tel",
    "Thaa": "div",
    "Thai": "tha",
    "Tibt": "bod dzo",
}
"""Language packs that people use, by the ISO 15924 code of what they read."""


@dataclass(frozen=True)
class Tesseract:
    """An installed tesseract.

    Attributes:
        program: Its path.
        version: As it says, such as ``5.3.0``; empty where it does not say.
        languages: Its language packs.
    """

    program: str
    version: str
    languages: frozenset[str]


def find_tesseract(path: str = "tesseract") -> Tesseract | None:
    """Ask the program what it is; None where there is none, or what is there is no tesseract.

    Args:
        path: Of the program, or its name where it is on the ``PATH``.
    """
    program = shutil.which(path)
    if program is None:
        return None
    languages = _ask(program, "--list-langs")
    if not languages:
        return None
    words = " ".join(_ask(program, "--version")[:1]).split()
    version = words[1].removeprefix("v") if len(words) > 1 else ""
    # The first line is a title with the folder's path.
    return Tesseract(program, version, frozenset(line.strip() for line in languages[1:]))


def _ask(program: str, question: str) -> list[str]:
    try:
        done = subprocess.run(
            [program, question],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,  # where version 3 answers
            timeout=_ANSWER_SECONDS,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return done.stdout.decode("utf-8", "replace").splitlines()


def languages_in(setting: str) -> tuple[str, ...]:
    """``rus+kor`` are ``rus`` and ``kor``; an empty text none."""
    return tuple(dict.fromkeys(language for language in setting.split("+") if language))


def scripts_of(setting: str) -> tuple[str, ...]:
    """ISO 15924 codes, sorted, of what the language packs of a setting read, as far as known."""
    wanted = set(languages_in(setting))
    return tuple(sorted(code for code, packs in _SCRIPTS.items() if wanted & set(packs.split())))


def what_is_missing(setting: str, found: Tesseract | None) -> str | None:
    """One sentence on what has to be installed for the languages of a setting.

    Args:
        setting: Language packs such as ``rus+kor``; none of them needs nothing.
        found: What is installed.

    Returns:
        None where nothing is missing.
    """
    wanted = languages_in(setting)
    if not wanted:
        return None
    if found is None:
        return (
            f"TESSERACT_LANGUAGES asks for {setting}, and TESSERACT_PATH leads to no tesseract "
            f"that works: run `{install_command(wanted, program=True)}`."
        )
    absent = [language for language in wanted if language not in found.languages]
    if not absent:
        return None
    return (
        f"TESSERACT_LANGUAGES asks for {setting}, and tesseract has no language pack "
        f"{' and none '.join(absent)}: run `{install_command(absent)}`."
    )


def install_command(languages: Sequence[str], *, program: bool = False) -> str:
    """What brings language packs, and the program too if asked, on Debian and Ubuntu."""
    packages = [f"tesseract-ocr-{each.lower().replace('_', '-')}" for each in languages]
    return " ".join(["apt-get install", *(["tesseract-ocr"] if program else []), *packages])
