/* A worksheet's XML as Excel and its kin write it: where its rows stand, and rows as cells. Whatever is written in
 * another way is for calamine. See rows.h.
 */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const uint8_t *at, *end;
} Text;

typedef struct {
    const uint8_t *at;
    size_t size;
} Part;

static void skip_space(Text *text) {
    while (text->at < text->end && (*text->at == ' ' || *text->at == '\n' || *text->at == '\r' || *text->at == '\t'))
        text->at++;
}

static inline int take_bytes(Text *text, const char *what, size_t size) {
    if ((size_t)(text->end - text->at) < size || memcmp(text->at, what, size)) return 0;
    text->at += size;
    return 1;
}

/* Whether this literal is what comes next; then it is behind. */
#define take(text, what) take_bytes(text, what, sizeof(what) - 1)

/* Everything up to the next of this sign, which is behind then. Most are short: a loop is faster than memchr. */
static inline int take_until(Text *text, char sign, Part *part) {
    const uint8_t *at = text->at;
    while (at < text->end && *at != (uint8_t)sign) at++;
    if (at == text->end) return 0;
    *part = (Part){text->at, (size_t)(at - text->at)};
    text->at = at + 1;
    return 1;
}

/* The next attribute of a tag: 1; 0 where the tag ends, -1 where it isn't one. */
static inline int take_attribute(Text *text, Part *name, Part *value) {
    skip_space(text);
    if (text->at == text->end) return -1;
    if (*text->at == '>' || *text->at == '/') return 0;
    const uint8_t *at = text->at;
    while (at < text->end && *at != '=' && *at != '>' && *at != '<') at++;
    if (text->end - at < 2 || *at != '=') return -1;
    *name = (Part){text->at, (size_t)(at - text->at)};
    uint8_t quote = at[1];
    if (quote != '"' && quote != '\'') return -1;
    const uint8_t *start = at += 2;
    while (at < text->end && *at != quote && *at != '<') at++;
    if (at == text->end || *at != quote) return -1;
    *value = (Part){start, (size_t)(at - start)};
    text->at = at + 1;
    return 1;
}

/* The end of a tag: 1, `is_empty` where nothing can stand in it; 0: it isn't one. */
static int take_tag_end(Text *text, int *is_empty) {
    *is_empty = take(text, "/");
    return take(text, ">");
}

static int skip_attributes(Text *text, int *is_empty) {
    Part name, value;
    int found;
    while ((found = take_attribute(text, &name, &value)) == 1) {}
    return found == 0 && take_tag_end(text, is_empty);
}

#define is_named(part, name) ((part).size == sizeof(name) - 1 && !memcmp((part).at, name, sizeof(name) - 1))

static int read_count(const uint8_t *at, size_t size, uint64_t *count) {
    *count = 0;
    if (size == 0 || size > 9) return 0;
    for (size_t i = 0; i < size; i++) {
        if (at[i] < '0' || at[i] > '9') return 0;
        *count = *count * 10 + (uint64_t)(at[i] - '0');
    }
    return 1;
}

/* A text with its entities, which never has more bytes without: how many; -1: something unusual is in it. */
static ptrdiff_t unescape(Part part, uint8_t *to) {
    static const struct {
        const char *name;
        char sign;
    } ENTITIES[] = {{"amp;", '&'}, {"lt;", '<'}, {"gt;", '>'}, {"quot;", '"'}, {"apos;", '\''}};
    Text text = {part.at, part.at + part.size};
    uint8_t *start = to;
    while (text.at < text.end) {
        uint8_t byte = *text.at++;
        /* Line ends and _x000D_ are read in several ways. */
        if (byte == '\r' || (byte == '_' && text.at < text.end && *text.at == 'x')) return -1;
        if (byte == '&') {
            size_t i = 0;
            while (i < 5 && !take_bytes(&text, ENTITIES[i].name, strlen(ENTITIES[i].name))) i++;
            if (i == 5) return -1;
            byte = (uint8_t)ENTITIES[i].sign;
        }
        *to++ = byte;
    }
    return to - start;
}

