// The calls of the token API: addresses from the client's helpers, and by hand where it has none.
import assert from "node:assert/strict";
import { AuthTokenStatuses, AuthTokenTypes, SecurityPolicy, SecurityPolicyBuilder } from "solarnetwork-api-core/lib/domain";
import { AuthorizationV2Builder, AuthTokenUrlHelperMixin, SolarQueryApi, SolarUserApi } from "solarnetwork-api-core/lib/net";
import UserAuthTokenUrlHelperMixin from "solarnetwork-api-core/lib/net/userAuthTokenUrlHelperMixin";
import { dateFormat, timestampParse } from "solarnetwork-api-core/lib/util/dates";
import Hex from "crypto-js/enc-hex.js";
import { boss, expect, noting, portal, refreshing } from "./sending.mjs";

export const users = noting(new (UserAuthTokenUrlHelperMixin(SolarUserApi))(portal));
const queries = noting(new (AuthTokenUrlHelperMixin(SolarQueryApi))(portal));
const base = users.listAllAuthTokensUrl();
const sources = (...sourceIds) => ({ json: new SecurityPolicyBuilder().withSourceIds(sourceIds).build().toJsonEncoding() });

export async function generate(policy, type = AuthTokenTypes.ReadNodeData) {
  const json = policy && policy.toJsonEncoding();
  return expect(200, "POST", users.generateAuthTokenUrl(type), { json });
}

async function idsOf(query) {
  const page = await expect(200, "GET", `${base}/find?${query}`);
  assert.equal(page.returnedResultCount, page.results.length);
  return page.results.map((token) => token.id);
}

// Merges, replaces, sets the status and deletes with the identifier in the path or in the query.
const inPath = {
  merge: (id) => users.updateAuthTokenSecurityPolicyUrl(id),
  replace: (id) => users.replaceAuthTokenSecurityPolicyUrl(id),
  status: (id, status) => users.updateAuthTokenStatusUrl(id, status),
  delete: (id) => users.deleteAuthTokenUrl(id),
};
const inQuery = {
  merge: (id) => `${base}/policy?tokenId=${id}`,
  replace: (id) => `${base}/policy?tokenId=${id}`,
  status: (id, status) => `${base}/status?tokenId=${id}&status=${status.name}`,
  delete: (id) => `${base}?tokenId=${id}`,
};

function changes(where, url) {
  return {
    [`merge a policy, ${where}`]: async () => {
      const { id } = await generate(new SecurityPolicyBuilder().withSourceIds(["/a"]).build());
      assert.deepEqual((await expect(200, "PATCH", url.merge(id), sources("/b"))).policy, { sourceIds: ["/a", "/b"] });
    },
    [`replace a policy, ${where}`]: async () => {
      const { id } = await generate(new SecurityPolicyBuilder().withNodeIds([101]).build());
      assert.deepEqual((await expect(200, "PUT", url.replace(id), sources("/b"))).policy, { sourceIds: ["/b"] });
    },
    [`set the status, ${where}`]: async () => {
      const { id } = await generate();
      for (const status of [AuthTokenStatuses.Disabled, AuthTokenStatuses.Active]) {
        assert.equal((await expect(200, "POST", url.status(id, status))).status, status.name);
      }
    },
    [`delete, ${where}`]: async () => {
      const { id } = await generate();
      await expect(200, "DELETE", url.delete(id));
      await expect(404, "DELETE", url.delete(id));
    },
  };
}

async function refresh(url) {
  const date = dateFormat(new Date());
  assert.ok(url.endsWith(`/auth-tokens/refresh/v2?date=${date}`));
  const { key } = await expect(200, "GET", url, { token: refreshing });
  await expect(403, "GET", url, { token: boss });
  return key;
}

