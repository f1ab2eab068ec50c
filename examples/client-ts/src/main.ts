// Look at a bundle as a game client would:
//
//     node dist/main.js ../../output/client client                    what there is
//     node dist/main.js ../../output/client client ItemTable 1001     one row, as JSON
//     node dist/main.js https://cdn.example.com/game/client client    the same from a web server

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { toJson } from "@bufbuild/protobuf";
import { loadBundle, type ReadFile } from "./bundle.js";

function reader(place: string): ReadFile {
  if (!/^https?:/.test(place)) {
    return async (name) => new Uint8Array(await readFile(join(place, name)));
  }
  return async (name) => {
    const answer = await fetch(`${place}/${name}`);
    if (!answer.ok) {
      throw new Error(`${place}/${name}: ${answer.status} ${answer.statusText}`);
    }
    return new Uint8Array(await answer.arrayBuffer());
  };
}

async function main(place: string, target: string, name?: string, ...key: string[]): Promise<void> {
  const bundle = await loadBundle(reader(place), target);
  if (name === undefined) {
    const tables = [...bundle.tables.values()].map((table) => [table.name, table.rows.length]);
    console.log(JSON.stringify({ target, build: bundle.build, tables: Object.fromEntries(tables) }));
    return;
  }
  const table = bundle.table(name);
  const row = key.length > 0 ? table.get(...key) : table.record;
  if (row === undefined) {
    throw new Error(`${name} has no row ${key.join(", ")}`);
  }
  console.log(JSON.stringify(toJson(table.rowType, row, { registry: bundle.registry, alwaysEmitImplicit: true })));
}

const [place, target, ...rest] = process.argv.slice(2);
if (place === undefined || target === undefined) {
  console.error("usage: node dist/main.js FOLDER_OR_URL TARGET [TABLE [KEY…]]");
  process.exitCode = 2;
} else {
  main(place, target, ...rest).catch((error: Error) => {
    console.error(`${error.name}: ${error.message}`);
    process.exitCode = 1;
  });
}
