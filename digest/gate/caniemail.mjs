// Prints {feature: [client, ...]} for what the HTML on stdin uses and clients do not support.
// The argument is the folder of the npm package caniemail.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const folder = process.argv[2];
const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
const { caniemail } = await import(pathToFileURL(join(folder, exports["."].default)));
const { clients, html } = JSON.parse(readFileSync(0, "utf8"));
const lacking = {};
for (const [client, issues] of caniemail({ clients, html }).issues.errors) {
  for (const { title } of issues) (lacking[title] ??= new Set()).add(client);
}
console.log(JSON.stringify(lacking, (_, value) => (value instanceof Set ? [...value] : value)));
