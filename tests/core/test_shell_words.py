"""Words that a shell reads back as they were."""

import shlex

import pytest

from homeport.core.shell_words import quoted


@pytest.mark.parametrize("word", ["plain/-_.:x", "a b", "it's", "", "$HOME", "`id`", "x;y", "(z)"])
def test_the_shell_reads_the_word_back(word: str) -> None:
    assert shlex.split(quoted(word)) == [word]
    assert quoted(word) == shlex.quote(word)
