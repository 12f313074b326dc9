"""Only who writes facts to disk pays for what reads and writes them."""

import subprocess
import sys

import pytest

from ordercore import codec


@pytest.mark.parametrize(
    ("work", "loaded"),
    [
        ("from ordercore import Engine, MemoryStore, Worker", False),
        ("from ordercore.codec import StateForm", False),
        ("from ordercore.codec import JsonCodec", True),
        ("from ordercore import SQLiteStore", True),
    ],
)
def test_only_the_codec_of_facts_loads_cattrs(work: str, loaded: bool) -> None:
    program = f"import sys; sys.path[:] = {sys.path!r}; {work}; print('cattrs' in sys.modules)"

    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30
    )

    assert ran.stdout.strip() == str(loaded)


def test_every_public_name_is_there_and_no_other() -> None:
    assert all(hasattr(codec, name) for name in codec.__all__)
    assert set(codec.__all__) <= set(dir(codec))
    with pytest.raises(AttributeError, match="XmlCodec"):
        _ = codec.XmlCodec  # type: ignore[attr-defined]  # the claim: it is not there
