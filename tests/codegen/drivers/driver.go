package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"strings"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/proto"

	"example.com/game/gamedata"
)

func say(name string, value any) {
	fmt.Printf("%s=%s\n", name, strings.ReplaceAll(fmt.Sprint(value), "\n", "\\n"))
}

func dump[T proto.Message](table string, rows []T) {
	for at, row := range rows {
		content, _ := proto.Marshal(row)
		say(fmt.Sprintf("rows.%s.%d", table, at), hex.EncodeToString(content))
	}
}

func found[T any](row *T, text func(*T) any) any {
	if row == nil {
		return "none"
	}
	return text(row)
}

func itemId(row *gamedata.Item) any { return row.Id }
func heroId(row *gamedata.Hero) any { return row.Id }

func check(err error) {
	if err != nil {
		say("error", err)
		os.Exit(1)
	}
}

func main() {
	unpacker, err := zstd.NewReader(nil)
	check(err)
	data, err := gamedata.LoadGameData(os.Args[1], gamedata.GameDataOptions{
		Decompress: func(content []byte) ([]byte, error) { return unpacker.DecodeAll(content, nil) },
	})
	check(err)
	t := data.Tables()
	say("target", t.Target)
	say("build", t.Build)
	say("version", t.Version)
	say("release", t.Release)
	dump("ItemTable", t.ItemTable.All)
	dump("HeroTable", t.HeroTable.All)
	dump("LevelTable", t.LevelTable.All)
	dump("TextTable", t.TextTable.All)
	dump("ScalarTable", t.ScalarTable.All)
	dump("FlagTable", t.FlagTable.All)
	dump("LineTable", t.LineTable.All)
	dump("EmptyTable", t.EmptyTable.All)
	dump("Constants", []*gamedata.Constants{t.Constants})
	say("get", found(t.ItemTable.Find(1001), func(row *gamedata.Item) any { return row.Name }))
	say("find", found(t.ItemTable.Find(9), itemId))
	_, err = t.ItemTable.Get(9)
	say("missing", err)
	say("composite", found(t.LevelTable.Find(9007199254740993, 1), func(row *gamedata.Level) any { return row.Exp }))
	say("three", found(t.FlagTable.Find(gamedata.Grade_GRADE_CURSED, true, "en"), func(row *gamedata.Flag) any { return row.Value }))
	say("map", found(t.TextTable.Find("가"), func(row *gamedata.Text) any { return row.Ko }))
	say("big", found(t.ScalarTable.Find(18446744073709551615), func(row *gamedata.Scalar) any { return row.Text }))
	say("unique", found(t.ItemTable.FindByCode("BOW"), itemId))
	say("unique.two", found(t.LevelTable.FindByHeroIdSlot(7, 2), func(row *gamedata.Level) any { return row.Level }))
	item := t.ItemTable.Find(1002)
	resolved, err := t.ResolveItemEvolvesTo(item)
	check(err)
	say("resolve", found(resolved, itemId))
	resolved, err = t.ResolveItemEvolvesTo(t.ItemTable.Find(1001))
	check(err)
	say("resolve.unset", found(resolved, itemId))
	for at, reward := range item.Rewards {
		row, err := t.ResolveRewardId(reward)
		check(err)
		switch row := row.(type) {
		case *gamedata.Item:
			say(fmt.Sprintf("resolve.when.%d", at), "item "+row.Code)
		case *gamedata.Hero:
			say(fmt.Sprintf("resolve.when.%d", at), "hero "+row.Name)
		}
	}
	hero, err := t.ResolveItemHero(item)
	check(err)
	say("resolve.field", found(hero, heroId))
	hero, err = t.ResolveItemHero(t.ItemTable.Find(1001))
	check(err)
	say("resolve.none", found(hero, heroId))
	items, err := t.ResolveHeroItems(t.HeroTable.Find(7))
	check(err)
	say("resolve.list", fmt.Sprintf("%d %d", items[0].Id, items[1].Id))
	best, err := t.ResolveConstantsBestItem(t.Constants)
	check(err)
	say("resolve.record", best.Id)
	say("constant", gamedata.ItemIdSword)
	say("label", gamedata.LabelGrade(gamedata.Grade_GRADE_RARE))
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		changed, err := data.Reload()
		if err != nil {
			say("reload", fmt.Sprint("error: ", err))
		} else {
			say("reload", changed)
		}
		say("now", data.Tables().ItemTable.Find(1001).Name)
		say("then", t.ItemTable.Find(1001).Name)
	}
}
