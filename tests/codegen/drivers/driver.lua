local pb = require "pb"
local GameData = require "game_data"

local function say(name, value)
  if type(value) == "number" and value == math.floor(value) and math.abs(value) < 2 ^ 53 then
    value = ("%d"):format(value)
  end
  print(name .. "=" .. tostring(value):gsub("\n", "\\n"))
  io.stdout:flush()
end

local function dump(name, message, rows)
  for at, row in ipairs(rows) do
    local bytes = GameData.with(pb.encode, message, row)
    say(("rows.%s.%d"):format(name, at - 1), (bytes:gsub(".", function(one)
      return ("%02x"):format(one:byte())
    end)))
  end
end

local function found(row, field)
  return row == nil and "none" or row[field]
end

local data, problem = GameData.load(arg[1])
if data == nil then
  say("error", problem)
  os.exit(1)
end
local t = data.tables
say("target", t.target)
say("build", t.build)
say("version", t.version)
say("release", t.release)
dump("ItemTable", ".game.Item", t.ItemTable.all)
dump("HeroTable", ".game.Hero", t.HeroTable.all)
dump("LevelTable", ".game.Level", t.LevelTable.all)
dump("TextTable", ".game.Text", t.TextTable.all)
dump("ScalarTable", ".game.Scalar", t.ScalarTable.all)
dump("FlagTable", ".game.Flag", t.FlagTable.all)
dump("LineTable", ".game.Line", t.LineTable.all)
dump("EmptyTable", ".game.Line", t.EmptyTable.all)
dump("Constants", ".game.Constants", { t.Constants })
say("get", t.ItemTable:get(1001).name)
say("find", found(t.ItemTable:find(9), "id"))
local _, missing = pcall(t.ItemTable.get, t.ItemTable, 9)
say("missing", missing)
say("composite", t.LevelTable:get("9007199254740993", 1).exp)
say("three", t.FlagTable:get("GRADE_CURSED", true, "en").value)
say("map", t.TextTable:get("가").ko)
say("big", t.ScalarTable:get("18446744073709551615").text)
say("unique", found(t.ItemTable:find_by_code("BOW"), "id"))
say("unique.two", found(t.LevelTable:find_by_hero_id_slot(7, 2), "level"))
local item = t.ItemTable:get(1002)
say("resolve", found(t:resolve_item_evolves_to(item), "id"))
say("resolve.unset", found(t:resolve_item_evolves_to(t.ItemTable:get(1001)), "id"))
for at, reward in ipairs(item.rewards) do
  local row = t:resolve_reward_id(reward)
  say("resolve.when." .. at - 1, row.code and "item " .. row.code or "hero " .. row.name)
end
say("resolve.field", found(t:resolve_item_hero(item), "id"))
say("resolve.none", found(t:resolve_item_hero(t.ItemTable:get(1001)), "id"))
local items = {}
for at, one in ipairs(t:resolve_hero_items(t.HeroTable:get(7))) do
  items[at] = one.id
end
say("resolve.list", table.concat(items, " "))
say("resolve.record", found(t:resolve_constants_best_item(t.Constants), "id"))
say("constant", GameData.ItemId.SWORD)
say("label", GameData.labels["game.Grade"].GRADE_RARE)
for _ in io.lines() do
  local changed, wrong = data:reload()
  say("reload", changed == nil and "error: " .. wrong or changed)
  say("now", data.tables.ItemTable:get(1001).name)
  say("then", t.ItemTable:get(1001).name)
end
