"""Foreign files as rows of clean cells, within bounds: nothing here knows the database or what a row will become.

`files.read(file, name)` opens CSV, XLSX or JSON as a `Table`, or refuses it with a `FileRefused`. A table hands out its
rows one by one; each carries what was met in it as `Problem`s. `cells` has what turns a cell into a value.
"""
