/* Runs the core over inputs made at random from pieces that have meant something: tests compile it with sanitizers.
 *
 *     driver SEED COUNT    COUNT inputs; what goes wrong stops the process
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proofs.h"
#include "rows.h"

static uint64_t state;

static uint64_t draw(uint64_t below) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return below ? state % below : 0;
}

static const char *const PIECES[] = {
    ",", ",", ",", ",", "\n", "\n", "\r\n", "\r", "\x1f", "\x1e", "#", "# ", "0", "1", "-1", "7", "2147483648", "-2147483648",
    "18446744073709551615", "9223372036854775808", "-9223372036854775808", "99999999999999999999999", "0.5", "-0", ".", "-", "1.",
    ".5", "0.1234567", "9007199254740993", "16777217", "123456", "1e5", "a", "sword", "undefined", "=A1", "1E+12", " ", "\t",
    "\xea\xb0\x80", "\xe3\x80\x80", "\xc2\xa0", "\xef\xbb\xbf", "\xf0\x9f\x98\x80", "\xf4\x90\x80\x80", "\xed\xa0\x80", "\xff", "\xc2",
    "<sheetData>", "<row r=\"1\">", "<row r='2'>", "<row>", "</row>", "</sheetData>", "<row r=\"3\"/>", "<c r=\"A1\" t=\"s\"><v>1</v></c>",
    "<c r=\"B2\"><v>5</v></c>", "<c t=\"inlineStr\"><is><t>a&amp;b</t></is></c>", "<c", ">", "/>", "<v>", "</v>", "</c>", "<f>A1</f>", " s=\"1\"",
    " t=\"b\"", "&lt;", "<sst>", "</sst>", "<si><t>x</t></si>", "<si><r><t xml:space=\"preserve\"> y</t></r></si>", "<sst count=\"2\">",
    "[", "]", "[", "]", "\"", "\"", "\\n", "\\u00e9", "\\ud83d\\ude00", "\\ud800", "\\", "true", "false", "null", "[1,\"a\"],", "-0", "1.5e3",
    "{\"valueRanges\":[{\"range\":\"A\",\"values\":[[1,\"a\"],[2]]}]}", "{\"valueRanges\":[", "{\"values\":[", "}", "]}]}", ":",
    "\n\4\10\5\22\1", "\n\11\r\1\1\200?\22\2ab", "\n\6\n\4\10\1\20\3", "\10\5", "\22\2ab", "\32\3\1\2\3", "\n\3\22\1a", "\20\1",
    "\xe2\x80\x8b", "\x7f", "TRUE", "FALSE", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};

static size_t make_input(uint8_t *at, size_t room) {
    size_t size = 0, wanted = (size_t)draw(room);
    while (size < wanted) {
        if (draw(20) == 0) {
            at[size++] = (uint8_t)draw(256);
            continue;
        }
        const char *piece = PIECES[draw(sizeof PIECES / sizeof *PIECES)];
        size_t some = strlen(piece);
        if (some > wanted - size) some = wanted - size;
        memcpy(at + size, piece, some);
        size += some;
    }
    return size;
}

static uint8_t *copy_of(const char *text) {
    uint8_t *at = malloc(strlen(text) + 1);
    if (at == NULL) abort();
    memcpy(at, text, strlen(text));
    return at;
}

/* Steps at random, of every kind, nested as they may be. */
static Encoder *make_encoder(void) {
    size_t count = 1 + (size_t)draw(20), depth = 0;
    Encoder *encoder = encoder_new(count + MAX_DEPTH, (size_t)draw(12), 1 + (size_t)draw(3), draw(UINT64_MAX));
    if (encoder == NULL) abort();
    encoder->row_tag[0] = 0x0A, encoder->row_tag_size = 1;
    for (size_t i = 0; i < encoder->step_count; i++) {
        Step *step = &encoder->steps[i];
        int is_end = i >= count;
        step->what = (uint8_t)(is_end ? STEP_CLOSE : draw(6));
        if (step->what == STEP_OPEN) depth++;
        if (step->what == STEP_CLOSE && depth == 0) step->what = STEP_FIXED;
        else if (step->what == STEP_CLOSE) depth--;
        if (step->what == STEP_OPEN && depth > MAX_DEPTH) step->what = STEP_FIXED, depth--;
        step->as = (uint8_t)draw(5), step->wire = (uint8_t)draw(4), step->blank = (uint8_t)draw(3);
        step->keeps_zero = (uint8_t)draw(2), step->element = (uint8_t)draw(3);
        step->column = (int32_t)draw(12) - 1, step->oneof = (int32_t)draw(3);
        step->low = draw(2) ? INT64_MIN : 0, step->high = draw(2) ? UINT64_MAX : INT32_MAX;
        step->tag_size = (size_t)draw(3);
        memset(step->tag, 0x12, sizeof step->tag);
        step->fixed = copy_of(draw(2) ? "#" : "\x08\x07"), step->fixed_size = (size_t)draw(2) + 1;
        if (step->fixed[0] == '#') step->fixed_size = 1;
    }
    return encoder;
}

