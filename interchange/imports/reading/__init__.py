"""Foreign files as rows of clean cells, within bounds. Nothing here knows the database.

`files.open_table(file, name)` opens CSV, XLSX or JSON, or raises `FileRefused`. A table yields its rows one by one,
each with the `Problem`s found in it. `cells` turns a cell into a value.
"""
