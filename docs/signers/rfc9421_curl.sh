#!/bin/sh
# HTTP message signatures for curl: rfc9421_curl.sh METHOD URL BODY, with the token in TOKEN and its private password in SECRET.
# The URL's query is encoded. BODY is JSON, or '' for none.
set -eu
export LC_ALL=C
method=$1 url=$2 body=$3 rest=${2#*://}
authority=${rest%%[/?]*}
path=${rest#"$authority"}
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

now=$(date -u '+%s/%Y%m%d')
names='"@method" "@authority" "@path"' lines="\"@method\": $method
\"@authority\": $authority
\"@path\": ${path%%\?*}"
case $path in *\?*)
  names="$names \"@query\"" lines="$lines
\"@query\": ?${path#*\?}" ;;
esac
if [ -n "$body" ]; then
  digest="sha-256=:$(printf %s "$body" | sha256 | openssl base64):"
  names="$names \"content-digest\" \"content-type\"" lines="$lines
\"content-digest\": $digest
\"content-type\": application/json"
  set -- -H "Content-Type: application/json" -H "Content-Digest: $digest" --data-binary "$body"
fi
parameters="($names);created=${now%/*};keyid=\"$TOKEN:${now#*/}\";tag=\"solarnetwork\""
key=$(printf %s "${now#*/}" | hmac "$(printf 'SNWS3%s' "$SECRET" | hex)" | hex)
key=$(printf snws3_request | hmac "$key" | hex)
signature=$(printf '%s\n"@signature-params": %s' "$lines" "$parameters" | hmac "$key" | openssl base64)
exec curl -sS -X "$method" -H "Signature-Input: sn=$parameters" -H "Signature: sn=:$signature:" "$@" "$url"