static int run(Encoder *encoder, const uint8_t *at, size_t size) {
    if (draw(3) == 0) {
        static const uint64_t ends[2] = {2, 5};
        Book book = {(const uint8_t *)"ab\xea\xb0\x80", (const uint8_t *)"\1\0", ends, 5, 2, 2};
        return encode_xml(encoder, at, at + size, &book);
    }
    if (draw(3) == 0) return encode_json(encoder, at, at + size);
    return draw(2) ? encode_text(encoder, at, at + size, ',', '\n', 1) : encode_text(encoder, at, at + size, 0x1f, 0x1e, 0);
}

static Values draw_values(void) {
    static const uint8_t bytes[] = {1, 0, 0, 0, 'a', 2, 0, 0, 0, 0xEA, 0xB0, 0, 0, 0, 0, 5, 0, 0, 0x80};
    Values values = {bytes, (size_t)draw(sizeof bytes + 1)};
    return values;
}

static void draw_rules(FieldRules *rules, size_t count, size_t message) {
    for (size_t i = 0; i < count; i++) {
        FieldRules *one = &rules[i];
        one->number = (uint32_t)(i + 1), one->kind = (uint8_t)draw(message < 2 ? 13 : 12), one->absent = (uint8_t)draw(3);
        one->is_list = (uint8_t)draw(2), one->low = draw(2) * 5, one->high = draw(2) ? UINT64_MAX : 9;
        one->least = -(double)draw(9), one->most = (double)draw(9), one->min_chars = draw(3), one->max_chars = draw(99);
        one->min_bytes = draw(3), one->max_bytes = draw(99), one->min_items = draw(2), one->max_items = draw(9);
        one->forbidden = draw_values(), one->message = message + 1;
        if (draw(2)) one->allowed = draw_values();
        else one->allowed.at = NULL, one->allowed.size = 0;
    }
}

static WireColumn draw_column(const uint8_t *at, size_t size) {
    WireColumn column = {.at = at, .size = size, .steps = 1 + (size_t)draw(3), .kind = (uint8_t)draw(13)};
    for (size_t i = 0; i < column.steps; i++) column.path[i] = 1 + (uint32_t)draw(3);
    column.absent = (uint8_t)draw(3), column.is_list = (uint8_t)draw(2), column.when = (uint32_t)draw(3);
    column.when_kind = (uint8_t)draw(12), column.when_value = draw_values();
    return column;
}

static void try_proofs(const uint8_t *at, size_t size) {
    FieldRules rules[3][4];
    MessageRules messages[3];
    for (size_t i = 0; i < 3; i++) {
        messages[i].fields = rules[i], messages[i].count = 1 + (size_t)draw(4);
        draw_rules(rules[i], messages[i].count, i);
    }
    message_meets(at, size, messages);
    size_t half = (size_t)draw(size + 1);
    WireColumn column = draw_column(at, half), others[2] = {draw_column(at + half, size - half), draw_column(at, size)};
    if (draw(2)) others[0].kind = others[1].kind = column.kind;
    column_refers(&column, others, (size_t)draw(3), draw_values(), draw(UINT64_MAX));
}

static void try_rows(const uint8_t *at, size_t size) {
    Encoder *encoder = make_encoder();
    if (encoder_ready(encoder)) {
        for (int times = 0; times < 3; times++) {
            if (run(encoder, at, size) != ASKING) continue;
            for (size_t i = 0; i < encoder->asked_count; i++) {
                Asked one = encoder->asked[i];
                uint8_t *key = malloc(one.key_size);
                if (key == NULL) abort();
                memcpy(key, encoder->steps[one.step].known.bytes.at + one.key, one.key_size);
                answer(encoder, one.step, key, one.key_size, (uint8_t)(KNOWN_WRONG + draw(4)), draw(8), (const uint8_t *)"\x08\x01",
                       (size_t)draw(3));
                free(key);
            }
            if (draw(4) == 0) forget(encoder, (size_t)draw(64));
        }
        /* What came out is a table again, whatever stands in it. */
        for (size_t i = 0; i < encoder->view_count; i++) {
            uint32_t fields[2] = {2, 1};
            rows_differ(encoder->views[i].at, encoder->views[i].size, 1, fields, 1 + (size_t)draw(2), draw(100));
            rows_ascii(encoder->views[i].at, encoder->views[i].size, 1, fields, 1 + (size_t)draw(2));
            Buffer only = {NULL, 0, 0};
            rows_only(encoder->views[i].at, encoder->views[i].size, 1, fields, 1 + (size_t)draw(2), &only);
            rows_differ(only.at, only.size, 1, fields, 1 + (size_t)draw(2), draw(100));
            free(only.at);
            if (encoder->views[i].at) try_proofs(encoder->views[i].at, encoder->views[i].size);
        }
    }
    encoder_free(encoder);
}

