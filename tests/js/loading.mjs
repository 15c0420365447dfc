// SolarNetwork's datum loader, which signs and sends by itself, reads through a gateway.
import assert from "node:assert/strict";
import { Aggregations, DatumFilter, SecurityPolicyBuilder } from "solarnetwork-api-core/lib/domain";
import { AuthorizationV2Builder, Environment, SolarQueryApi } from "solarnetwork-api-core/lib/net";
import { DatumLoader, DatumRangeFinder, DatumSourceFinder } from "solarnetwork-datum-loader";
import { data, gateway } from "./sending.mjs";
import { generate } from "./tokens.mjs";

// The loader signs the environment's host as it is, so a port other than the default belongs to it.
const environment = new Environment({ protocol: "http", host: `${gateway.host}:${gateway.port}` });
const api = new SolarQueryApi(environment);
const signer = ({ id, secret }) => new AuthorizationV2Builder(id, environment).saveSigningKey(secret);

function filtered(values = {}) {
  return Object.assign(new DatumFilter(), { nodeId: 101, sourceIds: ["/größe/1"], aggregation: Aggregations.Hour, ...values });
}

export const calls = {
  "list datum": async () => {
    const results = await new DatumLoader(api, filtered(), signer(data)).paginationSize(2).fetch();
    assert.deepEqual(results.map((datum) => datum.number), [0, 1, 2]);
  },
  "datum readings": async () => {
    const results = await new DatumLoader(api, filtered(), signer(data)).readings(true).fetch();
    assert.equal(results.length, 3);
  },
  "reportable interval": async () => {
    const range = await new DatumRangeFinder(api, [filtered()], signer(data)).fetch();
    assert.equal(range.eDate.getTime(), range.endDateMillis);
  },
  "available sources": async () => {
    assert.deepEqual(await new DatumSourceFinder(api, filtered(), signer(data)).fetch(), { 101: ["/größe/1"] });
  },
  "sources with any character": async () => {
    const sourceIds = ["/größe/1", "/a+b", "/a b", "/100%", "/a&b=c", "/!'()*~", "/日本/🌞"];
    const made = await generate(new SecurityPolicyBuilder().withSourceIds(sourceIds).build());
    const results = await new DatumLoader(api, filtered({ sourceIds }), signer({ id: made.id, secret: made.authSecret })).fetch();
    assert.equal(results.length, 3);
  },
  "the reason of a refusal": async () => {
    // The loader says only what the status line says.
    await assert.rejects(new DatumLoader(api, filtered({ nodeId: 102 }), signer(data)).fetch(), /Forbidden/);
  },
};
