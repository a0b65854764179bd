// Holds specs against the schema: reads one JSON value a line, writes one line each, "true" or the first complaint.
//
//     node ajv.mjs SCHEMA < SPECS
import { readFileSync } from "node:fs";
import Ajv from "ajv";
import addFormats from "ajv-formats";

const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true });
addFormats(ajv);
// What only editors read.
ajv.addVocabulary(["markdownDescription", "defaultSnippets", "doNotSuggest", "errorMessage"]);
const judge = ajv.compile(JSON.parse(readFileSync(process.argv[2], "utf8")));

for (const line of readFileSync(0, "utf8").split("\n")) {
  if (line === "") continue;
  const good = judge(JSON.parse(line));
  console.log(JSON.stringify(good || `${judge.errors[0].instancePath} ${judge.errors[0].message}`));
}
