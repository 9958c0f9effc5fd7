# python3 client.py URL…: the second connection resumes the session of the first.
import socket
import ssl
import sys
from urllib.parse import urlsplit

context = ssl.create_default_context(cafile="server.pem")
context.load_cert_chain("anna.pem", "anna.key")

session = None
for url in sys.argv[1:]:
    server = urlsplit(url)
    with socket.create_connection((server.hostname, server.port)) as raw:
        with context.wrap_socket(raw, server_hostname=server.hostname, session=session) as connection:
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            while part := connection.recv(4096):
                print(part.decode(), end="")
            session = connection.session