/* --- where rows stand --------------------------------------------------------------------------------------------- */

static const uint8_t *find(Text text, const char *what) {
    size_t size = strlen(what);
    while ((size_t)(text.end - text.at) >= size) {
        text.at = memchr(text.at, what[0], (size_t)(text.end - text.at) - size + 1);
        if (text.at == NULL || memcmp(text.at, what, size) == 0) return text.at;
        text.at++;
    }
    return NULL;
}

/* The shared texts: one after the other, and where each ends. */
int read_xml_strings(const uint8_t *content, size_t size, Buffer *texts, Places *ends) {
    Text text = {content, content + size};
    Part part;
    int is_empty;
    if (text_error(content, size) >= 0 || find(text, "<!") != NULL || find(text, "<rPh") != NULL) return 0;
    if ((text.at = find(text, "<sst")) == NULL) return 0;
    text.at += strlen("<sst");
    if (!skip_attributes(&text, &is_empty) || !buffer_reserve(texts, size + 1)) return 0;
    if (is_empty) return 1;
    for (skip_space(&text); !take(&text, "</sst>"); skip_space(&text)) {
        if (!take(&text, "<si>")) return 0;
        /* Texts of one look each: the parts of one text. */
        const uint8_t *end = find(text, "</si>");
        if (end == NULL) return 0;
        while (text.at < end) {
            if (!take_until(&text, '<', &part)) return 0;
            if (!take(&text, "t>") && !take(&text, "t ")) continue;
            if (text.at[-1] == ' ' && (!skip_attributes(&text, &is_empty) || is_empty)) return 0;
            if (!take_until(&text, '<', &part)) return 0;
            ptrdiff_t some = unescape(part, texts->at + texts->size);
            if (some < 0) return 0;
            texts->size += (size_t)some;
        }
        text.at = end;
        if (!take(&text, "</si>") || !note_place(ends, texts->size)) return 0;
    }
    return 1;
}

/* --- rows as cells ------------------------------------------------------------------------------------------------ */

typedef struct {
    Part reference, type, style;
} CellTag;

static int take_cell_tag(Text *text, CellTag *tag, int *is_empty) {
    Part name, value;
    int found;
    *tag = (CellTag){{NULL, 0}, {NULL, 0}, {NULL, 0}};
    while ((found = take_attribute(text, &name, &value)) == 1) {
        if (is_named(name, "r")) tag->reference = value;
        else if (is_named(name, "t")) tag->type = value;
        else if (is_named(name, "s")) tag->style = value;
        else if (is_named(name, "vm") || is_named(name, "cm")) return 0; /* pictures in cells and the like */
    }
    return found == 0 && take_tag_end(text, is_empty);
}

static int read_column(Part reference, size_t *column) {
    size_t number = 0, i = 0;
    for (; i < reference.size && reference.at[i] >= 'A' && reference.at[i] <= 'Z' && i < 4; i++)
        number = number * 26 + (size_t)(reference.at[i] - 'A') + 1;
    if (i == 0 || i > 3) return 0;
    *column = number - 1;
    return 1;
}

/* What stands between a cell's tags: a formula, which doesn't matter where its value is there, and the value. */
static int take_value(Text *text, const CellTag *tag, Part *value) {
    Part formula;
    int is_empty, has_formula = 0;
    *value = (Part){NULL, 0};
    skip_space(text);
    if (take(text, "<f>") || take(text, "<f ")) {
        has_formula = 1;
        if (text->at[-1] == ' ' && !skip_attributes(text, &is_empty)) return 0;
        else if (text->at[-2] != '/' && (!take_until(text, '<', &formula) || !take(text, "/f>"))) return 0;
        skip_space(text);
    }
    if (is_named(tag->type, "inlineStr")) {
        if (!take(text, "<is>")) return 0;
        if (!take(text, "<t/>")) {
            if (!take(text, "<t>") && !(take(text, "<t ") && skip_attributes(text, &is_empty) && !is_empty)) return 0;
            if (!take_until(text, '<', value) || !take(text, "/t>")) return 0;
        }
        if (!take(text, "</is>")) return 0;
    } else if (take(text, "<v>")) {
        if (!take_until(text, '<', value) || !take(text, "/v>")) return 0;
    } else if (has_formula) {
        return 0;
    } else {
        take(text, "<v/>");
    }
    skip_space(text);
    return take(text, "</c>");
}

