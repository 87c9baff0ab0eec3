"""Packs: pathways and vocabularies as data, no code, one folder each; `ground` is the vocabulary every hub needs."""
