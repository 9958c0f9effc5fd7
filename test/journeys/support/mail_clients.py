"""Python's own clients of mail: which one, port, certificate, key. What it sees goes to stdout as JSON.

Without a key it shows no certificate; with the word "plain" for a certificate it asks for no TLS.
"""

import imaplib
import json
import poplib
import smtplib
import ssl
import sys

kind, port, cert, key = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
has_tls = cert != "plain"
if key:
    context.load_cert_chain(cert, key)
seen = {}
try:
    if kind == "smtp":
        client = smtplib.SMTP("127.0.0.1", port, timeout=60)
        client.ehlo()
        seen["before"] = sorted(client.esmtp_features)
        if has_tls:
            client.starttls(context=context)
        client.ehlo()
        seen["after"] = sorted(client.esmtp_features)
        client.sendmail("a@b.example", ["x@mail.example"], "Subject: by smtplib\r\n\r\nhello\r\n")
        client.quit()
    elif kind == "imap":
        client = imaplib.IMAP4("127.0.0.1", port, timeout=60)
        seen["before"] = sorted(client.capabilities)
        if has_tls:
            client.starttls(context)
        seen["after"] = sorted(client.capabilities)
        client.login("me", "secret")
        client.append("INBOX", None, None, b"Subject: kept\r\n\r\n* CAPABILITY STARTTLS\r\n")
        client.select("INBOX")
        seen["mail"] = client.fetch("1", "(BODY[])")[1][0][1].decode()
        client.logout()
    elif kind == "pop3":
        client = poplib.POP3("127.0.0.1", port, timeout=60)
        seen["before"] = sorted(client.capa())
        if has_tls:
            client.stls(context)
        seen["after"] = sorted(client.capa())
        client.user("me")
        client.pass_("secret")
        seen["messages"] = client.stat()[0]
        client.quit()
except Exception as error:
    seen["error"] = f"{type(error).__name__}: {error}"
print(json.dumps(seen))
