import dataclasses
import unicodedata
from pathlib import Path

import pytest

from gdata.config import Channel, Config, Gate, GateRule, Limit, SheetEntry, Target
from gdata.configfile import find_config, load_config
from gdata.errors import ConfigError, UsageError

WHOLE = """\
version: 1
protos: protos
output: output
releases: releases
timezone: Asia/Seoul
asset_root: ../client/Assets
google:
  credentials: secrets/key.json
  oauth_client: client_secret.json
  endpoint: http://127.0.0.1:9000
spreadsheets:
  items:
    id: 1AbC_x-9
    sheets:
      Item: game.ItemTable
      "Weapon *": game.WeaponTable
      Mixed: [game.ATable, game.BTable]
      Constants: {table: game.Constants, layout: vertical}
      Drop: {table: game.DropTable, header_row: 2, first_row: 4, multirow: true, unknown_columns: warn, merged: fill}
  quests:
    path: sheets/quests.xlsx
    sheets: {Quest: game.QuestTable}
  texts:
    path: sheets/texts
    encoding: cp949
    sheets: {글: game.TextTable}
targets:
  server: {}
  client: {groups: [client]}
  server-jp: {tags: [jp, no]}
  web: {groups: [client], format: json}
  bare:
checks: [checks/economy.py]
severity: {cell.float_digits: error, ItemTable: {text.blank_ends: off}}
gate: {schema: wire, rules: [{name: no-removed-items, tables: [ItemTable], deny: removed_rows}]}
default_channel: dev
channels:
  live:
    protected: true
    gate: {schema: wire_json, rules: [{name: swing, fields: [price, "rewards.*"], level: warn, max_change: 20%}]}
  "dev-*": {gate: off}
"""

MINIMAL = "version: 1\nspreadsheets: {a: {id: x, sheets: {Item: game.ItemTable}}}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in ("protos", "sheets/texts", "checks"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "sheets/quests.xlsx").touch()
    (tmp_path / "checks/economy.py").touch()
    return tmp_path


def load(project: Path, text: str, **environ: str) -> Config:
    path = project / "sheets.yaml"
    path.write_text(text, "utf-8")
    return load_config(path, environ)


def test_every_setting_is_read(project: Path) -> None:
    config = load(project, WHOLE)
    assert config.protos == project / "protos"
    assert config.releases == str(project / "releases")
    assert config.timezone == "Asia/Seoul"
    assert config.asset_root == project.parent / "client" / "Assets"
    assert config.google.credentials == str(project / "secrets/key.json")
    assert config.google.oauth_client == project / "client_secret.json"
    assert config.google.endpoint == "http://127.0.0.1:9000"
    assert config.checks == (project / "checks/economy.py",)
    assert config.severity.codes == {"cell.float_digits": "error"}
    assert config.severity.tables == {"ItemTable": {"text.blank_ends": "off"}}
    assert config.default_channel == "dev"


def test_spreadsheets_and_their_sheets(project: Path) -> None:
    items, quests, texts = load(project, WHOLE).spreadsheets
    assert (items.name, items.id, items.path, items.line) == ("items", "1AbC_x-9", None, 12)
    assert items.sheets == (
        SheetEntry("Item", ("game.ItemTable",), line=15),
        SheetEntry("Weapon *", ("game.WeaponTable",), line=16),
        SheetEntry("Mixed", ("game.ATable", "game.BTable"), line=17),
        SheetEntry("Constants", ("game.Constants",), "vertical", line=18),
        SheetEntry("Drop", ("game.DropTable",), "rows", 2, 4, True, "warn", "fill", line=19),
    )
    assert (quests.path, quests.location) == (project / "sheets/quests.xlsx", "sheets/quests.xlsx")
    assert (texts.encoding, texts.sheets[0].title) == ("cp949", "글")


def test_codes_may_be_completed(project: Path) -> None:
    config = load(project, MINIMAL + "severity: {check.sells_below_price: warning, constraint.int64.gt: off}\n")
    assert config.severity.codes == {"check.sells_below_price": "warning", "constraint.int64.gt": "off"}


def test_targets_keep_words_that_yaml_takes_for_truth(project: Path) -> None:
    assert load(project, WHOLE).targets == (
        Target("server"),
        Target("client", groups=("client",)),
        Target("server-jp", tags=("jp", "no")),
        Target("web", groups=("client",), format="json"),
        Target("bare"),
    )


