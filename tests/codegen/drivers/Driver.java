import com.example.game.Constants;
import com.example.game.GameData;
import com.example.game.Grade;
import com.example.game.Hero;
import com.example.game.Item;
import com.google.protobuf.Message;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.file.Paths;
import java.util.Collections;

public final class Driver {
  static PrintStream out;

  static void say(String name, Object value) {
    out.print(name + "=" + String.valueOf(value).replace("\n", "\\n") + "\n");
    out.flush();
  }

  static void dump(String table, Iterable<? extends Message> rows) {
    int at = 0;
    for (Message row : rows) {
      StringBuilder hex = new StringBuilder();
      for (byte one : row.toByteArray()) {
        hex.append(String.format("%02x", one));
      }
      say("rows." + table + "." + at++, hex);
    }
  }

  static Object id(Item row) {
    return row == null ? "none" : row.getId();
  }

  static Object id(Hero row) {
    return row == null ? "none" : row.getId();
  }

  public static void main(String[] arguments) throws Exception {
    out = new PrintStream(System.out, true, "UTF-8");
    GameData data;
    try {
      data = GameData.load(Paths.get(arguments[0]));
    } catch (GameData.DamagedException error) {
      say("error", error.getMessage());
      System.exit(1);
      return;
    }
    GameData.Tables t = data.tables();
    say("target", t.target);
    say("build", t.build);
    say("version", t.version);
    say("release", t.release);
    dump("ItemTable", t.itemTable);
    dump("HeroTable", t.heroTable);
    dump("LevelTable", t.levelTable);
    dump("TextTable", t.textTable);
    dump("ScalarTable", t.scalarTable);
    dump("FlagTable", t.flagTable);
    dump("LineTable", t.lineTable);
    dump("EmptyTable", t.emptyTable);
    dump("Constants", Collections.singletonList(t.constants));
    say("get", t.itemTable.get(1001).getName());
    say("find", id(t.itemTable.find(9)));
    try {
      t.itemTable.get(9);
    } catch (GameData.MissingException error) {
      say("missing", error.getMessage());
    }
    say("composite", t.levelTable.get(9007199254740993L, 1).getExp());
    say("three", t.flagTable.get(Grade.GRADE_CURSED, true, "en").getValue());
    say("map", t.textTable.get("가").getKo());
    say("big", t.scalarTable.get(Long.parseUnsignedLong("18446744073709551615")).getText());
    say("unique", id(t.itemTable.findByCode("BOW")));
    say("unique.two", t.levelTable.findByHeroIdSlot(7, 2).getLevel());
    Item item = t.itemTable.get(1002);
    say("resolve", id(t.resolveItemEvolvesTo(item)));
    say("resolve.unset", id(t.resolveItemEvolvesTo(t.itemTable.get(1001))));
    for (int at = 0; at < item.getRewardsCount(); at++) {
      Message row = t.resolveRewardId(item.getRewards(at));
      if (row instanceof Item) {
        say("resolve.when." + at, "item " + ((Item) row).getCode());
      } else if (row instanceof Hero) {
        say("resolve.when." + at, "hero " + ((Hero) row).getName());
      }
    }
    say("resolve.field", id(t.resolveItemHero(item)));
    say("resolve.none", id(t.resolveItemHero(t.itemTable.get(1001))));
    StringBuilder items = new StringBuilder();
    for (Item one : t.resolveHeroItems(t.heroTable.get(7))) {
      items.append(items.length() == 0 ? "" : " ").append(one.getId());
    }
    say("resolve.list", items);
    say("resolve.record", id(t.resolveConstantsBestItem(t.constants)));
    say("constant", GameData.ItemId.SWORD);
    say("label", GameData.label(Grade.GRADE_RARE));
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    while (lines.readLine() != null) {
      try {
        say("reload", data.reload());
      } catch (GameData.DamagedException error) {
        say("reload", "error: " + error.getMessage());
      }
      say("now", data.tables().itemTable.get(1001).getName());
      say("then", t.itemTable.get(1001).getName());
    }
  }
}
