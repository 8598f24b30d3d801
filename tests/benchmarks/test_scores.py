import pytest

from benchmarks.scores import edit_distance, normalised, word_f1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  two\r\n words ", "two words"),
        ("con\ufffetinued", "continued"),
        ("con\x02\r\ntinued", "continued"),
        ("soft\xadware", "software"),
        ("ﬁne", "fine"),
        ("中文\n字 and 日本\n語", "中文字 and 日本語"),
    ],
)
def test_normalised(text: str, expected: str) -> None:
    assert normalised(text) == expected


@pytest.mark.parametrize(
    ("truth", "read", "distance"),
    [("", "", 0.0), ("abcd", "abcd", 0.0), ("abcd", "abxd", 0.25), ("abcd", "", 1.0), ("", "a", 1)],
)
def test_edit_distance(truth: str, read: str, distance: float) -> None:
    assert edit_distance(truth, read) == distance


def test_white_space_is_no_distance() -> None:
    assert edit_distance("one two\nthree", " one\ttwo three") == 0


def test_word_f1_knows_no_order() -> None:
    assert word_f1("one two three", "three one two") == 1


def test_word_f1_counts_words() -> None:
    assert word_f1("a a b", "a c") == pytest.approx(2 * 1 / 5)
    assert word_f1("a", "b") == 0
    assert word_f1("", "") == 1
    assert word_f1("a", "") == 0


def test_every_chinese_character_is_a_word() -> None:
    assert word_f1("中文字", "中文宇") == pytest.approx(2 / 3)
