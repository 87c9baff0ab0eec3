"""Packs: pathways and their vocabulary as FHIR resources, data without code, one folder each; `ground` is the vocabulary every hub needs."""
