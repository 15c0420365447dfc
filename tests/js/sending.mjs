// Signs requests as the client's documentation shows it, and sends them.
import assert from "node:assert/strict";
import { AuthorizationV2Builder, Environment, HttpContentType, HttpHeaders } from "solarnetwork-api-core/lib/net";

const { ports, tokens } = JSON.parse(process.env.MATRIX);
export const { boss, refreshing, data } = tokens;
export const portal = new Environment({ protocol: "http", host: "127.0.0.1", port: ports.portal });
export const gateway = new Environment({ protocol: "http", host: "127.0.0.1", port: ports.gateway });

// Sends a request: `json` is a body as the client encodes it, `form` an object of parameters, `key` a signing key to use alone.
export async function send(method, url, { token = boss, key, json, form } = {}) {
  const auth = new AuthorizationV2Builder(token.id, portal).method(method).url(url).snDate(true);
  const headers = {};
  let body;
  if (json !== undefined) {
    body = json;
    headers[HttpHeaders.CONTENT_TYPE] = HttpContentType.APPLICATION_JSON_UTF8;
    auth.contentType(headers[HttpHeaders.CONTENT_TYPE]).computeContentDigest(json);
    headers[HttpHeaders.DIGEST] = auth.httpHeaders.firstValue(HttpHeaders.DIGEST);
  } else if (form !== undefined) {
    body = new URLSearchParams(form).toString();
    headers[HttpHeaders.CONTENT_TYPE] = HttpContentType.FORM_URLENCODED_UTF8;
    auth.contentType(headers[HttpHeaders.CONTENT_TYPE]).queryParams(form);
  }
  headers[HttpHeaders.X_SN_DATE] = auth.requestDateHeaderValue;
  headers[HttpHeaders.AUTHORIZATION] = key ? auth.key(key, new Date()).buildWithSavedKey() : auth.build(token.secret);
  const response = await fetch(url, { method, headers, body });
  return { status: response.status, ...(await response.json()) };
}

// Sends a request, expects a status, and returns the data of the answer, or the problem.
export async function expect(status, ...request) {
  const answer = await send(...request);
  assert.equal(answer.status, status, JSON.stringify(answer));
  assert.equal(answer.success, status === 200);
  return answer.data ?? answer;
}

// Returns a helper of the client that notes which of its methods were called.
const noted = [];
const called = new Set();
export function noting(helper) {
  noted.push(helper);
  return new Proxy(helper, {
    get(target, property) {
      const value = target[property];
      if (typeof value !== "function") return value;
      called.add(value);
      return value.bind(target);
    },
  });
}

// Names the noted helpers' methods that make the address of a call and were never called.
const noCall = new Set(["baseUrl", "hostUrl", "hostRequestUrl", "toRequestUrl", "hostWebSocketUrl", "resolveTemplateUrl"]);
export function neverCalled() {
  const names = new Set();
  for (const helper of noted) {
    for (let at = Object.getPrototypeOf(helper); at !== Object.prototype; at = Object.getPrototypeOf(at)) {
      for (const name of Object.getOwnPropertyNames(at)) {
        if (name.endsWith("Url") && !noCall.has(name) && !called.has(at[name])) names.add(name);
      }
    }
  }
  return [...names];
}
