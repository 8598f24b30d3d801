from pathlib import Path

from paddleocr_vl_service.services.removal import Removal


def test_what_cannot_be_removed_is_tried_again_with_the_next() -> None:
    stuck = {Path("a")}
    tried = list[Path]()

    def remove(path: Path) -> bool:
        tried.append(path)
        return path not in stuck

    removal = Removal(remove)
    for name in ("a", "b"):
        removal(Path(name))
    assert tried == [Path("a"), Path("b"), Path("a")]
    stuck.clear()
    for name in ("c", "d"):
        removal(Path(name))
    assert tried[3:] == [Path("c"), Path("a"), Path("d")]
