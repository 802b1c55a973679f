"""What the ear knows of each recording."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from prober.channels.ivr.hearing.library import Library
from prober.errors import BadInput


def test_every_recording_of_the_table_is_known(library, hearing_table):
    """Prompts and pieces are all there, with texts, one behind the other."""
    known = library.prompts.recordings
    assert [one.name for one in known] == list(hearing_table.prompts)
    assert [one.text for one in library.pieces.recordings] == [one.text for one in hearing_table.pieces.values()]
    assert [one.first for one in known] == [0, *(one.end for one in known[:-1])]
    assert known[-1].end == len(library.prompts.bits) == len(library.prompts.active)
    assert all(one.lead_s < one.tail_s <= one.length_s for one in known)


def test_a_library_goes_to_another_process_whole(library):
    """It is built once, and handed to every line's process."""
    there = pickle.loads(pickle.dumps(library))  # noqa: S301  # our own bytes
    assert np.array_equal(there.prompts.bits, library.prompts.bits)
    assert there.pieces.recordings[3].name == library.pieces.recordings[3].name


def test_a_recording_that_vanished_is_bad_input(hearing_table, tmp_path):
    """It is named, as when the table was loaded."""
    welcome = replace(hearing_table.prompts["welcome"], path=tmp_path / "gone.wav")
    with pytest.raises(BadInput, match=r"gone\.wav: cannot be read"):
        Library.build(replace(hearing_table, prompts={"welcome": welcome}))
