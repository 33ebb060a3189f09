// Prints every recorded payload of @octokit/webhooks-examples, one JSON line each, signed by GitHub's own library:
// {"event": "release", "body": "…", "signature": "sha256=…"}. The secret is the one argument.
import { createRequire } from "node:module";
import { sign } from "@octokit/webhooks-methods";

const recorded = createRequire(import.meta.url)("@octokit/webhooks-examples/api.github.com/index.json");
const secret = process.argv[2];

for (const { name, examples } of recorded) {
  for (const example of examples) {
    const body = JSON.stringify(example);
    process.stdout.write(JSON.stringify({ event: name, body, signature: await sign(secret, body) }) + "\n");
  }
}
