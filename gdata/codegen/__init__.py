"""Code for clients in other languages: their own messages, and beside them one loader that trusts no byte."""
