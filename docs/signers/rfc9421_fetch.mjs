// HTTP message signatures for fetch: await messageSignatureFetch(token, secret, url, { method, body }). A body is JSON text.
const bytes = (text) => new TextEncoder().encode(text);
const base64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
const hmac = async (key, text) => {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return crypto.subtle.sign("HMAC", imported, bytes(text));
};

export async function messageSignatureFetch(token, secret, address, { method = "GET", body = "", headers = {} } = {}) {
  const [url, now] = [new URL(address), new Date()];
  const day = now.toISOString().slice(0, 10).replaceAll("-", "");
  const covered = { "@method": method, "@authority": url.host, "@path": url.pathname };
  if (url.href.includes("?")) covered["@query"] = url.search || "?";
  const sent = {};
  if (body) {
    sent["content-digest"] = `sha-256=:${base64(await crypto.subtle.digest("SHA-256", bytes(body)))}:`;
    sent["content-type"] = "application/json";
  }
  Object.assign(covered, sent);
  const names = Object.keys(covered).map((name) => `"${name}"`).join(" ");
  const parameters = `(${names});created=${Math.floor(now / 1000)};keyid="${token}:${day}";tag="solarnetwork"`;
  const lines = Object.entries(covered).map(([name, value]) => `"${name}": ${value}`);
  const key = await hmac(await hmac(bytes(`SNWS3${secret}`), day), "snws3_request");
  const signature = await hmac(key, [...lines, `"@signature-params": ${parameters}`].join("\n"));
  Object.assign(sent, { "signature-input": `sn=${parameters}`, signature: `sn=:${base64(signature)}:` });
  return fetch(url, { method, body: body || undefined, headers: { ...headers, ...sent } });
}
