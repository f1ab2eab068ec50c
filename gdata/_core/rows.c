/* See rows.h. */
#include "rows.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

/* --- bytes -------------------------------------------------------------------------------------------------------- */

int buffer_reserve(Buffer *buffer, size_t more) {
    if (buffer->room - buffer->size >= more) return 1;
    if (more > SIZE_MAX / 2 - buffer->size) return 0;
    size_t room = buffer->room + buffer->room / 2;
    if (room < buffer->size + more) room = buffer->size + more + 256;
    uint8_t *at = realloc(buffer->at, room);
    if (at == NULL) return 0;
    buffer->at = at;
    buffer->room = room;
    return 1;
}

static int append(Buffer *buffer, const uint8_t *at, size_t size) {
    if (!buffer_reserve(buffer, size)) return 0;
    if (size) memcpy(buffer->at + buffer->size, at, size);
    buffer->size += size;
    return 1;
}

static size_t put_varint(uint8_t *at, uint64_t value) {
    size_t size = 0;
    for (; value >= 0x80; value >>= 7) at[size++] = (uint8_t)(value | 0x80);
    at[size++] = (uint8_t)value;
    return size;
}

static int append_varint(Buffer *buffer, uint64_t value) {
    if (!buffer_reserve(buffer, 10)) return 0;
    buffer->size += put_varint(buffer->at + buffer->size, value);
    return 1;
}

static void put_little(uint8_t *at, uint64_t bits, int bytes) {
    for (int i = 0; i < bytes; i++) at[i] = (uint8_t)(bits >> 8 * i);
}

/* Seeded, so that nobody can write a sheet whose cells all meet in one place. */
static uint64_t hash_of(uint64_t seed, const uint8_t *at, size_t size) {
    uint64_t hash = seed ^ (size * 0x9E3779B97F4A7C15u);
    for (; size; ) {
        size_t some = size < 8 ? size : 8;
        uint64_t word = 0;
        memcpy(&word, at, some);
        hash = (hash ^ word) * 0xFF51AFD7ED558CCDu;
        hash ^= hash >> 32;
        at += some, size -= some;
    }
    hash *= 0xC4CEB9FE1A85EC53u;
    return hash ^ hash >> 29;
}

/* --- what was asked about ----------------------------------------------------------------------------------------- */

/* The entry of a key, or the free one where it belongs. There is always one: the dictionary is at most half full. */
static Entry *find(const Dictionary *known, uint64_t hash, uint8_t type, const uint8_t *at, size_t size) {
    size_t place = (size_t)hash & (known->room - 1);
    for (;; place = (place + 1) & (known->room - 1)) {
        Entry *entry = &known->entries[place];
        if (entry->state == KNOWN_NOT) return entry;
        if (entry->hash != hash || entry->key_size != size + 1) continue;
        const uint8_t *key = known->bytes.at + entry->key;
        if (key[0] == type && memcmp(key + 1, at, size) == 0) return entry;
    }
}

static int grow(Dictionary *known) {
    if (known->room && (known->count + 1) * 2 <= known->room) return 1;
    size_t room = known->room ? known->room * 2 : 16;
    Entry *entries = calloc(room, sizeof *entries);
    if (entries == NULL) return 0;
    for (size_t i = 0; i < known->room; i++) {
        if (known->entries[i].state == KNOWN_NOT) continue;
        size_t place = (size_t)known->entries[i].hash & (room - 1);
        while (entries[place].state != KNOWN_NOT) place = (place + 1) & (room - 1);
        entries[place] = known->entries[i];
    }
    free(known->entries);
    known->entries = entries;
    known->room = room;
    return 1;
}

