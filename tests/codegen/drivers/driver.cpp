#include <iomanip>
#include <iostream>
#include <sstream>

#include "game_data.h"

namespace gd = game::game_data;

template <typename Value>
void Say(const std::string& name, const Value& value) {
  std::ostringstream text;
  text << value;
  std::string escaped;
  for (char one : text.str()) escaped += one == '\n' ? std::string("\\n") : std::string(1, one);
  std::cout << name << "=" << escaped << std::endl;
}

template <typename Row>
void Dump(const std::string& table, const std::vector<const Row*>& rows) {
  for (size_t at = 0; at < rows.size(); ++at) {
    std::ostringstream hex;
    for (unsigned char one : rows[at]->SerializeAsString()) hex << std::hex << std::setw(2) << std::setfill('0') << static_cast<int>(one);
    Say("rows." + table + "." + std::to_string(at), hex.str());
  }
}

template <typename Row>
std::string Id(const Row* row) { return row == nullptr ? "none" : std::to_string(row->id()); }

int main(int, char** arguments) {
  std::string error;
  auto data = gd::GameData::Load(arguments[1], &error);
  if (data == nullptr) {
    Say("error", error);
    return 1;
  }
  const auto t = data->Tables();
  Say("target", t->Target());
  Say("build", t->Build());
  Say("version", t->Version());
  Say("release", t->Release());
  Dump("ItemTable", t->ItemTable().All());
  Dump("HeroTable", t->HeroTable().All());
  Dump("LevelTable", t->LevelTable().All());
  Dump("TextTable", t->TextTable().All());
  Dump("ScalarTable", t->ScalarTable().All());
  Dump("FlagTable", t->FlagTable().All());
  Dump("LineTable", t->LineTable().All());
  Dump("EmptyTable", t->EmptyTable().All());
  Dump("Constants", std::vector<const game::Constants*>{&t->Constants()});
  Say("get", t->ItemTable().Find(1001)->name());
  Say("find", Id(t->ItemTable().Find(9)));
  t->ItemTable().Get(9, &error);
  Say("missing", error);
  Say("composite", t->LevelTable().Find(9007199254740993, 1)->exp());
  Say("three", t->FlagTable().Find(game::GRADE_CURSED, true, "en")->value());
  Say("map", t->TextTable().Find("가")->ko());
  Say("big", t->ScalarTable().Find(18446744073709551615ULL)->text());
  Say("unique", Id(t->ItemTable().FindByCode("BOW")));
  Say("unique.two", t->LevelTable().FindByHeroIdSlot(7, 2)->level());
  const game::Item& item = *t->ItemTable().Find(1002);
  Say("resolve", Id(t->ResolveItemEvolvesTo(item)));
  Say("resolve.unset", Id(t->ResolveItemEvolvesTo(*t->ItemTable().Find(1001))));
  for (int at = 0; at < item.rewards_size(); ++at) {
    const auto row = t->ResolveRewardId(item.rewards(at));
    const std::string name = "resolve.when." + std::to_string(at);
    if (const auto* found = std::get_if<const game::Item*>(&row)) Say(name, "item " + (*found)->code());
    if (const auto* found = std::get_if<const game::Hero*>(&row)) Say(name, "hero " + (*found)->name());
  }
  Say("resolve.field", Id(t->ResolveItemHero(item)));
  Say("resolve.none", Id(t->ResolveItemHero(*t->ItemTable().Find(1001))));
  const auto items = t->ResolveHeroItems(*t->HeroTable().Find(7));
  Say("resolve.list", Id(items.at(0)) + " " + Id(items.at(1)));
  Say("resolve.record", Id(t->ResolveConstantsBestItem(t->Constants())));
  Say("constant", gd::ItemId::kSword);
  Say("label", gd::Label(game::GRADE_RARE));
  for (std::string line; std::getline(std::cin, line);) {
    bool changed = false;
    if (data->Reload(&changed, &error)) {
      Say("reload", changed ? "true" : "false");
    } else {
      Say("reload", "error: " + error);
    }
    Say("now", data->Tables()->ItemTable().Find(1001)->name());
    Say("then", t->ItemTable().Find(1001)->name());
  }
}
