"""Keys and encryption. The only part of the server that imports `cryptography`, `argon2` and PyNaCl.

Root key › project keys (KEK) and system keys › data keys (DEK) › values: envelope encryption.
`docs/design/key-hierarchy.md` contains a picture and the formats.
"""
