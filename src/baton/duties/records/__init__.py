"""Records: ready for the visit, asked of others, filed with the right patient, medicines reconciled."""