static int is_number(Part part) {
    size_t i = 0, digits = 0;
    /* Below zero there is more than one zero: calamine's ways with them are Python's to tell. */
    if (part.size > 1 && part.at[0] == '-' && part.at[1] == '0') return 0;
    i += part.size && part.at[0] == '-';
    for (; i < part.size && part.at[i] >= '0' && part.at[i] <= '9'; i++) digits++;
    if (digits == 0 || (digits > 1 && part.at[i - digits] == '0')) return 0;
    if (i < part.size && part.at[i] == '.') {
        size_t start = ++i;
        while (i < part.size && part.at[i] >= '0' && part.at[i] <= '9') i++;
        if (i == start) return 0;
    }
    if (i < part.size && (part.at[i] | 0x20) == 'e') {
        i++;
        if (i < part.size && (part.at[i] == '+' || part.at[i] == '-')) i++;
        size_t start = i;
        while (i < part.size && part.at[i] >= '0' && part.at[i] <= '9') i++;
        if (i == start || i - start > 3) return 0;
    }
    return i == part.size && part.size <= 40;
}

static int read_text(Part part, Cell *cell, uint8_t **to) {
    const uint8_t *at = part.at;
    size_t size = part.size;
    ptrdiff_t unescaped = unescape(part, *to);
    if (unescaped < 0) return 0;
    if ((size_t)unescaped != size) at = *to, size = (size_t)unescaped, *to += unescaped;
    if (size) *cell = (Cell){at, size, CELL_TEXT};
    return 1;
}

static int read_cell(const Book *book, const CellTag *tag, Part value, Cell *cell, uint8_t **to) {
    uint64_t number;
    if (value.size == 0) return tag->type.size == 0 || is_named(tag->type, "str") || is_named(tag->type, "inlineStr");
    if (is_named(tag->type, "s")) {
        if (!read_count(value.at, value.size, &number) || number >= book->text_count) return 0;
        uint64_t start = number ? book->ends[number - 1] : 0, end = book->ends[number];
        if (start > end || end > book->texts_size) return 0;
        if (end > start) *cell = (Cell){book->texts + start, (size_t)(end - start), CELL_TEXT};
        return 1;
    }
    if (is_named(tag->type, "str") && value.size > 8 && memcmp(value.at, "=DISPIMG", 8) == 0) return 0; /* a picture */
    if (is_named(tag->type, "str") || is_named(tag->type, "inlineStr")) return read_text(value, cell, to);
    if (is_named(tag->type, "b")) {
        cell->type = value.at[0] == '1' ? CELL_TRUE : CELL_FALSE;
        return value.size == 1 && (value.at[0] == '0' || value.at[0] == '1');
    }
    if (tag->type.size && !is_named(tag->type, "n")) return 0; /* errors, dates as text */
    if (tag->style.size && (!read_count(tag->style.at, tag->style.size, &number) || number >= book->style_count ||
                            !book->styles[number]))
        return 0; /* it may show a date */
    *cell = (Cell){value.at, value.size, CELL_NUMBER};
    return is_number(value);
}

/* The next row: how many cells it has up to the last that is needed; -1: it isn't plainly written. `width` is
 * at least where its last cell with something ends. */
