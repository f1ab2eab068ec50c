/* Messages on the wire, field by field; every read is bounded by its span. */
#ifndef GDATA_WIRE_H
#define GDATA_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    const uint8_t *at, *end;
} Span;

static inline size_t span_size(Span span) { return (size_t)(span.end - span.at); }

/* The next number of a span, which begins behind it then; 0: there is none. */
static inline int take_varint(Span *span, uint64_t *value) {
    *value = 0;
    for (int shift = 0; shift < 64 && span->at < span->end; shift += 7) {
        uint8_t byte = *span->at++;
        *value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) return 1;
    }
    return 0;
}

/* The next field of a message: its number, its type on the wire, and its value as bytes. */
static inline int take_typed_field(Span *span, uint32_t *number, uint8_t *type, Span *value) {
    uint64_t tag, size;
    if (!take_varint(span, &tag) || tag >> 3 == 0 || tag >> 3 > UINT32_MAX) return 0;
    *number = (uint32_t)(tag >> 3);
    *type = (uint8_t)(tag & 7);
    value->at = span->at;
    switch (*type) {
    case 0:
        if (!take_varint(span, &size)) return 0;
        value->end = span->at;
        return 1;
    case 1: size = 8; break;
    case 5: size = 4; break;
    case 2:
        if (!take_varint(span, &size)) return 0;
        value->at = span->at;
        break;
    default: return 0; /* groups */
    }
    if (size > (uint64_t)(span->end - span->at)) return 0;
    span->at += size;
    value->end = span->at;
    return 1;
}

static inline int take_field(Span *span, uint32_t *number, Span *value) {
    uint8_t type;
    return take_typed_field(span, number, &type, value);
}

/* The next row of a table. */
static inline int take_row(Span *table, uint32_t row_field, Span *row) {
    uint32_t number;
    uint8_t type;
    return take_typed_field(table, &number, &type, row) && number == row_field && type == 2;
}

/* The values of some fields of a row; what isn't there is empty. */
static inline int read_fields(Span row, const uint32_t *fields, size_t count, Span *values) {
    memset(values, 0, count * sizeof *values);
    while (row.at < row.end) {
        uint32_t number;
        Span value;
        if (!take_field(&row, &number, &value)) return 0;
        for (size_t i = 0; i < count; i++)
            if (fields[i] == number) values[i] = value;
    }
    return 1;
}

static inline uint64_t mix(uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * 0xFF51AFD7ED558CCDu;
    return hash ^ hash >> 32;
}

#endif
