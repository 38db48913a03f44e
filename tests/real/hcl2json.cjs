// HashiCorp's own parser of Terraform's language, compiled to wasm: each file named has to be read by it.
const { readFileSync } = require("node:fs");
const { parse } = require("@cdktf/hcl2json");

(async () => {
  for (const path of process.argv.slice(2)) {
    const document = await parse(path, readFileSync(path, "utf8"));
    console.log(JSON.stringify({ path, resources: Object.keys(document.resource ?? {}), data: "data" in document }));
  }
})().catch((error) => {
  console.error(String(error));
  process.exit(1);
});
