"""People's keys, with which programs on their computers act for them (D-5).

A program creates a key pair and asks for approval (`ask`). A person who is signed in finds the request by its
code, compares what they see, and approves it (`approve`). From then on, the program's requests are signed
(`authenticate`). People see, rename and revoke their keys (`manage`). `accounts/endings.py` ends them when
the account changes.
"""
