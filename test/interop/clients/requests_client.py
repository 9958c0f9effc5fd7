# python3 requests_client.py URL…
import sys

import requests

for url in sys.argv[1:]:
    print(requests.get(url, verify="server.pem", cert=("anna.pem", "anna.key"), timeout=10).text, end="")
