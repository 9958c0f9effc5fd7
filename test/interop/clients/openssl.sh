#!/bin/sh
# ./openssl.sh URL…: the second connection resumes the session of the first.
resume=
for url in "$@"; do
  address=${url#https://}
  printf 'GET / HTTP/1.0\r\n\r\n' |
    openssl s_client -quiet -connect "${address%/}" -CAfile server.pem -verify_return_error -verify_hostname localhost \
      -cert anna.pem -key anna.key -sess_out session.pem $resume
  resume="-sess_in session.pem"
done
