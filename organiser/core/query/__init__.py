"""The query language: text ↔ terms, and the meaning of the terms over one photo's facts. Pure.

`index.search` gives the same terms a second reading, as SQL; `matches` is what that reading has to agree with.
"""
