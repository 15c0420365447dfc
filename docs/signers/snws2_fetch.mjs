// SNWS2 for fetch, in browsers and elsewhere: await snws2Fetch(token, secret, url, { method, body }). A body is JSON text.
const bytes = (text) => new TextEncoder().encode(text);
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
const sha256 = (data) => crypto.subtle.digest("SHA-256", data);
const encode = (text) => encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${hex(bytes(char)).toUpperCase()}`);
const hmac = async (key, text) => {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return crypto.subtle.sign("HMAC", imported, bytes(text));
};

export async function snws2Fetch(token, secret, address, { method = "GET", body = "", headers = {} } = {}) {
  const [url, now, hash] = [new URL(address), new Date(), await sha256(bytes(body))];
  const signed = { host: url.host, "x-sn-date": now.toUTCString() };
  const digest = `sha-256=${btoa(String.fromCharCode(...new Uint8Array(hash)))}`;
  if (body) Object.assign(signed, { "content-type": "application/json", digest });
  const parameters = new URLSearchParams(url.search);
  parameters.sort();
  const query = Array.from(parameters, (pair) => pair.map(encode).join("=")).join("&");
  const names = Object.keys(signed).sort();
  const lines = names.map((name) => `${name}:${signed[name]}`);
  const canonical = [method, url.pathname, query, ...lines, names.join(";"), hex(hash)].join("\n");
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, "");
  const text = `SNWS2-HMAC-SHA256\n${stamp}\n${hex(await sha256(bytes(canonical)))}`;
  const key = await hmac(await hmac(bytes(`SNWS2${secret}`), stamp.slice(0, 8)), "snws2_request");
  const authorization = `SNWS2 Credential=${token},SignedHeaders=${names.join(";")},Signature=${hex(await hmac(key, text))}`;
  const { host, ...sent } = signed; // fetch itself sends the host
  return fetch(url, { method, body: body || undefined, headers: { ...headers, ...sent, authorization } });
}
