"""Keys and what they protect. The only importer of `cryptography`, `argon2` and PyNaCl on the server.

Root key › project and system keys › data keys › values. `docs/design/key-hierarchy.md` has the
picture and the bytes.
"""
