// Every part of a policy that the client's builder has, encoded by the client, wherever a policy is sent.
import assert from "node:assert/strict";
import { Aggregation, LocationPrecision, SecurityPolicy, SecurityPolicyBuilder } from "solarnetwork-api-core/lib/domain";
import { AuthTokenTypes } from "solarnetwork-api-core/lib/domain";
import { expect } from "./sending.mjs";
import { generate, users } from "./tokens.mjs";

const building = () => new SecurityPolicyBuilder();

// Sends a policy in each way; returns what was stored, which must be the same each time.
async function stored(policy) {
  const json = policy.toJsonEncoding();
  const made = await generate(policy);
  const { id } = await generate();
  const base = users.listAllAuthTokensUrl();
  for (const [method, url] of [
    ["PATCH", users.updateAuthTokenSecurityPolicyUrl(id)],
    ["PATCH", `${base}/policy?tokenId=${id}`],
    ["PUT", users.replaceAuthTokenSecurityPolicyUrl(id)],
    ["PUT", `${base}/policy?tokenId=${id}`],
  ]) {
    assert.deepEqual((await expect(200, method, url, { json })).policy, made.policy, `${method} ${url}`);
  }
  return made.policy;
}

// Expects a policy to be refused in each way; returns the problem.
async function refused(policy) {
  const json = policy.toJsonEncoding();
  const { id } = await generate();
  const url = users.replaceAuthTokenSecurityPolicyUrl(id);
  const answers = [
    await expect(422, "POST", users.generateAuthTokenUrl(AuthTokenTypes.ReadNodeData), { json }),
    await expect(422, "PUT", url, { json }),
    await expect(422, "PATCH", url, { json }),
  ];
  assert.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1);
  return answers[0].errors;
}

const levels = Aggregation.enumValues();

export const calls = {
  "node IDs": async () => {
    const policy = building().withNodeIds([101]).addNodeIds([102]).build();
    assert.deepEqual(await stored(policy), { nodeIds: [101, 102] });
  },
  "source IDs": async () => {
    const policy = building().withSourceIds(["/meter/*"]).addSourceIds(["/größe/+1", "/a b/**"]).build();
    assert.deepEqual(await stored(policy), { sourceIds: ["/meter/*", "/größe/+1", "/a b/**"] });
  },
  "minimum aggregation, every level": async () => {
    assert.equal(levels.length, 17);
    for (const level of levels) {
      const policy = building().withMinAggregation(level).build();
      assert.ok(policy.toJsonObject().aggregations.includes(level.name));
      const expected = level.name === "None" ? {} : { minAggregation: level.name };
      assert.deepEqual(await stored(policy), expected, level.name);
    }
  },
  "minimum aggregation, read and written back": async () => {
    for (const level of levels.filter(({ name }) => name !== "None")) {
      const policy = building().withMinAggregation(level.name).build();
      const again = SecurityPolicy.fromJsonObject(await stored(policy));
      assert.equal(again.toJsonEncoding(), policy.toJsonEncoding());
    }
  },
  "aggregations, all from a level up": async () => {
    const coarse = levels.filter((level) => level.level >= levels.find(({ name }) => name === "Day").level);
    assert.deepEqual(await stored(building().withAggregations(coarse).build()), { minAggregation: "Day" });
    const added = building().withAggregations([coarse[0]]).addAggregations(coarse.slice(1)).build();
    assert.deepEqual(await stored(added), { minAggregation: "Day" });
    assert.deepEqual(await stored(building().withAggregations(levels).build()), {});
  },
  "aggregations, any others: refused with what is missing": async () => {
    const [problem] = await refused(building().withAggregations(["Hour", "Month", "Year", "RunningTotal"]).build());
    assert.equal(problem.location, "aggregations");
    assert.match(problem.message, /Day, Week are missing/);
  },
  "node metadata paths": async () => {
    const policy = building().withNodeMetadataPaths(["/m/place"]).addNodeMetadataPaths(["/pm/**"]).build();
    assert.deepEqual(await stored(policy), { nodeMetadataPaths: ["/m/place", "/pm/**"] });
  },
  "user metadata paths": async () => {
    const policy = building().withUserMetadataPaths(["/m/a"]).addUserMetadataPaths(["/pm/b/*"]).build();
    assert.deepEqual(await stored(policy), { userMetadataPaths: ["/m/a", "/pm/b/*"] });
  },
  "location precision, every level: refused with the reason": async () => {
    for (const level of LocationPrecision.enumValues()) {
      const problems = await refused(building().withMinLocationPrecision(level).build());
      assert.deepEqual(problems.map((problem) => problem.location).sort(), ["locationPrecisions", "minLocationPrecision"]);
      assert.match(problems[0].message, /no location data.*Leave it out/);
    }
    const [problem] = await refused(building().addLocationPrecisions(["LatLong"]).build());
    assert.equal(problem.location, "locationPrecisions");
  },
  "everything at once, from another policy": async () => {
    const all = building().withNodeIds([101]).withSourceIds(["/a"]).withMinAggregation("FiveMinute");
    const policy = all.withNodeMetadataPaths(["/m/**"]).withUserMetadataPaths(["/pm/**"]).build();
    for (const copy of [building().withPolicy(policy).build(), building().addPolicy(policy).build()]) {
      assert.deepEqual(await stored(copy), {
        minAggregation: "FiveMinute",
        nodeIds: [101],
        sourceIds: ["/a"],
        nodeMetadataPaths: ["/m/**"],
        userMetadataPaths: ["/pm/**"],
      });
    }
  },
};
