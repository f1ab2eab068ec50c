/* Google's answers: where the rows of each sheet stand in one, and rows as cells. See rows.h. */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const uint8_t *at, *end;
} Text;

static void skip_space(Text *text) {
    while (text->at < text->end && (*text->at == ' ' || *text->at == '\n' || *text->at == '\r' || *text->at == '\t'))
        text->at++;
}

/* Whether this is what comes next; then it is behind. */
static int take(Text *text, const char *what) {
    size_t size = strlen(what);
    if ((size_t)(text->end - text->at) < size || memcmp(text->at, what, size)) return 0;
    text->at += size;
    return 1;
}

static int take_hex(Text *text, uint32_t *value) {
    *value = 0;
    if (text->end - text->at < 4) return 0;
    for (int i = 0; i < 4; i++) {
        uint8_t sign = *text->at++;
        uint32_t digit;
        if (sign >= '0' && sign <= '9') digit = sign - '0';
        else if ((sign | 0x20) >= 'a' && (sign | 0x20) <= 'f') digit = (sign | 0x20) - 'a' + 10u;
        else return 0;
        *value = *value << 4 | digit;
    }
    return 1;
}

/* A string with its quotes; `is_escaped` where its bytes aren't its text. */
static int take_string(Text *text, const uint8_t **start, size_t *size, int *is_escaped) {
    if (!take(text, "\"")) return 0;
    *start = text->at;
    *is_escaped = 0;
    for (; text->at < text->end && *text->at >= 0x20; text->at++) {
        if (*text->at == '"') {
            *size = (size_t)(text->at++ - *start);
            return 1;
        }
        if (*text->at != '\\') continue;
        *is_escaped = 1;
        if (++text->at == text->end || *text->at == 0 || !strchr("\"\\/bfnrtu", *text->at)) return 0;
        if (*text->at == 'u') {
            uint32_t unit;
            text->at++;
            if (!take_hex(text, &unit)) return 0;
            text->at--;
        }
    }
    return 0;
}

static int take_digits(Text *text) {
    const uint8_t *start = text->at;
    while (text->at < text->end && *text->at >= '0' && *text->at <= '9') text->at++;
    return text->at > start;
}

#define LONGEST_NUMBER 400 /* Python refuses whole numbers of thousands of digits */

static int take_number(Text *text) {
    const uint8_t *start = text->at;
    take(text, "-");
    if (!take(text, "0") && !take_digits(text)) return 0;
    if (take(text, ".") && !take_digits(text)) return 0;
    if (take(text, "e") || take(text, "E")) {
        if (!take(text, "+")) take(text, "-");
        if (!take_digits(text)) return 0;
    }
    return text->at - start <= LONGEST_NUMBER;
}

static int take_scalar(Text *text) {
    const uint8_t *start;
    size_t size;
    int is_escaped;
    if (text->at == text->end) return 0;
    if (*text->at == '"') return take_string(text, &start, &size, &is_escaped);
    return take(text, "true") || take(text, "false") || take(text, "null") || take_number(text);
}

static int take_value(Text *text, int depth) {
    skip_space(text);
    int is_object = text->at < text->end && *text->at == '{';
    if (!is_object && !(text->at < text->end && *text->at == '[')) return take_scalar(text);
    if (depth == 0) return 0;
    text->at++;
    skip_space(text);
    if (take(text, is_object ? "}" : "]")) return 1;
    do {
        const uint8_t *start;
        size_t size;
        int is_escaped;
        skip_space(text);
        if (is_object) {
            if (!take_string(text, &start, &size, &is_escaped)) return 0;
            skip_space(text);
            if (!take(text, ":")) return 0;
        }
        if (!take_value(text, depth - 1)) return 0;
        skip_space(text);
    } while (take(text, ","));
    return take(text, is_object ? "}" : "]");
}

static int take_row(Text *text, uint64_t *cells) {
    *cells = 0;
    if (!take(text, "[")) return 0;
    skip_space(text);
    if (take(text, "]")) return 1;
    do {
        ++*cells;
        skip_space(text);
        if (!take_scalar(text)) return 0;
        skip_space(text);
    } while (take(text, ","));
    return take(text, "]");
}

/* --- where rows stand --------------------------------------------------------------------------------------------- */

/* The rows of one sheet: where each begins, and where the last one ends; `widest` is how many cells one has at most. */
static int find_rows(Text *text, const uint8_t *body, Places *rows, uint64_t *widest) {
    if (!take(text, "[")) return 0;
    skip_space(text);
    if (take(text, "]")) return note_place(rows, (uint64_t)(text->at - body));
    const uint8_t *end;
    do {
        skip_space(text);
        uint64_t cells;
        if (!note_place(rows, (uint64_t)(text->at - body)) || !take_row(text, &cells)) return 0;
        if (cells > *widest) *widest = cells;
        end = text->at;
        skip_space(text);
    } while (take(text, ","));
    return take(text, "]") && note_place(rows, (uint64_t)(end - body));
}

static int is_key(const uint8_t *start, size_t size, const char *key) {
    return size == strlen(key) && memcmp(start, key, size) == 0;
}

