#!/bin/sh
# ./gnutls.sh URL [URL]: of two, the second connection resumes the session of the first.
address=${1#https://}
port=${address#*:}
printf 'GET / HTTP/1.0\r\n\r\n' |
  gnutls-cli --x509cafile server.pem --x509certfile anna.pem --x509keyfile anna.key ${2:+--resume} \
    --port "${port%/}" "${address%:*}"
