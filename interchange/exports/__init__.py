"""Notes as files for other programs: a table, a spreadsheet, a project and a codebook for QDA software."""
