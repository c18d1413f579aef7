"""File formats, one small module each, with `read` and `write`; `claimml.corpus` chooses among them.

A format that lives in one file has `read(lines, name, repairs)`, where `lines` are the byte lines of
the file and `name` stands in messages, and `write(documents, stream)`. A format that needs several files
per document has `read(path, id, repairs)` for one document and `write(documents, folder)`.
"""
