"""Connects over TCP, twice with one session, and prints what SSLContext._msg_callback was given each time.

Arguments: port, TLS version, the file of a client certificate or "".
"""

import json
import socket
import ssl
import sys

_, port, version, certificate = sys.argv
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
context.minimum_version = context.maximum_version = {
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}[version]
if certificate:
    context.load_cert_chain(certificate)
events = []


def take(_connection, direction, _version, content_type, message_type, data):
    events.append([direction, int(content_type), int(message_type), bytes(data).hex()])


context._msg_callback = take
session = None
for _ in range(2):
    events.clear()
    with socket.create_connection(("127.0.0.1", int(port))) as raw:
        with context.wrap_socket(raw, session=session) as tls:
            tls.sendall(b"a question")
            answer = b""
            while chunk := tls.recv(65536):
                answer += chunk
            session = tls.session
            resumed = tls.session_reused
            tls.unwrap()
    print(json.dumps({"events": events, "resumed": resumed, "answer": len(answer)}))
