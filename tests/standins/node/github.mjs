// The GitHub of the package "emulate", with an App whose key it makes.
// Arguments: the folder of packages, the port, a seed as JSON.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [packages, port, seed] = process.argv.slice(2);
const { createEmulator } = await import(pathToFileURL(join(packages, "emulate", "dist", "api.js")).href);
const { url, generatedSecrets } = await createEmulator({ service: "github", port: Number(port), seed: JSON.parse(seed) });
console.log(JSON.stringify({ url, secrets: generatedSecrets }));
