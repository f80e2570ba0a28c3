"""The signed protocol shared by client and server. Standard library only.

`headers` defines the four headers and their grammar, `canonical` defines the canonical request that is
signed, and `errors` defines the codes that clients can rely on. `variables` names environment
variables, and `dangerous_names` lists those that commands refuse. `vectors/` contains the test vectors, which
the tests of both the server and the SDK use.
"""
