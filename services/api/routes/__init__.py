"""Routes: each decodes, calls one function and answers."""