/* What is known of a cell, put on the list where nothing is; NULL: no memory. */
static Entry *look_up(Encoder *encoder, size_t number, const Cell *cell) {
    Step *step = &encoder->steps[number];
    Dictionary *known = &step->known;
    if (!grow(known)) return NULL;
    static const uint8_t nothing = 0;
    const uint8_t *at = cell->size ? cell->at : &nothing;
    uint64_t hash = hash_of(encoder->seed ^ cell->type, at, cell->size);
    Entry *entry = find(known, hash, cell->type, at, cell->size);
    if (entry->state != KNOWN_NOT) return entry;
    size_t key = known->bytes.size;
    if (!append(&known->bytes, &cell->type, 1) || !append(&known->bytes, at, cell->size)) return NULL;
    if (encoder->asked_count == encoder->asked_room) {
        size_t room = encoder->asked_room ? encoder->asked_room * 2 : 64;
        Asked *asked = realloc(encoder->asked, room * sizeof *asked);
        if (asked == NULL) return NULL;
        encoder->asked = asked;
        encoder->asked_room = room;
    }
    encoder->asked[encoder->asked_count++] = (Asked){number, key, cell->size + 1};
    *entry = (Entry){.hash = hash, .key = key, .key_size = cell->size + 1, .state = KNOWN_ASKED};
    known->count++;
    return entry;
}

int answer(Encoder *encoder, size_t number, const uint8_t *key, size_t key_size, uint8_t state, uint64_t mask,
           const uint8_t *value, size_t value_size) {
    if (number >= encoder->step_count || key_size == 0) return 0;
    Dictionary *known = &encoder->steps[number].known;
    if (known->room == 0) return 0;
    uint64_t hash = hash_of(encoder->seed ^ key[0], key + 1, key_size - 1);
    Entry *entry = find(known, hash, key[0], key + 1, key_size - 1);
    if (entry->state != KNOWN_ASKED) return 0; /* nobody asked */
    entry->answer = known->bytes.size;
    if (!append(&known->bytes, value, value_size)) return -1;
    entry->answer_size = value_size;
    entry->state = state;
    entry->mask = mask;
    return 1;
}

static void forget_all(Dictionary *known) {
    free(known->entries);
    free(known->bytes.at);
    memset(known, 0, sizeof *known);
}

void forget(Encoder *encoder, size_t more_than) {
    for (size_t i = 0; i < encoder->step_count; i++)
        if (encoder->steps[i].known.bytes.size > more_than) forget_all(&encoder->steps[i].known);
}

/* --- cells -------------------------------------------------------------------------------------------------------- */

/* A whole number: `-`, digits. Which of the two holds it depends on its sign. */
static int read_integer(const uint8_t *at, size_t size, int64_t low, uint64_t high, uint64_t *bits) {
    int minus = size && *at == '-';
    size_t i = (size_t)minus;
    if (i == size || size - i > 20) return 0;
    uint64_t number = 0;
    for (; i < size; i++) {
        unsigned digit = (unsigned)at[i] - '0';
        if (digit > 9 || number > (UINT64_MAX - digit) / 10) return 0;
        number = number * 10 + digit;
    }
    if (minus) {
        if (number > (uint64_t)INT64_MAX || -(int64_t)number < low) return 0;
        *bits = (uint64_t) - (int64_t)number;
        return 1;
    }
    *bits = number;
    return number <= high;
}

