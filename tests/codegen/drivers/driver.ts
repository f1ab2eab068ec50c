import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { decompress } from "fzstd";
import { toBinary, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { GameData, GradeLabels, ItemId } from "./game_data.js";
import * as pb from "./game/tables_pb.js";
import { Grade } from "./game/shared_pb.js";

const say = (name: string, value: unknown) => console.log(`${name}=${String(value).replaceAll("\n", "\\n")}`);

function dump<Desc extends DescMessage>(table: string, schema: Desc, rows: Iterable<MessageShape<Desc>>): void {
  let at = 0;
  for (const row of rows) {
    say(`rows.${table}.${at++}`, Buffer.from(toBinary(schema, row)).toString("hex"));
  }
}

const read = (folder: string) => async (name: string) => {
  try {
    return new Uint8Array(await readFile(join(folder, name)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
};

async function main(folder: string): Promise<void> {
  const data = await GameData.load(read(folder), { place: folder, decompress });
  const t = data.tables;
  say("target", t.target);
  say("build", t.build);
  say("version", t.version);
  say("release", t.release);
  dump("ItemTable", pb.ItemSchema, t.ItemTable);
  dump("HeroTable", pb.HeroSchema, t.HeroTable);
  dump("LevelTable", pb.LevelSchema, t.LevelTable);
  dump("TextTable", pb.TextSchema, t.TextTable);
  dump("ScalarTable", pb.ScalarSchema, t.ScalarTable);
  dump("FlagTable", pb.FlagSchema, t.FlagTable);
  dump("LineTable", pb.LineSchema, t.LineTable);
  dump("EmptyTable", pb.LineSchema, t.EmptyTable);
  dump("Constants", pb.ConstantsSchema, [t.Constants]);
  say("get", t.ItemTable.get(1001).name);
  say("find", t.ItemTable.find(9)?.id ?? "none");
  try {
    say("missing", t.ItemTable.get(9).name);
  } catch (error) {
    say("missing", (error as Error).message);
  }
  say("composite", t.LevelTable.get(2n ** 53n + 1n, 1).exp);
  say("three", t.FlagTable.get(Grade.CURSED, true, "en").value);
  say("map", t.TextTable.get("가").ko);
  say("big", t.ScalarTable.get(2n ** 64n - 1n).text);
  say("unique", t.ItemTable.findByCode("BOW")?.id);
  say("unique.two", t.LevelTable.findByHeroIdSlot(7n, 2)?.level);
  const item = t.ItemTable.get(1002);
  say("resolve", t.resolveItemEvolvesTo(item)?.id ?? "none");
  say("resolve.unset", t.resolveItemEvolvesTo(t.ItemTable.get(1001))?.id ?? "none");
  for (const [at, reward] of item.rewards.entries()) {
    const row = t.resolveRewardId(reward);
    if (row?.$typeName === "game.Item") {
      say(`resolve.when.${at}`, `item ${row.code}`);
    } else if (row?.$typeName === "game.Hero") {
      say(`resolve.when.${at}`, `hero ${row.name}`);
    }
  }
  say("resolve.field", t.resolveItemHero(item)?.id ?? "none");
  say("resolve.none", t.resolveItemHero(t.ItemTable.get(1001))?.id ?? "none");
  say("resolve.list", t.resolveHeroItems(t.HeroTable.get(7n)).map((one) => one.id).join(" "));
  say("resolve.record", t.resolveConstantsBestItem(t.Constants)?.id);
  say("constant", ItemId.Sword);
  say("label", GradeLabels[Grade.RARE]);
  for await (const _ of createInterface({ input: process.stdin })) {
    try {
      say("reload", await data.reload());
    } catch (error) {
      say("reload", `error: ${(error as Error).message}`);
    }
    say("now", data.tables.ItemTable.get(1001).name);
    say("then", t.ItemTable.get(1001).name);
  }
}

main(process.argv[2] ?? "").catch((error: Error) => {
  say("error", error.message);
  process.exitCode = 1;
});
