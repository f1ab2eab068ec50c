/* Rules and references of whole tables on the wire. See proofs.h.
 *
 * A million rows with six rules take 0.1 s, where protovalidate takes 2; two references of theirs 0.15 s, where sets of
 * Python's values take 1.3 (benchmarks/limits.py, check).
 */
#include "proofs.h"

#include <stdlib.h>
#include <string.h>

#include "wire.h"

#define SIGN ((uint64_t)1 << 63)

/* --- values ------------------------------------------------------------------------------------------------------- */

static uint64_t little_endian(const uint8_t *at, size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) value |= (uint64_t)at[i] << 8 * i;
    return value;
}

static uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double double_of(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static int is_float(uint8_t kind) { return kind == KIND_FLOAT || kind == KIND_DOUBLE; }

static size_t fixed_size(uint8_t kind) {
    if (kind == KIND_FIXED32 || kind == KIND_SIGNED_FIXED32 || kind == KIND_FLOAT) return 4;
    return kind == KIND_FIXED64 || kind == KIND_SIGNED_FIXED64 || kind == KIND_DOUBLE ? 8 : 0;
}

static uint8_t wire_type(uint8_t kind) {
    size_t size = fixed_size(kind);
    return kind >= KIND_TEXT ? 2 : size == 4 ? 5 : size == 8 ? 1 : 0;
}

static uint64_t zero_of(uint8_t kind) {
    switch (kind) {
    case KIND_SIGNED: case KIND_SIGNED32: case KIND_ZIGZAG: case KIND_SIGNED_FIXED32: case KIND_SIGNED_FIXED64: return SIGN;
    default: return 0;
    }
}

/* The next number of a span, in order. */
static int take_number(Span *span, uint8_t kind, uint64_t *number) {
    size_t size = fixed_size(kind);
    uint64_t bits;
    if (size) {
        if (span_size(*span) < size) return 0;
        bits = little_endian(span->at, size);
        span->at += size;
    } else if (!take_varint(span, &bits)) {
        return 0;
    }
    switch (kind) {
    case KIND_SIGNED: case KIND_SIGNED_FIXED64: bits ^= SIGN; break;
    case KIND_SIGNED32: case KIND_SIGNED_FIXED32: bits = ((bits & 0x80000000u) ? bits | ~(uint64_t)UINT32_MAX : bits & UINT32_MAX) ^ SIGN; break;
    case KIND_UNSIGNED32: bits &= UINT32_MAX; break;
    case KIND_ZIGZAG: bits = (bits >> 1 ^ (0 - (bits & 1))) ^ SIGN; break;
    case KIND_FLOAT: {
        uint32_t short_bits = (uint32_t)bits;
        float value;
        memcpy(&value, &short_bits, sizeof value);
        bits = bits_of((double)value);
        break;
    }
    default: break;
    }
    *number = bits;
    return 1;
}

/* --- rules -------------------------------------------------------------------------------------------------------- */

static int has_number(Values values, uint8_t kind, uint64_t number) {
    for (size_t at = 0; at + 8 <= values.size; at += 8) {
        uint64_t one = little_endian(values.at + at, 8);
        if (is_float(kind) ? double_of(one) == double_of(number) : one == number) return 1;
    }
    return 0;
}

/* The next text of some values, which begin behind it then. */
static int take_text(Values *values, Span *text) {
    if (values->size < 4) return 0;
    size_t size = (size_t)little_endian(values->at, 4);
    if (size > values->size - 4) return 0;
    text->at = values->at + 4, text->end = text->at + size;
    values->at += 4 + size, values->size -= 4 + size;
    return 1;
}

static int is_equal(Span one, Span other) {
    size_t size = span_size(one);
    return size == span_size(other) && (size == 0 || memcmp(one.at, other.at, size) == 0);
}

static int has_text(Values values, Span text) {
    for (Span one; take_text(&values, &one);)
        if (is_equal(one, text)) return 1;
    return 0;
}

static int number_meets(uint64_t number, const FieldRules *rules) {
    if (is_float(rules->kind)) {
        double value = double_of(number);
        if (!(value >= rules->least && value <= rules->most)) return 0; /* NaN isn't either */
    } else if (number < rules->low || number > rules->high) {
        return 0;
    }
    return (rules->allowed.at == NULL || has_number(rules->allowed, rules->kind, number)) &&
           !has_number(rules->forbidden, rules->kind, number);
}

static int text_meets(Span text, const FieldRules *rules) {
    uint64_t bytes = span_size(text), chars = 0;
    if (bytes < rules->min_bytes || bytes > rules->max_bytes) return 0;
    /* A character has one to four bytes, so most texts needn't be counted. */
    if (bytes / 4 < rules->min_chars || bytes > rules->max_chars) {
        for (const uint8_t *at = text.at; at < text.end; at++) chars += (*at & 0xC0) != 0x80;
        if (chars < rules->min_chars || chars > rules->max_chars) return 0;
    }
    return (rules->allowed.at == NULL || has_text(rules->allowed, text)) && !has_text(rules->forbidden, text);
}

static int meets(Span message, const MessageRules *messages, size_t which);

/* One field as it stands on the wire; `count` gets how many values that is. */
static int field_meets(Span value, uint8_t type, const FieldRules *rules, const MessageRules *messages, uint64_t *count) {
    int is_packed = type == 2 && rules->is_list && rules->kind < KIND_TEXT;
    if (type != wire_type(rules->kind) && !is_packed) return 0;
    if (rules->kind >= KIND_TEXT) {
        ++*count;
        return rules->kind == KIND_TEXT ? text_meets(value, rules) : meets(value, messages, rules->message);
    }
    while (value.at < value.end) {
        uint64_t number;
        ++*count;
        if (!take_number(&value, rules->kind, &number) || !number_meets(number, rules)) return 0;
    }
    return 1;
}

static int absence_meets(const FieldRules *rules) {
    if (rules->absent != ABSENT_ZERO) return rules->absent == ABSENT_FINE;
    Span empty = {NULL, NULL};
    return rules->kind == KIND_TEXT ? text_meets(empty, rules) : number_meets(zero_of(rules->kind), rules);
}

static int meets(Span message, const MessageRules *messages, size_t which) {
    const MessageRules *own = &messages[which];
    uint64_t counts[MOST_RULES];
    uint32_t number, last = 0;
    uint8_t type;
    Span value;
    memset(counts, 0, own->count * sizeof *counts);
    for (size_t next = 0; message.at < message.end; last = number) {
        if (!take_typed_field(&message, &number, &type, &value)) return 0;
        if (number < last) next = 0;
        while (next < own->count && own->fields[next].number < number) next++;
        if (next == own->count || own->fields[next].number != number) continue;
        if (!field_meets(value, type, &own->fields[next], messages, &counts[next])) return 0;
    }
    for (size_t i = 0; i < own->count; i++) {
        const FieldRules *rules = &own->fields[i];
        if (rules->is_list) {
            if (counts[i] < rules->min_items || counts[i] > rules->max_items) return 0;
        } else if (counts[i] > 1 || (counts[i] == 0 && !absence_meets(rules))) {
            return 0; /* of one that stands twice the last counts: that is for others to say */
        }
    }
    return 1;
}

int message_meets(const uint8_t *at, size_t size, const MessageRules *messages) {
    Span message = {at, at + size};
    return meets(message, messages, 0);
}

/* --- references --------------------------------------------------------------------------------------------------- */

typedef struct {
    uint64_t hash;
    const uint8_t *at;
    uint64_t size; /* or the number */
} Known;

typedef struct {
    Known *values; /* open addressing, at most half full; a hash of 0 is an empty place */
    size_t room, count;
    uint64_t seed;
    int is_complete; /* then values are looked up, no longer added */
} Set;

static uint64_t hash_of_text(uint64_t seed, Span text) {
    size_t size = span_size(text);
    uint64_t hash = mix(seed, size + 1), word;
    for (; size >= 8; text.at += 8, size -= 8) {
        memcpy(&word, text.at, 8);
        hash = mix(hash, word);
    }
    if (size) {
        word = 0;
        memcpy(&word, text.at, size);
        hash = mix(hash, word);
    }
    return mix(hash, 0xC4CEB9FE1A85EC53u);
}

static int is_known(const Known *known, const Known *other) {
    if (known->hash != other->hash || known->size != other->size) return 0;
    return known->at == NULL || memcmp(known->at, other->at, (size_t)known->size) == 0;
}

static int grow(Set *set) {
    size_t room = set->room ? set->room * 2 : 64;
    Known *values = calloc(room, sizeof *values);
    if (values == NULL) return 0;
    for (size_t i = 0; i < set->room; i++) {
        if (set->values[i].hash == 0) continue;
        size_t place = (size_t)set->values[i].hash & (room - 1);
        while (values[place].hash) place = (place + 1) & (room - 1);
        values[place] = set->values[i];
    }
    free(set->values);
    set->values = values, set->room = room;
    return 1;
}

/* Adds a value, or looks it up: 1; 0 it isn't there; -1 no memory. */
static int visit(Set *set, Known value) {
    value.hash |= value.hash == 0;
    if (!set->is_complete && set->count * 2 >= set->room && !grow(set)) return -1;
    size_t place = (size_t)value.hash & (set->room - 1);
    for (; set->values[place].hash; place = (place + 1) & (set->room - 1))
        if (is_known(&set->values[place], &value)) return 1;
    if (set->is_complete) return 0;
    set->values[place] = value;
    set->count++;
    return 1;
}

static int visit_number(Set *set, uint64_t number) {
    Known value = {mix(mix(set->seed, number), 0xC4CEB9FE1A85EC53u), NULL, number};
    return visit(set, value);
}

static int visit_text(Set *set, Span text) {
    if (text.at == text.end) return 1;
    Known value = {hash_of_text(set->seed, text), text.at, span_size(text)};
    return visit(set, value);
}

/* Whether the sibling has the value that it has to have; -2: it is written otherwise. */
static int holds(Span holder, const WireColumn *column) {
    Span text = {NULL, NULL}, wanted = {NULL, NULL}, value;
    uint64_t number = zero_of(column->when_kind);
    while (holder.at < holder.end) {
        uint32_t field;
        uint8_t type;
        if (!take_typed_field(&holder, &field, &type, &value)) return -2;
        if (field != column->when) continue;
        if (type != wire_type(column->when_kind)) return -2;
        text = value;
        if (column->when_kind < KIND_TEXT && !take_number(&value, column->when_kind, &number)) return -2;
    }
    if (column->when_kind < KIND_TEXT) return has_number(column->when_value, column->when_kind, number);
    Values values = column->when_value;
    return take_text(&values, &wanted) && is_equal(text, wanted);
}

static int visit_field(Set *set, const WireColumn *column, Span value, uint8_t type) {
    int is_packed = type == 2 && column->is_list && column->kind < KIND_TEXT, outcome = 1;
    if (type != wire_type(column->kind) && !is_packed) return 0;
    if (column->kind == KIND_TEXT) return visit_text(set, value);
    while (value.at < value.end && outcome == 1) {
        uint64_t number;
        outcome = take_number(&value, column->kind, &number) ? visit_number(set, number) : 0;
    }
    return outcome;
}

static int visit_column(Set *set, Span message, const WireColumn *column, size_t step) {
    int is_last = step + 1 == column->steps, outcome = 1, is_there = 0;
    if (is_last && column->when) {
        int is_held = holds(message, column);
        if (is_held != 1) return is_held == 0;
    }
    while (message.at < message.end && outcome == 1) {
        uint32_t number;
        uint8_t type;
        Span value;
        if (!take_typed_field(&message, &number, &type, &value)) return 0;
        if (number != column->path[step]) continue;
        is_there = 1;
        if (is_last) outcome = visit_field(set, column, value, type);
        else outcome = type == 2 ? visit_column(set, value, column, step + 1) : 0;
    }
    if (is_last && !is_there && column->absent == ABSENT_ZERO && column->kind < KIND_TEXT)
        return visit_number(set, zero_of(column->kind));
    return outcome;
}

static int visit_all(Set *set, const WireColumn *column) {
    Span table = {column->at, column->at + column->size};
    return column->steps && column->steps <= MOST_STEPS ? visit_column(set, table, column, 0) : 0;
}

static int visit_values(Set *set, Values values, uint8_t kind) {
    int outcome = 1;
    if (kind == KIND_TEXT) {
        for (Span text; outcome == 1 && take_text(&values, &text);) outcome = visit_text(set, text);
        return outcome;
    }
    for (size_t at = 0; at + 8 <= values.size && outcome == 1; at += 8)
        outcome = visit_number(set, little_endian(values.at + at, 8));
    return outcome;
}

int column_refers(const WireColumn *column, const WireColumn *others, size_t count, Values more, uint64_t seed) {
    Set set = {NULL, 0, 0, seed, 0};
    int outcome = grow(&set) ? visit_values(&set, more, column->kind) : -1;
    for (size_t i = 0; i < count && outcome == 1; i++) {
        /* Texts and numbers never meet. */
        int is_fit = (others[i].kind == KIND_TEXT) == (column->kind == KIND_TEXT) && column->kind != KIND_MESSAGE;
        outcome = is_fit ? visit_all(&set, &others[i]) : 0;
    }
    set.is_complete = 1;
    if (outcome == 1) outcome = visit_all(&set, column);
    free(set.values);
    return outcome;
}
