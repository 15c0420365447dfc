#!/bin/sh
# SNWS2 for curl: snws2_curl.sh METHOD URL BODY [NAME=VALUE...], with the token in TOKEN and its private password in SECRET.
# The URL has no query: it is made of the names and values as they are, not encoded. BODY is JSON, or '' for none.
set -eu
export LC_ALL=C
method=$1 url=$2 body=$3 rest=${2#*://}
host=${rest%%/*}
path=${rest#"$host"}
shift 3
sha256() { openssl dgst -sha256 -binary; }
hex() { od -An -v -tx1 | tr -d ' \n'; }
# bytes HEX LENGTH MASK: as many bytes, zeros at the end, each xor the mask.
bytes() {
  left=$1 count=$2
  while [ "$count" -gt 0 ]; do
    after=${left#??}
    printf "\\$(printf %03o $((0x0${left%"$after"} ^ $3)))"
    left=$after count=$((count - 1))
  done
}
# hmac HEX <TEXT: the bytes. It is not openssl's, whose key is an argument that other users of the machine can see.
hmac() { { bytes "$1" 64 0x5c; { bytes "$1" 64 0x36; cat; } | sha256; } | sha256; }
encode() {
  awk 'BEGIN { for (i = 1; i < 256; i++) code[sprintf("%c", i)] = sprintf("%%%02X", i) } { for (i = 1; i <= length; i++) {
    c = substr($0, i, 1); printf "%s", c ~ /[A-Za-z0-9._~-]/ || c == "=" && !equals[NR]++ ? c : code[c] } print "" }'
}

query=$([ $# = 0 ] || printf '%s\n' "$@" | encode | sort -s -t= -k1,1 | paste -sd '&' -)
now=$(date -u '+%a, %d %b %Y %H:%M:%S GMT/%Y%m%dT%H%M%SZ')
names="host;x-sn-date" signed="host:$host
x-sn-date:${now%/*}"
set -- -X "$method" -H "X-SN-Date: ${now%/*}"
if [ -n "$body" ]; then
  digest="sha-256=$(printf %s "$body" | sha256 | openssl base64)"
  names="content-type;digest;$names" signed="content-type:application/json
digest:$digest
$signed"
  set -- "$@" -H "Content-Type: application/json" -H "Digest: $digest" --data-binary "$body"
fi
canonical=$(printf '%s\n' "$method" "${path:-/}" "$query" "$signed" "$names" "$(printf %s "$body" | sha256 | hex)")
stamp=${now#*/}
key=$(printf %s "${stamp%T*}" | hmac "$(printf 'SNWS2%s' "$SECRET" | hex)" | hex)
key=$(printf snws2_request | hmac "$key" | hex)
signature=$(printf 'SNWS2-HMAC-SHA256\n%s\n%s' "$stamp" "$(printf %s "$canonical" | sha256 | hex)" | hmac "$key" | hex)
exec curl -sS "$@" -H "Authorization: SNWS2 Credential=$TOKEN,SignedHeaders=$names,Signature=$signature" "$url${query:+?$query}"
