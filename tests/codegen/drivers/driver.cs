using System;
using System.Collections.Generic;
using Game.Data;
using Google.Protobuf;

public static class Driver
{
    static void Say(string name, object value)
    {
        Console.Out.WriteLine(name + "=" + string.Format(System.Globalization.CultureInfo.InvariantCulture, "{0}", value).Replace("\n", "\\n"));
        Console.Out.Flush();
    }

    static void Dump<T>(string table, IEnumerable<T> rows) where T : IMessage
    {
        int at = 0;
        foreach (var row in rows)
        {
            Say("rows." + table + "." + at++, BitConverter.ToString(row.ToByteArray()).Replace("-", "").ToLowerInvariant());
        }
    }

    static object Id(Item row) { return row == null ? (object)"none" : row.Id; }
    static object Id(Hero row) { return row == null ? (object)"none" : row.Id; }

    public static int Main(string[] arguments)
    {
        Console.OutputEncoding = new System.Text.UTF8Encoding(false);
        try
        {
            Answer(arguments[0]);
            return 0;
        }
        catch (GameDataException error)
        {
            Say("error", error.Message);
            return 1;
        }
    }

    static void Answer(string folder)
    {
        var data = GameData.Load(folder);
        var t = data.Tables;
        Say("target", t.Target);
        Say("build", t.Build);
        Say("version", t.Version);
        Say("release", t.Release);
        Dump("ItemTable", t.ItemTable);
        Dump("HeroTable", t.HeroTable);
        Dump("LevelTable", t.LevelTable);
        Dump("TextTable", t.TextTable);
        Dump("ScalarTable", t.ScalarTable);
        Dump("FlagTable", t.FlagTable);
        Dump("LineTable", t.LineTable);
        Dump("EmptyTable", t.EmptyTable);
        Dump("Constants", new[] { t.Constants });
        Say("get", t.ItemTable.Get(1001).Name);
        Say("find", Id(t.ItemTable.Find(9)));
        try { Say("missing", t.ItemTable.Get(9).Name); }
        catch (GameDataMissingException error) { Say("missing", error.Message); }
        Say("composite", t.LevelTable.Get(9007199254740993, 1).Exp);
        Say("three", t.FlagTable.Get(Grade.Cursed, true, "en").Value);
        Say("map", t.TextTable.Get("가").Ko);
        Say("big", t.ScalarTable.Get(18446744073709551615).Text);
        Say("unique", Id(t.ItemTable.FindByCode("BOW")));
        Say("unique.two", t.LevelTable.FindByHeroIdSlot(7, 2).Level_);
        var item = t.ItemTable.Get(1002);
        Say("resolve", Id(t.ResolveItemEvolvesTo(item)));
        Say("resolve.unset", Id(t.ResolveItemEvolvesTo(t.ItemTable.Get(1001))));
        for (int at = 0; at < item.Rewards.Count; at++)
        {
            var row = t.ResolveRewardId(item.Rewards[at]);
            if (row is Item) Say("resolve.when." + at, "item " + ((Item)row).Code);
            if (row is Hero) Say("resolve.when." + at, "hero " + ((Hero)row).Name);
        }
        Say("resolve.field", Id(t.ResolveItemHero(item)));
        Say("resolve.none", Id(t.ResolveItemHero(t.ItemTable.Get(1001))));
        Say("resolve.list", string.Join(" ", t.ResolveHeroItems(t.HeroTable.Get(7)).ConvertAll(one => one.Id)));
        Say("resolve.record", Id(t.ResolveConstantsBestItem(t.Constants)));
        Say("constant", ItemId.Sword);
        Say("label", GameDataLabels.Of(Grade.Rare));
        while (Console.In.ReadLine() != null)
        {
            try { Say("reload", data.Reload() ? "true" : "false"); }
            catch (GameDataException error) { Say("reload", "error: " + error.Message); }
            Say("now", data.ItemTable.Get(1001).Name);
            Say("then", t.ItemTable.Get(1001).Name);
        }
    }
}