export const calls = {
  list: async () => {
    const { id } = await generate();
    const listed = await expect(200, "GET", base);
    assert.ok(listed.some((token) => token.id === id && !("authSecret" in token)));
    assert.deepEqual(await expect(200, "GET", `${base}/`), listed);
  },
  find: async () => {
    const { id } = await generate();
    const other = await generate(undefined, AuthTokenTypes.User);
    assert.deepEqual(await idsOf(`identifiers=${id}`), [id]);
    assert.deepEqual(await idsOf(`identifier=${id}&active=true`), [id]);
    assert.deepEqual(await idsOf(`identifiers=${id},${other.id}&tokenTypes=User`), [other.id]);
    assert.deepEqual(await idsOf(`identifiers=${id}&identifiers=${other.id}&tokenType=ReadNodeData`), [id]);
    assert.equal((await idsOf("offset=1&max=1")).length, 1);
    const problem = await expect(422, "GET", `${base}/find?tokenTyp=User`);
    assert.equal(problem.errors[0].location, "tokenTyp");
  },
  "generate a User token": async () => {
    const made = await generate(undefined, AuthTokenTypes.User);
    assert.deepEqual(made.policy, {});
    assert.ok(Math.abs(timestampParse(made.created) - Date.now()) < 60_000);
    await expect(200, "GET", base, { token: { id: made.id, secret: made.authSecret } });
  },
  "generate a Data token": async () => {
    const made = await generate(new SecurityPolicyBuilder().withSourceIds(["/größe/*"]).build());
    assert.deepEqual(made.policy, { sourceIds: ["/größe/*"] });
    assert.match(made.authSecret, /^snts_[A-Za-z0-9]{38}$/);
    await expect(403, "GET", base, { token: { id: made.id, secret: made.authSecret } });
  },
  "change name and description": async () => {
    const { id } = await generate();
    const url = `${base}/info?tokenId=${id}`;
    assert.equal((await expect(200, "POST", url, { json: '{"name":"Barn","description":"x"}' })).name, "Barn");
    const changed = await expect(200, "POST", `${url}&name=H%C3%A4us%20%2B1`);
    assert.deepEqual([changed.name, changed.description], ["Häus +1", "x"]);
  },
  "change name and description with a form": async () => {
    const { id } = await generate();
    const form = { name: "Häus +1", description: "from a form" };
    assert.equal((await expect(200, "POST", `${base}/info?tokenId=${id}`, { form })).name, "Häus +1");
  },
  ...changes("identifier in the path", inPath),
  ...changes("identifier in the query", inQuery),
  "refresh a signing key": async () => {
    const key = await refresh(queries.refreshTokenV2Url(new Date()));
    assert.equal(key, await refresh(users.refreshTokenV2Url()));
  },
  "sign with a refreshed key": async () => {
    const url = queries.refreshTokenV2Url();
    const key = await refresh(url);
    assert.equal((await expect(200, "GET", url, { token: { id: refreshing.id }, key: Hex.parse(key) })).key, key);
  },
  whoami: async () => {
    for (const [type, { id, authSecret: secret }] of [
      ["User", await generate(undefined, AuthTokenTypes.User)],
      ["ReadNodeData", await generate()],
    ]) {
      const identity = await expect(200, "GET", users.whoamiUrl(), { token: { id, secret } });
      assert.deepEqual([identity.id, identity.type], [id, type]);
    }
  },
  "whoami, signed for somebody else to send": async () => {
    const auth = new AuthorizationV2Builder(boss.id, portal).url(users.whoamiUrl()).snDate(true);
    const headers = { "X-SN-PreSignedAuthorization": auth.build(boss.secret), "X-SN-Date": auth.requestDateHeaderValue };
    const response = await fetch(users.whoamiUrl(), { headers });
    assert.equal((await response.json()).data?.id, boss.id);
  },
  "read a policy and write it back": async () => {
    const { id, policy } = await generate(new SecurityPolicyBuilder().withNodeIds([101]).withMinAggregation("Day").build());
    const json = SecurityPolicy.fromJsonObject(policy).toJsonEncoding();
    assert.deepEqual((await expect(200, "PUT", inPath.replace(id), { json })).policy, policy);
  },
};
