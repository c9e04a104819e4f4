// The Slack of the package "emulate", with a subscriber to its events, which it has no setting for.
// Slack takes any method by GET, too; this one takes few, so that they are handed on by POST. What it
// does not have at all is refused in Slack's own words, not by "404 Not Found".
// Arguments: the folder of packages, the port, a seed as JSON, where events go.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [packages, port, seed, subscriber] = process.argv.slice(2);
const parts = join(packages, "emulate", "dist");
const load = (name) => import(pathToFileURL(join(parts, name)).href);

// Which of its files holds Slack changes from version to version.
for (const name of readdirSync(parts).filter((each) => /^dist-.*\.js$/.test(each))) {
  const { slackPlugin } = await load(name);
  if (!slackPlugin) continue;
  const register = slackPlugin.register;
  slackPlugin.register = function (app, store, webhooks, ...rest) {
    webhooks.register({ url: subscriber, events: ["*"], active: true, owner: "slack" });
    register.call(this, app, store, webhooks, ...rest);
    app.get("/api/:method", (c) => {
      const { origin, pathname, search } = new URL(c.req.url);
      const headers = { Authorization: c.req.header("Authorization") ?? "" };
      return app.fetch(new Request(origin + pathname, { method: "POST", headers, body: new URLSearchParams(search) }));
    });
    app.post("/api/:method", (c) => c.json({ ok: false, error: "unknown_method", req_method: c.req.param("method") }));
  };
}

const { createEmulator } = await load("api.js");
const { url } = await createEmulator({ service: "slack", port: Number(port), seed: JSON.parse(seed) });
console.log(url);
