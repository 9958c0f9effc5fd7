# python3 httpx_client.py URL…
import ssl
import sys

import httpx

context = ssl.create_default_context(cafile="server.pem")
context.load_cert_chain("anna.pem", "anna.key")

with httpx.Client(verify=context) as client:
    for url in sys.argv[1:]:
        print(client.get(url).text, end="")
