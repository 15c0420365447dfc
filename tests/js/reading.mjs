// Data through a gateway: every address that the client's helpers build, and what is special in a query.
import assert from "node:assert/strict";
import * as domain from "solarnetwork-api-core/lib/domain";
import { SolarQueryApi, SolarQueryLocationApi, SolarUserApi } from "solarnetwork-api-core/lib/net";
import { data, expect, gateway, noting } from "./sending.mjs";
import { generate } from "./tokens.mjs";

const { Aggregation, DatumFilter, DatumReadingTypes, Pagination, SecurityPolicyBuilder, SortDescriptor } = domain;
const queries = noting(new SolarQueryApi(gateway));
const locations = noting(new SolarQueryLocationApi(gateway));
const users = noting(new SolarUserApi(gateway));

const day = new Date("2026-11-24T09:30:00Z");
const sorts = [new SortDescriptor("created", true)];
const page = new Pagination(10, 20);
const source = "/größe/1";

function filtered(values = {}) {
  const filter = new DatumFilter();
  return Object.assign(filter, { nodeId: 101, sourceIds: [source, "/größe/2"], startDate: day, endDate: day, ...values });
}

// Sends a request and returns what reached the service behind the gateway, which must be just what was sent.
async function passed(url, { method = "GET", ...options } = {}) {
  const arrived = await expect(200, method, url, options);
  assert.equal(arrived.method, method);
  const { pathname, search } = new URL(url);
  assert.equal(arrived.path, pathname + search);
  return arrived;
}

async function tokenFor(policy) {
  const made = await generate(policy);
  return { id: made.id, secret: made.authSecret };
}

const listOf = (header) => header.split(",").map(decodeURIComponent);

// Reads with a Data token whose policy names nodes and sources.
const reads = (...urls) => async () => {
  for (const url of urls) {
    const { headers } = await passed(url(), { token: data });
    assert.equal(headers["x-sn-token-type"], "ReadNodeData");
    assert.equal(headers["x-sn-node-ids"], "101");
  }
};

// Reads and writes with an unrestricted User token.
const asUser = (...requests) => async () => {
  for (const [method, url, json] of requests) {
    const { headers, body } = await passed(url(), { method, json });
    assert.equal(headers["x-sn-token-type"], "User");
    assert.equal(body, json ?? "");
  }
};

const all = (...urls) => asUser(...urls.map((url) => ["GET", url]));

