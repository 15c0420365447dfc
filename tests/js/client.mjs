// Manages tokens with solarnetwork-api-core as its documentation shows it: URLs from its helpers, signatures from its builder.
import assert from "node:assert/strict";
import { AuthTokenStatuses, AuthTokenTypes, SecurityPolicyBuilder, Aggregations } from "solarnetwork-api-core/lib/domain";
import { AuthorizationV2Builder, Environment, HttpHeaders, AuthTokenUrlHelperMixin, SolarQueryApi, SolarUserApi } from "solarnetwork-api-core/lib/net";
import AuthUrlHelperMixin from "solarnetwork-api-core/lib/net/authUrlHelperMixin";
import UserAuthTokenUrlHelperMixin from "solarnetwork-api-core/lib/net/userAuthTokenUrlHelperMixin";
import { dateFormat, timestampParse } from "solarnetwork-api-core/lib/util/dates";
import Hex from "crypto-js/enc-hex.js";

const { boss, refreshing } = JSON.parse(process.env.TOKENS);
const environment = new Environment({ protocol: "http", host: "127.0.0.1", port: Number(process.env.PORT) });
const users = new (UserAuthTokenUrlHelperMixin(SolarUserApi))(environment);

async function send(method, url, { token = boss, key, body } = {}) {
  const auth = new AuthorizationV2Builder(token.id, environment).method(method).url(url).snDate(true);
  const headers = {};
  let content;
  if (body !== undefined) {
    content = typeof body === "string" ? body : JSON.stringify(body);
    headers["Content-Type"] = typeof body === "string" ? "application/x-www-form-urlencoded" : "application/json";
    auth.contentType(headers["Content-Type"]);
    if (typeof body === "string") {
      auth.queryParams(Object.fromEntries(new URLSearchParams(body)));
    } else {
      auth.computeContentDigest(content);
      headers.Digest = auth.httpHeaders.firstValue(HttpHeaders.DIGEST);
    }
  }
  headers["X-SN-Date"] = auth.requestDateHeaderValue;
  headers.Authorization = key ? auth.key(key, new Date()).buildWithSavedKey() : auth.build(token.secret);
  const response = await fetch(url, { method, headers, body: content });
  return { status: response.status, ...(await response.json()) };
}

async function expect(status, ...request) {
  const answer = await send(...request);
  assert.equal(answer.status, status, JSON.stringify(answer));
  assert.equal(answer.success, status === 200);
  return answer.data ?? answer;
}

// Generate: a policy, or nothing.
const policy = new SecurityPolicyBuilder()
  .withNodeIds([101])
  .withSourceIds(["/meter/*", "/größe/1"])
  .withMinAggregation(Aggregations.Hour)
  .build();
const asJson = {
  nodeIds: [...policy.nodeIds],
  sourceIds: [...policy.sourceIds],
  minAggregation: policy.minAggregation.name,
};
const made = await expect(200, "POST", users.generateAuthTokenUrl(AuthTokenTypes.ReadNodeData), { body: asJson });
assert.deepEqual(made.policy, { minAggregation: "Hour", nodeIds: [101], sourceIds: ["/meter/*", "/größe/1"] });
assert.match(made.authSecret, /^snts_[A-Za-z0-9]{38}$/);
assert.ok(Math.abs(timestampParse(made.created) - Date.now()) < 60_000);
const user = await expect(200, "POST", users.generateAuthTokenUrl(AuthTokenTypes.User));
assert.deepEqual(user.policy, {});
await expect(200, "GET", users.listAllAuthTokensUrl(), { token: { id: user.id, secret: user.authSecret } });
await expect(403, "GET", users.listAllAuthTokensUrl(), { token: { id: made.id, secret: made.authSecret } });

// Who am I: a Data token may ask, too.
const whoami = new (AuthUrlHelperMixin(SolarUserApi))(environment).whoamiUrl();
for (const { id, authSecret: secret, type } of [made, user]) {
  const identity = await expect(200, "GET", whoami, { token: { id, secret } });
  assert.deepEqual([identity.id, identity.type, identity.notAfter], [id, type, null]);
}

// List and find.
const listed = await expect(200, "GET", users.listAllAuthTokensUrl());
assert.ok(listed.some((token) => token.id === made.id && !("authSecret" in token)));
const found = await expect(200, "GET", `${users.listAllAuthTokensUrl()}/find?identifiers=${made.id}&tokenTypes=ReadNodeData`);
assert.equal(found.totalResults, 1);
assert.equal(found.returnedResultCount, 1);
assert.equal(found.results[0].id, made.id);

// Policy: merge, replace.
const merged = await expect(200, "PATCH", users.updateAuthTokenSecurityPolicyUrl(made.id), { body: { nodeIds: [102] } });
assert.deepEqual(merged.policy.nodeIds, [101, 102]);
assert.equal(merged.policy.minAggregation, "Hour");
const replaced = await expect(200, "PUT", users.replaceAuthTokenSecurityPolicyUrl(made.id), { body: { sourceIds: ["/a"] } });
assert.deepEqual(replaced.policy, { sourceIds: ["/a"] });
const invalid = await expect(422, "PUT", users.replaceAuthTokenSecurityPolicyUrl(made.id), { body: { nodeIDs: [1], minAggregation: "x" } });
assert.deepEqual(invalid.errors.map((error) => error.location).sort(), ["minAggregation", "nodeIDs"]);

// Info, as a form and as JSON.
const info = `${users.listAllAuthTokensUrl()}/info?tokenId=${made.id}`;
assert.equal((await expect(200, "POST", info, { body: "description=from+a+form&name=H%C3%A4us" })).name, "Häus");
assert.equal((await expect(200, "POST", info, { body: { name: "Barn" } })).description, "from a form");

// Status, and delete.
assert.equal((await expect(200, "POST", users.updateAuthTokenStatusUrl(made.id, AuthTokenStatuses.Disabled))).status, "Disabled");
assert.equal((await expect(200, "POST", users.updateAuthTokenStatusUrl(made.id, AuthTokenStatuses.Active))).status, "Active");
await expect(200, "DELETE", users.deleteAuthTokenUrl(made.id));
await expect(404, "DELETE", users.deleteAuthTokenUrl(made.id));

// Refresh a signing key, and go on with nothing but the key.
const queries = new (AuthTokenUrlHelperMixin(SolarQueryApi))(environment);
for (const url of [queries.refreshTokenV2Url(new Date()), users.refreshTokenV2Url()]) {
  assert.ok(url.endsWith(`/auth-tokens/refresh/v2?date=${dateFormat(new Date())}`));
  const { key } = await expect(200, "GET", url, { token: refreshing });
  assert.equal((await expect(200, "GET", url, { token: { id: refreshing.id }, key: Hex.parse(key) })).key, key);
  await expect(403, "GET", url);
}
console.log("all calls work");