/* An object: `known` is the key whose value is for `depth` 1 the list of ranges, for 2 the rows of one. */
static int find_in(Text *text, const uint8_t *body, int depth, Places *rows, Places *sheets, Places *widths) {
    const char *known = depth == 1 ? "valueRanges" : "values";
    uint64_t widest = 0;
    int is_found = 0;
    skip_space(text);
    if (!take(text, "{")) return 0;
    skip_space(text);
    if (!take(text, "}")) {
        do {
            const uint8_t *start;
            size_t size;
            int is_escaped;
            skip_space(text);
            if (!take_string(text, &start, &size, &is_escaped) || is_escaped) return 0;
            skip_space(text);
            if (!take(text, ":")) return 0;
            skip_space(text);
            if (!is_key(start, size, known)) {
                if (!take_value(text, 32)) return 0;
            } else if (is_found++) {
                return 0; /* twice: which one counts is for Python to say */
            } else if (depth == 2) {
                if (!find_rows(text, body, rows, &widest)) return 0;
            } else {
                if (!take(text, "[")) return 0;
                skip_space(text);
                if (!take(text, "]")) {
                    do {
                        if (!find_in(text, body, 2, rows, sheets, widths)) return 0;
                        skip_space(text);
                    } while (take(text, ","));
                    if (!take(text, "]")) return 0;
                }
            }
            skip_space(text);
        } while (take(text, ","));
        if (!take(text, "}")) return 0;
    }
    if (depth == 2 && !is_found && !note_place(rows, 0)) return 0; /* a sheet without a cell */
    return depth == 1 || (note_place(widths, widest) && note_place(sheets, rows->count));
}

int find_ranges(const uint8_t *body, size_t size, Places *rows, Places *sheets, Places *widths) {
    Text text = {body, body + size};
    if (text_error(body, size) >= 0 || !find_in(&text, body, 1, rows, sheets, widths)) return 0;
    skip_space(&text);
    return text.at == text.end;
}

/* --- rows as cells ------------------------------------------------------------------------------------------------ */

static size_t put_sign(uint8_t *at, uint32_t sign) {
    if (sign < 0x80) return at[0] = (uint8_t)sign, 1;
    if (sign < 0x800) return at[0] = (uint8_t)(0xC0 | sign >> 6), at[1] = (uint8_t)(0x80 | (sign & 63)), 2;
    size_t size = sign < 0x10000 ? 3 : 4;
    at[0] = (uint8_t)(size == 3 ? 0xE0 | sign >> 12 : 0xF0 | sign >> 18);
    for (size_t i = 1; i < size; i++) at[i] = (uint8_t)(0x80 | (sign >> 6 * (size - 1 - i) & 63));
    return size;
}

/* A string's text, which never has more bytes; -1: it has half a character. */
static ptrdiff_t unescape(const uint8_t *at, size_t size, uint8_t *to) {
    static const char NAMES[] = "bfnrt", SIGNS[] = "\b\f\n\r\t";
    Text text = {at, at + size};
    uint8_t *start = to;
    while (text.at < text.end) {
        if (*text.at != '\\') {
            *to++ = *text.at++;
            continue;
        }
        text.at++;
        uint8_t name = *text.at++;
        const char *known = memchr(NAMES, name, sizeof NAMES - 1);
        uint32_t sign, low;
        if (known != NULL) {
            *to++ = (uint8_t)SIGNS[known - NAMES];
        } else if (name != 'u') {
            *to++ = name;
        } else {
            if (!take_hex(&text, &sign)) return -1;
            if (sign >= 0xD800 && sign < 0xDC00 && take(&text, "\\u") && take_hex(&text, &low)) {
                if (low < 0xDC00 || low > 0xDFFF) return -1;
                sign = 0x10000 + ((sign - 0xD800) << 10) + (low - 0xDC00);
            }
            if (sign >= 0xD800 && sign < 0xE000) return -1;
            to += put_sign(to, sign);
        }
    }
    return to - start;
}

/* The next cell of a row; 0: it is none, or not for us. `to` has room for its text. */
static int read_cell(Text *text, Cell *cell, uint8_t **to) {
    const uint8_t *start = text->at;
    size_t size;
    int is_escaped;
    *cell = (Cell){NULL, 0, CELL_BLANK};
    if (start == text->end) return 0;
    if (*start == '"') {
        if (!take_string(text, &start, &size, &is_escaped)) return 0;
        if (is_escaped) {
            ptrdiff_t unescaped = unescape(start, size, *to);
            if (unescaped < 0) return 0;
            start = *to, size = (size_t)unescaped;
            *to += unescaped;
        }
        if (size) *cell = (Cell){start, size, CELL_TEXT};
        return 1;
    }
    if (take(text, "true")) cell->type = CELL_TRUE;
    else if (take(text, "false")) cell->type = CELL_FALSE;
    else if (!take(text, "null")) {
        if (!take_number(text)) return 0;
        *cell = (Cell){start, (size_t)(text->at - start), CELL_NUMBER};
    }
    return 1;
}

int encode_json(Encoder *encoder, const uint8_t *at, const uint8_t *end) {
    Text text = {at, end};
    int outcome = DONE;
    encoder_begin(encoder);
    /* Once for all rows, so that the cells of a row stay where they are. */
    if (!buffer_reserve(&encoder->unescaped, (size_t)(end - at) + 1)) return NO_MEMORY;
    for (skip_space(&text); text.at < text.end; skip_space(&text)) {
        uint8_t *to = encoder->unescaped.at;
        size_t count = 0;
        if (!take(&text, "[")) return WRONG;
        skip_space(&text);
        if (!take(&text, "]")) {
            do {
                Cell cell;
                skip_space(&text);
                if (!read_cell(&text, &cell, &to)) return WRONG;
                if (count < encoder->needed) encoder->cells[count++] = cell;
                skip_space(&text);
            } while (take(&text, ","));
            if (!take(&text, "]")) return WRONG;
        }
        int found = encode_row(encoder, encoder->cells, count, 0);
        if (found == WRONG || found == NO_MEMORY) return found;
        if (found == ASKING) outcome = ASKING;
        encoder->lines++;
        skip_space(&text);
        take(&text, ",");
    }
    return outcome;
}
