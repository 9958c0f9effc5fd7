"""Makes TLS connections in memory and tells what SSLContext._msg_callback is given at each end.

Reads {"folder": ..., "cases": [...]} from stdin and prints one JSON object for each connection.
"""

import json
import os
import ssl
import sys
import tempfile

# More than one record holds.
ANSWER = b"an answer of some length " * 700


class End:
    """One side of a connection."""

    def __init__(self, name, context, **options):
        self.name = name
        self.events = []
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        # OpenSSL hands a connection the callback that its context has when it is made.
        context._msg_callback = self.take
        self.tls = context.wrap_bio(self.incoming, self.outgoing, **options)
        self.error = None
        self.is_ready = False
        self.data = b""

    def take(self, _connection, direction, _version, content_type, message_type, data):
        self.events.append([direction, int(content_type), int(message_type), bytes(data).hex()])

    def attempt(self, action):
        if self.error is not None:
            return None
        try:
            return action()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        except (ssl.SSLError, ConnectionError, OSError) as error:
            self.error = getattr(error, "reason", None) or type(error).__name__
            return None

    def shake(self):
        def run():
            self.tls.do_handshake()
            self.is_ready = True

        if not self.is_ready:
            self.attempt(run)

    def read(self):
        if not self.is_ready:
            return self.shake()
        while data := self.attempt(lambda: self.tls.read(65536)):
            self.data += data


class Connection:
    def __init__(self, client, server):
        self.ends = [client, server]
        self.chunks = []

    def exchange(self):
        """Carries bytes to and fro until there are none."""
        moved = True
        while moved:
            moved = False
            for sender, receiver in (self.ends, self.ends[::-1]):
                chunk = sender.outgoing.read()
                if chunk:
                    moved = True
                    self.chunks.append([sender.name, chunk.hex()])
                    receiver.incoming.write(chunk)
                    receiver.read()


def contexts(case, folder, key_log):
    def path(name):
        return os.path.join(folder, name + ".pem")

    version = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[case["version"]]
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    for context in (client, server):
        context.minimum_version = context.maximum_version = version
        context.set_ciphers(case.get("suite", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"))
    server.load_cert_chain(path(case["key"]))
    if case.get("dh"):
        server.load_dh_params(path("dh"))
    if case.get("group"):
        server.set_ecdh_curve(case["group"])
    client.options |= case.get("options", 0)
    if case.get("serverVersion") == "1.2":
        server.minimum_version = server.maximum_version = ssl.TLSVersion.TLSv1_2
    shown = case.get("client", "none")
    if shown != "none":
        server.verify_mode = ssl.CERT_REQUIRED if case.get("required") else ssl.CERT_OPTIONAL
        server.load_verify_locations(path("roots"))
    if shown not in ("none", "empty"):
        client.load_cert_chain(path(shown))
    if case.get("postHandshake"):
        client.post_handshake_auth = server.post_handshake_auth = True
    if case.get("clientRefuses"):
        client.verify_mode = ssl.CERT_REQUIRED
    client.keylog_filename = key_log
    return client, server


def connect(case, client_context, server_context, key_log, session):
    client = End("client", client_context, session=session)
    server = End("server", server_context, server_side=True)
    connection = Connection(client, server)
    client.shake()
    connection.exchange()
    if client.is_ready and server.is_ready:
        if case.get("postHandshake"):
            server.attempt(server.tls.verify_client_post_handshake)
            server.attempt(lambda: server.tls.write(b"who are you"))
            connection.exchange()
        client.attempt(lambda: client.tls.write(b"a question"))
        connection.exchange()
        server.attempt(lambda: server.tls.write(ANSWER))
        connection.exchange()
        for end in (client, server):
            end.attempt(end.tls.unwrap)
            connection.exchange()
    with open(key_log, "r+", encoding="ascii") as log:
        secrets = log.read()
        log.truncate(0)
    cipher = client.tls.cipher()
    return {
        "case": case,
        "chunks": connection.chunks,
        "keyLog": secrets,
        "client": client.events,
        "server": server.events,
        "errors": [client.error, server.error],
        "cipher": cipher and cipher[0],
        "resumed": bool(client.tls.session_reused),
    }, client.is_ready and client.tls.session


def main():
    request = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        key_log = os.path.join(folder, "keys")
        for case in request["cases"]:
            try:
                pair = contexts(case, request["folder"], key_log)
            except ssl.SSLError as error:
                print(json.dumps({"case": case, "impossible": str(error)}))
                continue
            result, session = connect(case, *pair, key_log, None)
            print(json.dumps(result))
            if case.get("resume") and session:
                result, _ = connect(case, *pair, key_log, session)
                print(json.dumps(result))


main()