def test_gates_and_channels(project: Path) -> None:
    config = load(project, WHOLE)
    assert config.gate == Gate("wire", (GateRule("no-removed-items", ("ItemTable",), deny="removed_rows", line=35),))
    swing = GateRule(
        "swing", (), ("price", "rewards.*"), "warn", limit="max_change", limit_by=Limit(20, percent=True), line=40
    )
    assert config.channels == (
        Channel("live", protected=True, gate=Gate("wire_json", (swing,))),
        Channel("dev-*", gate=Gate("off")),
    )


def test_only_version_and_spreadsheets_are_required(project: Path) -> None:
    config = load(project, MINIMAL)
    defaults = {one.name: one.default for one in dataclasses.fields(Config)}
    for name in ("targets", "timezone", "asset_root", "google", "checks", "gate", "default_channel", "channels"):
        assert getattr(config, name) == defaults[name]
    assert (config.protos, config.output) == (project / "protos", project / "output")


@pytest.mark.parametrize(
    "url",
    [
        "https://docs.google.com/spreadsheets/d/1AbC_x-9",
        "https://docs.google.com/spreadsheets/d/1AbC_x-9/edit#gid=0",
        "https://docs.google.com/spreadsheets/d/1AbC_x-9/edit?gid=5#gid=5&range=A1",
        "https://docs.google.com/spreadsheets/u/1/d/1AbC_x-9/edit",
    ],
)
def test_a_url_gives_its_id(project: Path, url: str) -> None:
    config = load(project, MINIMAL.replace("id: x", f'url: "{url}"'))
    assert config.spreadsheets[0].id == "1AbC_x-9"


@pytest.mark.parametrize("store", ["s3://bucket/game", "gs://bucket"])
def test_releases_may_be_in_a_bucket(project: Path, store: str) -> None:
    assert load(project, MINIMAL + f"releases: {store}/\n").releases == store


@pytest.mark.parametrize("off", ["off", "'off'", "no", "false", "OFF"])
def test_a_gate_is_off_however_yaml_reads_it(project: Path, off: str) -> None:
    config = load(project, MINIMAL + f"gate: {{schema: {off}}}\nchannels: {{dev: {{gate: {off}}}}}\n")
    assert config.gate.schema == "off"
    assert config.channels[0].gate == Gate("off")


@pytest.mark.parametrize(
    ("written", "limit"), [("5", Limit(5)), ("2.5", Limit(2.5)), ("'0'", Limit(0)), ("10 %", Limit(10, True))]
)
def test_limits_are_numbers_or_percentages(project: Path, written: str, limit: Limit) -> None:
    config = load(project, MINIMAL + f"gate: {{rules: [{{name: a, max_changed_rows: {written}}}]}}\n")
    assert config.gate.rules[0].limit_by == limit


def test_titles_are_composed(project: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "가")
    config = load(project, MINIMAL.replace("Item:", f"{decomposed}:"))
    assert config.spreadsheets[0].sheets[0].title == "가"


@pytest.mark.parametrize("title", ["No", "1", "2024-01-01", "true", "~"])
def test_titles_stay_as_they_are_written(project: Path, title: str) -> None:
    config = load(project, MINIMAL.replace("Item:", f"{title}:"))
    assert config.spreadsheets[0].sheets[0].title == title


def test_a_byte_order_mark_is_no_part_of_the_file(project: Path) -> None:
    assert load(project, "\ufeff" + MINIMAL).spreadsheets[0].name == "a"


def test_aliases_repeat_a_value(project: Path) -> None:
    rules = "gate: &gate {rules: [{name: a, deny: any}]}\nchannels: {live: {gate: *gate}}\n"
    config = load(project, MINIMAL + rules)
    assert config.channels[0].gate == config.gate


