"""What libraries say is kept off a log; where torch is missing these tests are skipped by name."""

import io
import logging
from pathlib import Path

import pytest

from monitor.label.corpus import Coded
from tests.label.tiny import tiny_config, write_tokenizer

for needed in ("torch", "transformers", "onnx"):
    pytest.importorskip(needed)


def test_the_quantisers_advice_is_not_logged_and_other_warnings_are(
    coded: list[Coded], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from transformers import BertModel

    from monitor.label.encoder import _exported, _Net

    write_tokenizer(tmp_path, [item.title for item in coded])
    BertModel(tiny_config()).save_pretrained(tmp_path)
    handlers = list(logging.getLogger().handlers)
    _, packed = _exported(_Net(str(tmp_path), 3, [1]).eval())
    assert packed
    assert "pre-processing" not in caplog.text
    assert (logging.getLogger().handlers, logging.getLogger().filters) == (handlers, [])
    logging.getLogger().warning("Something else.")
    assert "Something else." in caplog.text


def test_bars_are_turned_off_where_standard_error_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers.utils import logging as transformers_logging

    from monitor.label.quiet import quieten_bars

    monkeypatch.setattr("sys.stderr", io.StringIO())
    transformers_logging.enable_progress_bar()
    quieten_bars()
    assert not transformers_logging.is_progress_bar_enabled()