static ptrdiff_t read_row(Text *text, const Book *book, Cell *cells, size_t needed, uint8_t *to, size_t *width) {
    int is_empty;
    size_t count = 0, next = 0;
    if (!take(text, "<row") || !skip_attributes(text, &is_empty)) return -1;
    if (is_empty) return 0;
    for (skip_space(text); !take(text, "</row>"); skip_space(text)) {
        CellTag tag;
        Part value = {NULL, 0};
        Cell cell = {NULL, 0, CELL_BLANK};
        size_t column = next;
        if (!take(text, "<c") || !take_cell_tag(text, &tag, &is_empty)) return -1;
        if (tag.reference.size && !read_column(tag.reference, &column)) return -1;
        if (column < next) return -1;
        if (!is_empty && (!take_value(text, &tag, &value) || !read_cell(book, &tag, value, &cell, &to))) return -1;
        next = column + 1;
        if (cell.type != CELL_BLANK && next > *width) *width = next;
        if (column >= needed) continue;
        for (; count < column; count++) cells[count] = (Cell){NULL, 0, CELL_BLANK};
        cells[count++] = cell;
    }
    return (ptrdiff_t)count;
}

int encode_xml(Encoder *encoder, const uint8_t *at, const uint8_t *end, const Book *book) {
    Text text = {at, end};
    int outcome = DONE;
    size_t width = 0;
    encoder_begin(encoder);
    if (!buffer_reserve(&encoder->unescaped, (size_t)(end - at) + 1)) return NO_MEMORY;
    for (skip_space(&text); text.at < text.end && !take(&text, "</sheetData>"); skip_space(&text)) {
        ptrdiff_t count = read_row(&text, book, encoder->cells, encoder->needed, encoder->unescaped.at,
                                   &width);
        if (count < 0) return WRONG;
        int found = encode_row(encoder, encoder->cells, (size_t)count, 0);
        if (found == WRONG || found == NO_MEMORY) return found;
        if (found == ASKING) outcome = ASKING;
        encoder->lines++;
    }
    return outcome;
}

ptrdiff_t read_xml_row(const uint8_t *at, const uint8_t *end, const Book *book, Cell *cells, size_t needed, Buffer *texts) {
    Text text = {at, end};
    size_t width = 0;
    if (!buffer_reserve(texts, (size_t)(end - at) + 1)) return -1;
    skip_space(&text);
    return text.at == text.end ? 0 : read_row(&text, book, cells, needed, texts->at, &width);
}

/* --- all rows ----------------------------------------------------------------------------------------------------- */

#define MOST_ROWS 1048576

int find_xml_rows(const uint8_t *content, size_t size, const Book *book, Places *rows, size_t *width) {
    Text text = {content, content + size};
    Buffer texts = {NULL, 0, 0};
    int is_empty, is_plain = 0;
    if (text_error(content, size) >= 0 || find(text, "<!") != NULL) return 0; /* comments, CDATA, entities of its own */
    if ((text.at = find(text, "<sheetData")) == NULL) return 0;
    text.at += strlen("<sheetData");
    if (!skip_attributes(&text, &is_empty)) return 0;
    if (is_empty) return note_place(rows, (uint64_t)(text.at - content));
    if (!buffer_reserve(&texts, size + 1)) return 0;
    size_t filled = 0; /* rows behind which there are only formats */
    const uint8_t *end = text.at;
    for (skip_space(&text); !(is_plain = take(&text, "</sheetData>")); skip_space(&text)) {
        Text row = text;
        Part name, value;
        uint64_t number = rows->count + 1;
        size_t own_width = 0;
        int found;
        if (!take(&row, "<row")) break;
        while ((found = take_attribute(&row, &name, &value)) == 1)
            if (is_named(name, "r") && !read_count(value.at, value.size, &number)) break;
        if (found != 0 || number <= rows->count || number > MOST_ROWS) break;
        const uint8_t *start = text.at;
        /* Each row is read here already: what isn't plainly written somewhere isn't for the core at all. */
        if (read_row(&text, book, NULL, 0, texts.at, &own_width) < 0) break;
        /* Rows that aren't there begin where the next one does. */
        while (rows->count < number)
            if (!note_place(rows, (uint64_t)(start - content))) goto done;
        if (own_width) filled = rows->count, end = text.at;
        if (own_width > *width) *width = own_width;
    }
done:
    free(texts.at);
    rows->count = filled;
    return is_plain && note_place(rows, (uint64_t)(end - content));
}