class TestEnvironment:
    def test_names_are_expanded_in_texts(self, project: Path) -> None:
        config = load(project, MINIMAL + 'releases: "${BUCKET}/${TEAM:-blue}"\n', BUCKET="s3://b")
        assert config.releases == "s3://b/blue"

    def test_an_empty_variable_takes_the_default(self, project: Path) -> None:
        assert load(project, MINIMAL + "timezone: ${TZ_:-UTC}\n", TZ_="").timezone == "UTC"

    def test_two_dollars_are_a_literal_one(self, project: Path) -> None:
        assert load(project, MINIMAL + "output: $${OUT}\n", OUT="x").output == project / "${OUT}"

    def test_a_value_is_not_expanded_again(self, project: Path) -> None:
        assert load(project, MINIMAL + "output: ${OUT}\n", OUT="${HOME}").output == project / "${HOME}"

    def test_credentials_may_be_json_of_several_lines(self, project: Path) -> None:
        config = load(project, MINIMAL + "google: {credentials: '${KEY}'}\n", KEY='{\n"type": "service_account"}')
        assert config.google.credentials == '{\n"type": "service_account"}'
        assert "service_account" not in repr(config)

    def test_what_is_empty_is_not_set(self, project: Path) -> None:
        text = "google: {credentials: '${K:-}', oauth_client: '${K:-}', endpoint: '${K:-}'}\nasset_root: ${K:-}\n"
        config = load(project, MINIMAL + text)
        assert config.google == dataclasses.replace(config.google, credentials="", oauth_client=None, endpoint="")
        assert config.asset_root is None

    def test_an_unset_variable_is_named(self, project: Path) -> None:
        with pytest.raises(
            ConfigError, match=r"sheets\.yaml:3: timezone: the environment variable ZONE isn't set"
        ) as caught:
            load(project, MINIMAL + "timezone: ${ZONE}\n")
        assert caught.value.hint == "set it, or write ${ZONE:-default}"

    @pytest.mark.parametrize("bad", ["${}", "${1A}", "${A-b}", "${A", "${A:+b}"])
    def test_what_is_no_reference_is_told(self, project: Path, bad: str) -> None:
        with pytest.raises(ConfigError, match=r"sheets\.yaml:3: timezone: .* isn't \$\{NAME\} or"):
            load(project, MINIMAL + f'timezone: "{bad}"\n')

    def test_secrets_are_not_shown(self, project: Path) -> None:
        with pytest.raises(ConfigError) as caught:
            load(project, MINIMAL + "releases: ${STORE}\n", STORE="ftp://me:hunter2@host/x")
        assert "hunter2" not in str(caught.value)
        assert "${STORE}" in str(caught.value)

    @pytest.mark.parametrize(
        "text",
        ["timezone: Asia/${S}", "checks: ['${S}.py']", "checks: ['${S}']", "releases: 'ftp://${S}@x'",
         "google: {endpoint: '${S}'}", "google: {credentials: '${S}${S}${S}${S}'}", "asset_root: 's3://${S}'"],
    )  # fmt: skip
    @pytest.mark.parametrize("secret", ["hunter2" * 40, "c2VjcmV0" * 40])
    def test_a_wrong_value_from_the_environment_is_told_by_its_name(
        self, project: Path, text: str, secret: str
    ) -> None:
        with pytest.raises(ConfigError) as caught:
            load(project, MINIMAL + text + "\n", S=secret)
        assert secret[:7] not in f"{caught.value} {caught.value.hint}"


class TestFinding:
    def test_it_is_found_upwards(self, project: Path) -> None:
        (project / "sheets.yaml").touch()
        assert find_config(project / "sheets" / "texts") == project / "sheets.yaml"

    def test_without_one_it_says_what_to_do(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"there is no sheets\.yaml here or in a folder above") as caught:
            find_config(tmp_path)
        assert "gdata init" in caught.value.hint

    def test_a_near_name_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "sheets.yml").touch()
        with pytest.raises(UsageError) as caught:
            find_config(tmp_path)
        assert caught.value.hint.startswith("rename sheets.yml to sheets.yaml")


@pytest.mark.parametrize(("on_disk", "written"), [("NFD", "NFC"), ("NFC", "NFD"), ("NFD", "NFD")])
def test_a_name_of_a_mac_is_found(project: Path, on_disk: str, written: str) -> None:
    folder = project / unicodedata.normalize(on_disk, "기획") / "é"
    folder.mkdir(parents=True)
    path = unicodedata.normalize(written, "기획/é")
    (spreadsheet,) = load(
        project, f"version: 1\nspreadsheets: {{a: {{path: {path}, sheets: {{I: g.I}}}}}}\n"
    ).spreadsheets
    assert spreadsheet.path is not None and spreadsheet.path.samefile(folder)


def test_what_notes_begin_with(project: Path) -> None:
    text = 'version: 1\nspreadsheets: {a: {path: sheets/texts, sheets: {I: {table: g.I, notes: "%s"}}}}\n'
    assert [load(project, text % notes).spreadsheets[0].sheets[0].notes for notes in ("//", "", "비고")] == [
        "//",
        "",
        "비고",
    ]
