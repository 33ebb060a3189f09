// Reads {"library", "secret", "headers", "body", "host"} from standard input, one JSON text a line, and prints for each what
// the sender's own library says of the request: true or false.
import { createInterface } from "node:readline";
import { LinearWebhookClient } from "@linear/sdk/webhooks";
import { verifyWebhookSignature } from "@notionhq/client";
import { verify as verifyGitHub } from "@octokit/webhooks-methods";
import { verifyKey } from "discord-interactions";
import "@shopify/shopify-api/adapters/node";
import MessageValidator from "sns-validator";
import { shopifyApi, LogSeverity } from "@shopify/shopify-api";

const libraries = {
  github: ({ secret, body, headers }) => verifyGitHub(secret, body, headers["X-Hub-Signature-256"]),
  notion: ({ secret, body, headers }) =>
    verifyWebhookSignature({ body, signature: headers["X-Notion-Signature"], verificationToken: secret }),
  discord: ({ secret, body, headers }) =>
    verifyKey(body, headers["X-Signature-Ed25519"], headers["X-Signature-Timestamp"], secret),
  linear: ({ secret, body, headers }) =>
    new LinearWebhookClient(secret).verify(Buffer.from(body), headers["Linear-Signature"]),
  sns: ({ body, host }) =>
    new Promise((resolve) => {
      const validator = new MessageValidator(new RegExp(`^${host}$`));
      validator.validate(body, (failure) => resolve(!failure));
    }),
  shopify: async ({ secret, body, headers }) => {
    const api = shopifyApi({
      apiKey: "key",
      apiSecretKey: secret,
      scopes: [],
      hostName: "example.com",
      apiVersion: "2026-07",
      isEmbeddedApp: false,
      logger: { level: LogSeverity.Error },
    });
    return (await api.webhooks.validate({ rawBody: body, rawRequest: { headers }, rawResponse: {} })).valid;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  let said = false;
  try {
    said = await libraries[asked.library](asked);
  } catch (error) {
    if (process.env.SHOW_ERRORS) process.stderr.write(`${asked.library}: ${error.stack}\n`);
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
