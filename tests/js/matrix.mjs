// Runs every call of both clients and prints, as JSON, which worked: {client: {call: "" or what went wrong}}.
import { calls as loaded } from "./loading.mjs";
import { calls as policies } from "./policies.mjs";
import { calls as read } from "./reading.mjs";
import { neverCalled } from "./sending.mjs";
import { calls as tokens } from "./tokens.mjs";

async function run(calls) {
  const outcomes = {};
  for (const [name, call] of Object.entries(calls)) {
    try {
      await call();
      outcomes[name] = "";
    } catch (error) {
      outcomes[name] = String(error.stack ?? error);
    }
  }
  return outcomes;
}

const core = await run({ ...tokens, ...policies, ...read });
const loader = await run(loaded);
console.log(JSON.stringify({ outcomes: { "solarnetwork-api-core": core, "solarnetwork-datum-loader": loader }, neverCalled: neverCalled() }));