export const calls = {
  "list datum": reads(() => queries.listDatumUrl(filtered(), sorts, page)),
  "most recent datum": reads(() => queries.mostRecentDatumUrl(filtered())),
  "datum readings": reads(() => queries.datumReadingUrl(DatumReadingTypes.Difference, filtered(), "P1D", sorts, page)),
  "stream datum": reads(() => queries.streamDatumUrl(filtered(), sorts, page)),
  "stream readings": reads(() => queries.streamReadingUrl(DatumReadingTypes.Difference, filtered())),
  "reportable interval": reads(() => queries.reportableIntervalUrl(101, [source])),
  "available sources": reads(
    () => queries.availableSourcesUrl(filtered(), true),
    () => queries.findSourcesUrl(filtered()),
  ),
  "list node IDs": reads(() => queries.listAllNodeIdsUrl()),
  "datum metadata": reads(
    () => queries.viewNodeDatumMetadataUrl(101, source),
    () => queries.findNodeDatumMetadataUrl(101, source, sorts, page),
  ),
  "change datum metadata": asUser(
    ["POST", () => queries.addNodeDatumMetadataUrl(101, source), '{"m":{"a":"größe"}}'],
    ["PUT", () => queries.replaceNodeDatumMetadataUrl(101, source), "{}"],
    ["DELETE", () => queries.deleteNodeDatumMetadataUrl(101, source)],
  ),
  "user metadata": reads(() => queries.viewUserMetadataUrl()),
  "location datum": all(
    () => locations.listDatumUrl(filtered({ nodeId: null, locationId: 7 }), sorts, page),
    () => locations.mostRecentDatumUrl(filtered({ nodeId: null, locationId: 7 })),
    () => locations.reportableIntervalUrl(7, source),
    () => locations.availableSourcesUrl(7, day, day),
    () => locations.findLocationsUrl(new domain.Location({ country: "NZ", name: "Te Whanganui-ā-Tara" }), sorts, page),
  ),
  "location metadata": asUser(
    ["GET", () => locations.viewLocationDatumMetadataUrl(7, source)],
    ["GET", () => locations.findLocationDatumMetadataUrl(filtered({ nodeId: null, locationId: 7 }))],
    ["POST", () => locations.addLocationDatumMetadataUrl(7, source), "{}"],
    ["PUT", () => locations.replaceLocationDatumMetadataUrl(7, source), "{}"],
    ["DELETE", () => locations.deleteLocationDatumMetadataUrl(7, source)],
  ),
  "nodes of the account": asUser(
    ["GET", () => users.viewNodesUrl()],
    ["GET", () => users.viewPendingNodesUrl()],
    ["GET", () => users.viewArchivedNodesUrl()],
    ["POST", () => users.updateNodeArchivedStatusUrl(true, [101, 102])],
  ),
  instructions: asUser(
    ["GET", () => users.viewInstructionUrl(1)],
    ["GET", () => users.viewActiveInstructionsUrl(101)],
    ["GET", () => users.viewPendingInstructionsUrl(101)],
    ["POST", () => users.updateInstructionStateUrl(1, domain.InstructionStates.Declined)],
    ["POST", () => users.queueInstructionUrl("SetControl/x", [{ name: "größe", value: "a+b c" }], 101)],
    ["POST", () => users.queueInstructionsUrl("SetControl", [{ name: "a", value: "1" }], [101, 102])],
    ["POST", () => users.execInstructionUrl("SetControl", [{ name: "a", value: "1" }], 101)],
  ),
  "datum auxiliary": asUser(
    ["GET", () => users.listUserDatumAuxiliaryUrl(filtered())],
    ["GET", () => users.viewUserDatumAuxiliaryUrl(domain.DatumAuxiliaryTypes.Reset, 101, day, source)],
    ["GET", () => users.userDatumAuxiliaryIdUrl(domain.DatumAuxiliaryTypes.Reset, 101, day, "größe (1)")],
    ["GET", () => users.userDatumAuxiliaryIdQueryUrl(domain.DatumAuxiliaryTypes.Reset, 101, day, source)],
    ["POST", () => users.storeUserDatumAuxiliaryUrl(domain.DatumAuxiliaryTypes.Reset, 101, day, source), "{}"],
    ["DELETE", () => users.deleteUserDatumAuxiliaryUrl(domain.DatumAuxiliaryTypes.Reset, 101, day, source)],
  ),
  "change user metadata": asUser(
    ["GET", () => users.findUserMetadataUrl(new domain.UserMetadataFilter({ userId: 5 }))],
    ["GET", () => users.viewUserMetadataUrl(5)],
    ["POST", () => users.addUserMetadataUrl(5), "{}"],
    ["PUT", () => users.replaceUserMetadataUrl(5), "{}"],
    ["DELETE", () => users.deleteUserMetadataUrl(5)],
  ),
  "every level of aggregation": async () => {
    const levels = Aggregation.enumValues();
    const minimum = levels.find(({ name }) => name === "Hour");
    const token = await tokenFor(new SecurityPolicyBuilder().withMinAggregation(minimum).build());
    for (const aggregation of levels) {
      const { headers } = await passed(queries.listDatumUrl(filtered({ aggregation })), { token });
      const expected = aggregation.level < minimum.level ? "Hour" : aggregation.name;
      assert.equal(headers["x-sn-aggregation"], expected, aggregation.name);
    }
  },
  "sources with any character": async () => {
    const sourceIds = ["/größe/1", "/a+b", "/a b", "/100%", "/a&b=c", "/!'()*~", "/日本/🌞", "/a;b?c#d"];
    const token = await tokenFor(new SecurityPolicyBuilder().withSourceIds(sourceIds).build());
    for (const sourceId of sourceIds) {
      const { headers } = await passed(queries.listDatumUrl(filtered({ sourceIds: [sourceId] })), { token });
      assert.deepEqual(listOf(headers["x-sn-source-ids"]), [sourceId]);
    }
    const { headers } = await passed(queries.listDatumUrl(filtered({ sourceIds })), { token });
    assert.deepEqual(listOf(headers["x-sn-source-ids"]), sourceIds);
  },
  "repeated parameters": async () => {
    const token = await tokenFor(new SecurityPolicyBuilder().withNodeIds([101, 102]).withSourceIds(["/a", "/b"]).build());
    const url = `${queries.baseUrl()}/datum/list?sourceId=%2Fb&nodeId=102&sourceId=%2Fa&nodeId=101&sourceId=%2Fc`;
    const { headers } = await passed(url, { token });
    assert.equal(headers["x-sn-node-ids"], "102,101");
    assert.deepEqual(listOf(headers["x-sn-source-ids"]), ["/b", "/a"]);
  },
  "a literal + in the query": async () => {
    // The client signs it as a plus sign; the service reads a space, and so does the policy.
    const url = `${queries.baseUrl()}/datum/list?nodeId=101&sourceId=/a+b`;
    const spaced = await tokenFor(new SecurityPolicyBuilder().withSourceIds(["/a b"]).build());
    const { headers } = await passed(url, { token: spaced });
    assert.deepEqual(listOf(headers["x-sn-source-ids"]), ["/a b"]);
    const plus = await tokenFor(new SecurityPolicyBuilder().withSourceIds(["/a+b"]).build());
    assert.equal((await expect(403, "GET", url, { token: plus })).rule, "sourceIds");
  },
  "the reason of a refusal": async () => {
    const problem = await expect(403, "GET", queries.listDatumUrl(filtered({ nodeId: 102 })), { token: data });
    assert.deepEqual([problem.rule, problem.value], ["nodeIds", "102"]);
    assert.equal((await expect(403, "POST", queries.listDatumUrl(filtered()), { token: data })).rule, "type");
  },
};