static const double TEN_TO[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
#define EXACT ((uint64_t)1 << 53)

/* The double nearest to number / 10^power; 0: not on this compiler. `number` is EXACT or more, `power` 19 or less. */
static int divide(uint64_t number, int power, double *value) {
#ifdef __SIZEOF_INT128__
    uint64_t ten = 1;
    for (int i = 0; i < power; i++) ten *= 10;
    unsigned __int128 wide = (unsigned __int128)number << 64, quotient = wide / ten;
    uint64_t high = (uint64_t)(quotient >> 64), low = (uint64_t)quotient;
    int bits = high ? 128 - __builtin_clzll(high) : 64 - __builtin_clzll(low), shift = bits - 53; /* 54 bits at least */
    uint64_t mantissa = (uint64_t)(quotient >> shift);
    unsigned __int128 half = (unsigned __int128)1 << (shift - 1), rest = quotient - ((unsigned __int128)mantissa << shift);
    if (rest > half || (rest == half && (quotient * ten != wide || mantissa & 1))) mantissa++;
    uint64_t power_of_two = (uint64_t)(1023 + shift - 64) << 52;
    memcpy(value, &power_of_two, sizeof *value);
    *value *= (double)mantissa;
    return 1;
#else
    (void)number, (void)power, (void)value;
    return 0;
#endif
}

/* Whether up to six digits are enough to write a number. */
static int is_short(double value) {
    if (value < 0) value = -value;
    for (int power = 0; power <= 22; power++) {
        double whole = value * TEN_TO[power];
        if (whole >= 1e6) return 0;
        if ((double)(uint64_t)(whole + 0.5) / TEN_TO[power] == value) return 1;
    }
    return 0;
}

/* A decimal: `-`, digits with at most one point among them. Where numerator and power of ten are exact, so is the
 * quotient the nearest double, as float() gives it (Clinger 1990); spreadsheets write seventeen digits of what is 0.814,
 * for which 128 bits are enough. `digits` are those between its first and last not zero. */
static int read_decimal(const uint8_t *at, size_t size, double *value, int *digits, int *is_whole) {
#if FLT_EVAL_METHOD != 0
    return 0; /* this processor rounds twice */
#endif
    int minus = size && *at == '-', point = 0, fraction = 0, seen = 0, zeros = 0;
    size_t i = (size_t)minus, any = 0;
    uint64_t number = 0;
    for (; i < size; i++) {
        if (at[i] == '.' && !point) {
            point = 1;
            continue;
        }
        unsigned digit = (unsigned)at[i] - '0';
        if (digit > 9) return 0;
        any = 1;
        fraction += point;
        if (number || digit) seen++, zeros = digit ? 0 : zeros + 1;
        if (seen > 19 || fraction > 22) return 0;
        number = number * 10 + digit;
    }
    if (!any) return 0;
    double magnitude;
    if (number < EXACT) magnitude = (double)number / TEN_TO[fraction];
    else if (fraction == 0 || fraction > 19 || !divide(number, fraction, &magnitude)) return 0;
    *value = minus ? -magnitude : magnitude;
    *digits = seen - zeros;
    *is_whole = fraction == 0;
    return 1;
}

static int is_space(uint32_t sign) {
    return sign == 0xA0 || sign == 0x1680 || (sign >= 0x2000 && sign <= 0x200A) || sign == 0x2028 || sign == 0x2029 ||
           sign == 0x202F || sign == 0x205F || sign == 0x3000;
}

/* Controls, joiners, marks of direction, a half or replaced character. */
static int is_hidden(uint32_t sign) {
    return sign < 0xA0 || sign == 0xAD || sign == 0x180E || (sign >= 0x200B && sign <= 0x200F) ||
           (sign >= 0x202A && sign <= 0x202E) || (sign >= 0x2060 && sign <= 0x2069) || sign == 0xFEFF || sign == 0xFFFD;
}

/* How many bytes the character at `at` has, and which it is; 0: it isn't UTF-8. */
static size_t read_sign(const uint8_t *at, size_t size, uint32_t *sign) {
    uint8_t first = at[0];
    size_t count;
    uint32_t least;
    if (first < 0x80) {
        *sign = first;
        return 1;
    }
    if (first >= 0xC2 && first < 0xE0) count = 2, least = 0x80, *sign = first & 0x1F;
    else if (first >= 0xE0 && first < 0xF0) count = 3, least = 0x800, *sign = first & 0x0F;
    else if (first >= 0xF0 && first < 0xF5) count = 4, least = 0x10000, *sign = first & 0x07;
    else return 0;
    if (count > size) return 0;
    for (size_t i = 1; i < count; i++) {
        if ((at[i] & 0xC0) != 0x80) return 0;
        *sign = *sign << 6 | (at[i] & 0x3F);
    }
    if (*sign < least || *sign > 0x10FFFF || (*sign >= 0xD800 && *sign < 0xE000)) return 0;
    return count;
}

/* Eight bytes, none of them a control, DEL or beyond ASCII. */
static int is_plain_word(const uint8_t *at) {
    uint64_t word;
    memcpy(&word, at, 8);
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    return !((word | (word - 0x20 * ones) | (word + ones)) & highs);
}

static int has_e_plus(const uint8_t *at, size_t size) {
    for (size_t i = 0; i + 1 < size; i++)
        if ((at[i] | 0x20) == 'e' && at[i + 1] == '+') return 1;
    return 0;
}

/* Whether `_x000D_` or the like is in a text. */
static int has_escape(const uint8_t *at, size_t size) {
    const uint8_t *end = at + size;
    while (end - at >= 7 && (at = memchr(at, '_', (size_t)(end - at) - 6)) != NULL) {
        if (at[1] == 'x' && at[6] == '_') return 1;
        at++;
    }
    return 0;
}

/* What programs write where they have nothing: `FOR_NOTHING` in gdata/sources/cells.py. */
static int is_nothing(const uint8_t *at, size_t size) {
    switch (size) {
    case 2: return memcmp(at, "\\N", 2) == 0;
    case 3: return memcmp(at, "NaN", 3) == 0 || memcmp(at, "NaT", 3) == 0;
    case 4: return memcmp(at, "NULL", 4) == 0 || memcmp(at, "<NA>", 4) == 0;
    case 6: return memcmp(at, "(null)", 6) == 0;
    case 9: return memcmp(at, "undefined", 9) == 0;
    case 15: return memcmp(at, "[object Object]", 15) == 0;
    default: return 0;
    }
}

/* A text of which nothing is to be told: see `_text_fault` and `is_blank` in gdata/parsing/cells/cell.py. `size` isn't 0. */
static int is_plain_text(const uint8_t *at, size_t size) {
    uint8_t first = at[0], last = at[size - 1];
    if (first <= ' ' || last <= ' ' || first == '=' || first == '#') return 0;
    if (size <= 15 && is_nothing(at, size)) return 0;
    if ((first == '-' || (first >= '0' && first <= '9')) && has_e_plus(at, size)) return 0;
    if (has_escape(at, size)) return 0;
    for (size_t i = 0; i < size;) {
        if (size - i >= 8 && is_plain_word(at + i)) {
            i += 8;
            continue;
        }
        if (at[i] < 0x80) {
            if ((at[i] < 0x20 && at[i] != '\n' && at[i] != '\t') || at[i] == 0x7F) return 0;
            i++;
            continue;
        }
        uint32_t sign;
        size_t count = read_sign(at + i, size - i, &sign);
        if (count == 0 || is_hidden(sign)) return 0;
        if ((i == 0 || i + count == size) && is_space(sign)) return 0;
        i += count;
    }
    return 1;
}

/* --- rows --------------------------------------------------------------------------------------------------------- */

typedef struct {
    size_t start;     /* of its bytes in the row */
    uint64_t message; /* its number among all */
    size_t step;      /* that opened it */
    int is_filled, is_wrong;
} Level;

static int put_integer(Encoder *encoder, const Step *step, uint64_t bits) {
    Buffer *row = &encoder->row;
    if (bits == 0 && !step->keeps_zero) return 1;
    if (!buffer_reserve(row, step->tag_size + 10)) return 0;
    memcpy(row->at + row->size, step->tag, step->tag_size);
    row->size += step->tag_size;
    switch (step->wire) {
    case WIRE_FIXED32: put_little(row->at + row->size, bits, 4), row->size += 4; break;
    case WIRE_FIXED64: put_little(row->at + row->size, bits, 8), row->size += 8; break;
    case WIRE_ZIGZAG: bits = bits << 1 ^ (0 - (bits >> 63)); /* falls through */
    default: row->size += put_varint(row->at + row->size, bits);
    }
    return 1;
}

static int put_decimal(Encoder *encoder, const Step *step, double value) {
    Buffer *row = &encoder->row;
    uint64_t bits = 0;
    int bytes = step->as == AS_FLOAT ? 4 : 8;
    if (step->as == AS_FLOAT) {
        float narrow = (float)value;
        uint32_t narrow_bits;
        memcpy(&narrow_bits, &narrow, 4);
        bits = narrow_bits;
    } else {
        memcpy(&bits, &value, 8);
    }
    if (bits == 0 && !step->keeps_zero) return 1;
    if (!buffer_reserve(row, step->tag_size + 8)) return 0;
    memcpy(row->at + row->size, step->tag, step->tag_size);
    put_little(row->at + row->size + step->tag_size, bits, bytes);
    row->size += step->tag_size + (size_t)bytes;
    return 1;
}

static int put_text(Encoder *encoder, const Step *step, const Cell *cell) {
    return append(&encoder->row, step->tag, step->tag_size) && append_varint(&encoder->row, cell->size) &&
           append(&encoder->row, cell->at, cell->size);
}

/* Recognize a cell and write it: 1 done, 0 it has to be asked about, -1 no memory. */
static int put_cell(Encoder *encoder, const Step *step, const Cell *cell) {
    uint64_t bits;
    double value;
    int digits, is_whole;
    if (cell->type != CELL_TEXT && cell->type != CELL_NUMBER) return 0;
    switch (step->as) {
    case AS_INTEGER:
        if (!read_integer(cell->at, cell->size, step->low, step->high, &bits)) return 0;
        /* Beyond it a spreadsheet's number may have lost its last digits. */
        if (cell->type == CELL_NUMBER && (cell->at[0] == '-' ? 0 - bits : bits) > EXACT) return 0;
        return put_integer(encoder, step, bits) ? 1 : -1;
    case AS_FLOAT:
    case AS_DOUBLE:
        if (!read_decimal(cell->at, cell->size, &value, &digits, &is_whole)) return 0;
        /* Up to six digits, and whole numbers up to 24 bits, are what 32 bits keep. */
        if (cell->type == CELL_NUMBER && value == 0 && is_whole) value = 0; /* of whole numbers there is one zero */
        if (step->as == AS_FLOAT && digits > 6 && !(is_whole && value < 16777216.0 && value > -16777216.0) &&
            !(digits > 15 && is_short(value)))
            return 0;
        return put_decimal(encoder, step, value) ? 1 : -1;
    case AS_TEXT:
        if (cell->type != CELL_TEXT || !is_plain_text(cell->at, cell->size)) return 0;
        return put_text(encoder, step, cell) ? 1 : -1;
    default: return 0;
    }
}

/* The length of a message before its bytes, which stand at the row's end from `start` on. */
static int close_message(Buffer *row, size_t start, const uint8_t *tag, size_t tag_size) {
    uint8_t length[10];
    size_t size = row->size - start, length_size = put_varint(length, size);
    if (!buffer_reserve(row, tag_size + length_size)) return 0;
    uint8_t *at = row->at + start;
    memmove(at + tag_size + length_size, at, size);
    memcpy(at, tag, tag_size);
    memcpy(at + tag_size, length, length_size);
    row->size += tag_size + length_size;
    return 1;
}

static int contains(const Cell *cell, const uint8_t *what, size_t size) {
    for (size_t i = 0; size && i + size <= cell->size; i++)
        if (cell->at[i] == what[0] && memcmp(cell->at + i, what, size) == 0) return 1;
    return 0;
}

static int take_member(Encoder *encoder, const Step *step, uint64_t message) {
    if (step->oneof == 0) return 1;
    uint64_t *last = &encoder->oneofs[step->oneof - 1];
    if (*last == message) return 0; /* a second member of one row */
    *last = message;
    return 1;
}

/* Whether any field has something in a column but the first. */
static int has_others(const Encoder *encoder, const Cell *cells, size_t count) {
    for (size_t i = 0; i < encoder->step_count; i++) {
        int32_t column = encoder->steps[i].column;
        if (column > 0 && (size_t)column < count && cells[column].type != CELL_BLANK) return 1;
    }
    return 0;
}

/* One row; `is_long` where a filled cell stands behind the header. */
int encode_row(Encoder *encoder, const Cell *cells, size_t count, int is_long) {
    static const Cell blank = {NULL, 0, CELL_BLANK};
    Buffer *row = &encoder->row;
    Level levels[MAX_DEPTH + 1] = {{0, ++encoder->message, 0, 0, 0}}, *level = levels;
    uint64_t mask = UINT64_MAX;
    int is_asking = 0, is_gap = 0;
    row->size = 0;
    for (size_t number = 0; number < encoder->step_count; number++) {
        Step *step = &encoder->steps[number];
        const Cell *cell = step->column >= 0 && (size_t)step->column < count ? &cells[step->column] : &blank;
        Entry *entry = NULL;
        switch (step->what) {
        case STEP_OPEN:
            ++level;
            *level = (Level){row->size, ++encoder->message, number, 0, 0};
            continue;
        case STEP_CLOSE: {
            Level *inner = level--;
            Step *opening = &encoder->steps[inner->step];
            if (!inner->is_filled) {
                row->size = inner->start;
                continue;
            }
            level->is_filled = 1;
            level->is_wrong |= inner->is_wrong || !take_member(encoder, opening, level->message);
            if (!close_message(row, inner->start, opening->tag, opening->tag_size)) return NO_MEMORY;
            continue;
        }
        case STEP_FIXED:
            if (!append(row, step->fixed, step->fixed_size)) return NO_MEMORY;
            continue;
        case STEP_NOTE:
            if (cell->type != CELL_TEXT || !contains(cell, step->fixed, step->fixed_size)) continue;
            break;
        default:
            if (cell->type == CELL_BLANK) break;
            int put = step->what == STEP_VALUE ? put_cell(encoder, step, cell) : 0;
            if (put < 0) return NO_MEMORY;
            if (put == 0) break;
            level->is_filled = step->is_filled = 1;
            level->is_wrong |= !take_member(encoder, step, level->message) || (step->element == 2 && is_gap);
            is_gap = 0;
            continue;
        }
        if (cell->type != CELL_BLANK) {
            entry = look_up(encoder, number, cell);
            if (entry == NULL) return NO_MEMORY;
            if (entry->state == KNOWN_WRONG) return WRONG;
            if (entry->state == KNOWN_ASKED) {
                is_asking = 1;
                continue;
            }
            if (entry->state == KNOWN_NOTE) {
                if (step->element && has_others(encoder, cells, count)) return WRONG;
                encoder->notes++;
                return DONE;
            }
        }
        if (step->what == STEP_NOTE) continue;
        if (step->what == STEP_MASK && entry != NULL) mask &= entry->mask;
        if (entry != NULL && entry->state == KNOWN_FILLED) {
            if (!append(row, step->known.bytes.at + entry->answer, entry->answer_size)) return NO_MEMORY;
            level->is_filled = step->is_filled = 1;
            level->is_wrong |= !take_member(encoder, step, level->message) || (step->element == 2 && is_gap);
            is_gap = 0;
            continue;
        }
        if (step->what == STEP_MASK) {
            if (entry == NULL) mask &= step->high; /* what a blank cell means */
            continue;
        }
        if (step->element) is_gap = 1;
        if (step->blank == BLANK_WRONG) level->is_wrong = 1;
        if (step->blank == BLANK_DEFAULT && !append(row, step->fixed, step->fixed_size)) return NO_MEMORY;
    }
    if (is_asking) return ASKING;
    if (!level->is_filled) return DONE; /* a blank row */
    if (level->is_wrong || is_long) return WRONG;
    encoder->records++;
    for (size_t view = 0; view < encoder->view_count; view++) {
        if (!(mask >> view & 1)) continue;
        Buffer *out = &encoder->views[view];
        if (!append(out, encoder->row_tag, encoder->row_tag_size) || !append_varint(out, row->size) ||
            !append(out, row->at, row->size))
            return NO_MEMORY;
        encoder->view_rows[view]++;
    }
    return DONE;
}

void encoder_begin(Encoder *encoder) {
    encoder->lines = encoder->records = encoder->notes = encoder->asked_count = 0;
    for (size_t i = 0; i < encoder->step_count; i++) encoder->steps[i].is_filled = 0;
    for (size_t i = 0; i < encoder->view_count; i++) encoder->views[i].size = encoder->view_rows[i] = 0;
}

int encode_text(Encoder *encoder, const uint8_t *at, const uint8_t *end, uint8_t cell_end, uint8_t row_end,
                int drops_cr) {
    int outcome = DONE;
    encoder_begin(encoder);
    while (at < end) {
        size_t count = 0;
        int is_long = 0, is_last = 0;
        while (!is_last) {
            const uint8_t *start = at;
            while (at < end && *at != cell_end && *at != row_end) at++;
            size_t size = (size_t)(at - start);
            is_last = at == end || *at == row_end;
            if (at < end) at++;
            if (is_last && drops_cr && size && start[size - 1] == '\r') size--;
            if (count < encoder->needed)
                encoder->cells[count] = (Cell){start, size, size ? CELL_TEXT : CELL_BLANK};
            is_long |= count >= encoder->width && size;
            count++;
        }
        int found = encode_row(encoder, encoder->cells, count < encoder->needed ? count : encoder->needed, is_long);
        if (found == WRONG || found == NO_MEMORY) return found;
        if (found == ASKING) outcome = ASKING;
        encoder->lines++;
    }
    return outcome;
}

/* --- the encoder -------------------------------------------------------------------------------------------------- */

Encoder *encoder_new(size_t step_count, size_t width, size_t view_count, uint64_t seed) {
    Encoder *encoder = calloc(1, sizeof *encoder);
    if (encoder == NULL) return NULL;
    encoder->width = width;
    encoder->view_count = view_count;
    encoder->step_count = step_count;
    encoder->seed = seed;
    encoder->steps = calloc(step_count + 1, sizeof *encoder->steps);
    encoder->views = calloc(view_count + 1, sizeof *encoder->views);
    encoder->view_rows = calloc(view_count + 1, sizeof *encoder->view_rows);
    if (encoder->steps && encoder->views && encoder->view_rows && view_count <= 64) return encoder;
    encoder_free(encoder);
    return NULL;
}

int encoder_ready(Encoder *encoder) {
    size_t depth = 0;
    for (size_t i = 0; i < encoder->step_count; i++) {
        Step *step = &encoder->steps[i];
        if (step->tag_size > sizeof step->tag || step->oneof < 0) return 0;
        if (step->what == STEP_OPEN && ++depth > MAX_DEPTH) return 0;
        if (step->what == STEP_CLOSE && depth-- == 0) return 0;
        if (step->column >= 0 && (size_t)step->column >= encoder->needed) encoder->needed = (size_t)step->column + 1;
        if (step->oneof > encoder->oneof_count) encoder->oneof_count = step->oneof;
    }
    if (depth || encoder->row_tag_size > sizeof encoder->row_tag) return 0;
    encoder->cells = calloc(encoder->needed + 1, sizeof *encoder->cells);
    encoder->oneofs = calloc((size_t)encoder->oneof_count + 1, sizeof *encoder->oneofs);
    return encoder->cells != NULL && encoder->oneofs != NULL;
}

void encoder_free(Encoder *encoder) {
    if (encoder == NULL) return;
    for (size_t i = 0; encoder->steps && i < encoder->step_count; i++) {
        free(encoder->steps[i].fixed);
        forget_all(&encoder->steps[i].known);
    }
    for (size_t i = 0; encoder->views && i < encoder->view_count; i++) free(encoder->views[i].at);
    free(encoder->steps);
    free(encoder->views);
    free(encoder->view_rows);
    free(encoder->cells);
    free(encoder->oneofs);
    free(encoder->row.at);
    free(encoder->unescaped.at);
    free(encoder->asked);
    free(encoder);
}

int note_place(Places *places, uint64_t place) {
    if (places->count == places->room) {
        size_t room = places->room ? places->room * 2 : 1024;
        uint64_t *at = realloc(places->at, room * sizeof *at);
        if (at == NULL) return 0;
        places->at = at;
        places->room = room;
    }
    places->at[places->count++] = place;
    return 1;
}
