"""Certificates for TLS; the home of `cryptography`, which is imported only when TLS is asked for.

local_ca        the certificate authority of this user, made and kept
leaf            the certificate of one listener, signed by it
given           the certificate of `--tls-cert` and `--tls-key`
renewal         a new one while the server runs
context         either of them as an `ssl.SSLContext`; for workers, without `cryptography`
ca_files        where the key of the CA is kept
profile         what our certificates have in common
"""