/* A table in which rows change, come, go and move; whatever else may be in it. */
static size_t make_table(uint8_t *at, size_t room) {
    size_t size = 0;
    for (uint64_t rows = draw(20); rows && size + 8 < room; rows--) {
        static const uint8_t row[] = {0x0A, 0x04, 0x08, 0x01, 0x10, 0x05};
        memcpy(at + size, row, sizeof row);
        at[size + 3] = (uint8_t)draw(8), at[size + 5] = (uint8_t)draw(3);
        if (draw(200) == 0) at[size + draw(sizeof row)] = (uint8_t)draw(256);
        size += sizeof row;
    }
    return size - (size && draw(30) == 0);
}

static void try_alignment(const uint8_t *at, size_t size) {
    uint8_t made[2][128], *sides[2];
    size_t sizes[2], whole;
    uint32_t key[2] = {1, 2};
    for (int i = 0; i < 2; i++) {
        sizes[i] = make_table(made[i], sizeof made[i]);
        sides[i] = malloc(sizes[i] + (sizes[i] == 0));
        if (sides[i] == NULL) abort();
        memcpy(sides[i], made[i], sizes[i]);
    }
    Buffer starts = {NULL, 0, 0}, twins = {NULL, 0, 0};
    rows_scan(sides[0], sizes[0], 1, (uint32_t)draw(100), &whole, &starts);
    rows_scan(at, size, 1, UINT32_MAX - (uint32_t)draw(1000), &whole, &starts);
    Compared found = {0};
    rows_compare(sides[0], sizes[0], sides[1], sizes[1], 1, key, 1 + (size_t)draw(2), draw(100), 0, &found);
    rows_compare(sides[0], sizes[0], at, size, 1, key, (size_t)draw(3), 7, 9, &found);
    rows_pair((const Mark *)(const void *)found.old_marks.at, found.old_marks.size / sizeof(Mark),
              (const Mark *)(const void *)found.new_marks.at, found.new_marks.size / sizeof(Mark), &twins);
    uint8_t is_odd[ODD_FIELDS] = {0};
    rows_odd_fields(sides[0], sizes[0], sides[1], sizes[1], 1, is_odd);
    rows_odd_fields(at, size, sides[1], sizes[1], 1, is_odd);
    free(twins.at);
    free(starts.at);
    compared_free(&found);
    free(sides[0]);
    free(sides[1]);
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    state = strtoull(arguments[1], NULL, 10) * 0x9E3779B97F4A7C15u + 1;
    for (unsigned long long left = strtoull(arguments[2], NULL, 10); left; left--) {
        /* Of exactly its size, so that a byte read behind it is noticed. */
        uint8_t made[600];
        size_t size = make_input(made, sizeof made);
        uint8_t *at = malloc(size + (size == 0));
        if (at == NULL) return 3;
        memcpy(at, made, size);
        uint32_t fields[2] = {1, 2};
        try_rows(at, size);
        try_proofs(at, size);
        text_error(at, size);
        try_alignment(at, size);
        has_lone_cr(at, size);
        Buffer found = {NULL, 0, 0};
        row_starts(at, size, 1, &found);
        row_crcs(at, size, 1, &found);
        row_integers(at, size, 1, 1, &found);
        free(found.at);
        Places rows = {NULL, 0, 0}, sheets = {NULL, 0, 0};
        Places widths = {NULL, 0, 0};
        find_ranges(at, size, &rows, &sheets, &widths);
        free(widths.at);
        rows.count = sheets.count = 0;
        Buffer texts = {NULL, 0, 0};
        size_t width = 0;
        if (read_xml_strings(at, size, &texts, &sheets)) {
            Cell cells[4];
            Buffer own = {NULL, 0, 0};
            Book book = {texts.at, (const uint8_t *)"\1", sheets.at, texts.size, sheets.count, 1};
            find_xml_rows(at, size, &book, &rows, &width);
            read_xml_row(at, at + size, &book, cells, 4, &own);
            free(own.at);
        }
        Book none = {NULL, NULL, NULL, 0, 0, 0};
        find_xml_rows(at, size, &none, &rows, &width);
        free(texts.at);
        free(rows.at);
        free(sheets.at);
        rows_differ(at, size, (uint32_t)draw(3), fields, 1 + (size_t)draw(2), 7);
        rows_ascii(at, size, (uint32_t)draw(3), fields, 2);
        int64_t last = 0;
        int is_first = (int)draw(2);
        size_t count;
        Buffer only = {NULL, 0, 0};
        rows_rise(at, size, (uint32_t)draw(3), fields[0], &last, &is_first);
        rows_only(at, size, (uint32_t)draw(3), fields, 1 + (size_t)draw(2), &only);
        whole_fields(at, size, (size_t)draw(64), &count);
        free(only.at);
        free(at);
    }
    printf("done\n");
    return 0;
}
