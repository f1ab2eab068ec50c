#[path = "gamedata/game_data.rs"]
mod game_data;

use std::io::BufRead;

use game_data::proto::game::{Grade, Hero, Item};
use game_data::{item_id, GameData, GameDataRow};
use prost::Message;

fn say(name: &str, value: impl std::fmt::Display) {
    println!("{}={}", name, value.to_string().replace('\n', "\\n"));
}

fn dump<M: Message>(table: &str, rows: &[M]) {
    for (at, row) in rows.iter().enumerate() {
        let hex: String = row.encode_to_vec().iter().map(|one| format!("{one:02x}")).collect();
        say(&format!("rows.{table}.{at}"), hex);
    }
}

fn item_of(row: Option<&Item>) -> String {
    row.map_or("none".to_string(), |row| row.id.to_string())
}

fn hero_of(row: Option<&Hero>) -> String {
    row.map_or("none".to_string(), |row| row.id.to_string())
}

fn main() {
    let data = match GameData::load(std::env::args().nth(1).unwrap()) {
        Ok(data) => data,
        Err(error) => {
            say("error", error);
            std::process::exit(1);
        }
    };
    let t = data.tables();
    say("target", &t.target);
    say("build", &t.build);
    say("version", &t.version);
    say("release", &t.release);
    dump("ItemTable", &t.item_table.all);
    dump("HeroTable", &t.hero_table.all);
    dump("LevelTable", &t.level_table.all);
    dump("TextTable", &t.text_table.all);
    dump("ScalarTable", &t.scalar_table.all);
    dump("FlagTable", &t.flag_table.all);
    dump("LineTable", &t.line_table.all);
    dump("EmptyTable", &t.empty_table.all);
    dump("Constants", std::slice::from_ref(&t.constants));
    say("get", &t.item_table.get(1001).unwrap().name);
    say("find", item_of(t.item_table.find(9)));
    say("missing", t.item_table.get(9).unwrap_err());
    say("composite", t.level_table.get(9007199254740993, 1).unwrap().exp);
    say("three", t.flag_table.get(Grade::Cursed, true, "en").unwrap().value);
    say("map", &t.text_table.get("가").unwrap().ko);
    say("big", &t.scalar_table.get(u64::MAX).unwrap().text);
    say("unique", item_of(t.item_table.find_by_code("BOW")));
    say("unique.two", t.level_table.find_by_hero_id_and_slot(7, 2).unwrap().level);
    let item = t.item_table.get(1002).unwrap();
    let sword = t.item_table.get(1001).unwrap();
    say("resolve", item_of(t.resolve_item_evolves_to(item).unwrap()));
    say("resolve.unset", item_of(t.resolve_item_evolves_to(sword).unwrap()));
    for (at, reward) in item.rewards.iter().enumerate() {
        match t.resolve_reward_id(reward).unwrap() {
            Some(GameDataRow::ItemTable(row)) => say(&format!("resolve.when.{at}"), format!("item {}", row.code)),
            Some(GameDataRow::HeroTable(row)) => say(&format!("resolve.when.{at}"), format!("hero {}", row.name)),
            None => {}
        }
    }
    say("resolve.field", hero_of(t.resolve_item_hero(item).unwrap()));
    say("resolve.none", hero_of(t.resolve_item_hero(sword).unwrap()));
    let items = t.resolve_hero_items(t.hero_table.get(7).unwrap()).unwrap();
    say("resolve.list", items.iter().map(|one| one.id.to_string()).collect::<Vec<_>>().join(" "));
    say("resolve.record", item_of(t.resolve_constants_best_item(&t.constants).unwrap()));
    say("constant", item_id::SWORD);
    say("label", Grade::Rare.label());
    for _ in std::io::stdin().lock().lines() {
        match data.reload() {
            Ok(changed) => say("reload", changed),
            Err(error) => say("reload", format!("error: {error}")),
        }
        say("now", &data.tables().item_table.get(1001).unwrap().name);
        say("then", &t.item_table.get(1001).unwrap().name);
    }
}
