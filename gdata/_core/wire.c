/* What a table's rows on the wire show without becoming messages. See rows.h. */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

#include "wire.h"

#define MAX_FIELDS 16

static int is_same(const Span *one, const Span *other, size_t count) {
    for (size_t i = 0; i < count; i++) {
        size_t size = span_size(one[i]);
        if (size != span_size(other[i]) || (size && memcmp(one[i].at, other[i].at, size))) return 0;
    }
    return 1;
}

static uint64_t hash_of(uint64_t seed, const Span *values, size_t count) {
    uint64_t hash = seed;
    for (size_t i = 0; i < count; i++) {
        const uint8_t *at = values[i].at;
        size_t size = span_size(values[i]);
        hash = mix(hash, size + 1);
        while (size) {
            size_t some = size < 8 ? size : 8;
            uint64_t word = 0;
            memcpy(&word, at, some);
            hash = mix(hash, word);
            at += some, size -= some;
        }
    }
    return mix(hash, 0xC4CEB9FE1A85EC53u);
}

int rows_rise(const uint8_t *at, size_t size, uint32_t row_field, uint32_t field, int64_t *last, int *is_first) {
    for (Span table = {at, at + size}; table.at < table.end; *is_first = 0) {
        Span row, value;
        uint64_t bits = 0;
        if (!take_row(&table, row_field, &row) || !read_fields(row, &field, 1, &value)) return -2;
        if (span_size(value)) {
            Span rest = value;
            /* A text may look like a number: then it is compared as one, and still no two equal ones rise. */
            if (!take_varint(&rest, &bits) || rest.at != rest.end) return 0;
        }
        if (!*is_first && (int64_t)bits <= *last) return 0;
        *last = (int64_t)bits;
    }
    return 1;
}

static int add_bytes(Buffer *buffer, const uint8_t *at, size_t size) {
    if (!buffer_reserve(buffer, size)) return 0;
    memcpy(buffer->at + buffer->size, at, size);
    buffer->size += size;
    return 1;
}

static int add_varint(Buffer *buffer, uint64_t value) {
    uint8_t bytes[10];
    size_t size = 0;
    for (; value > 0x7F; value >>= 7) bytes[size++] = (uint8_t)(value | 0x80);
    bytes[size++] = (uint8_t)value;
    return add_bytes(buffer, bytes, size);
}

static int is_among(uint32_t number, const uint32_t *fields, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (fields[i] == number) return 1;
    return 0;
}

int rows_only(const uint8_t *at, size_t size, uint32_t row_field, const uint32_t *fields, size_t count, Buffer *only) {
    Buffer kept = {NULL, 0, 0};
    Span table = {at, at + size}, row;
    int outcome = 1;
    while (outcome == 1 && table.at < table.end) {
        kept.size = 0;
        if (!take_row(&table, row_field, &row)) outcome = -2;
        while (outcome == 1 && row.at < row.end) {
            const uint8_t *start = row.at;
            uint32_t number;
            Span value;
            if (!take_field(&row, &number, &value)) outcome = -2;
            else if (is_among(number, fields, count) && !add_bytes(&kept, start, (size_t)(row.at - start))) outcome = -1;
        }
        if (outcome == 1 && !(add_varint(only, (uint64_t)row_field << 3 | 2) && add_varint(only, kept.size) &&
                              (kept.size == 0 || add_bytes(only, kept.at, kept.size))))
            outcome = -1;
    }
    free(kept.at);
    return outcome;
}

size_t whole_fields(const uint8_t *at, size_t size, size_t most, size_t *count) {
    Span rest = {at, at + size}, value;
    size_t end = 0;
    uint32_t number;
    *count = 0;
    while (rest.at < rest.end && take_field(&rest, &number, &value) && (size_t)(rest.at - at) <= most) {
        end = (size_t)(rest.at - at);
        ++*count;
    }
    return end;
}

int rows_differ(const uint8_t *at, size_t size, uint32_t row_field, const uint32_t *fields, size_t count,
                uint64_t seed) {
    if (count == 0 || count > MAX_FIELDS) return 0;
    Span table = {at, at + size};
    int64_t last;
    int is_first = 1, rising = count == 1 ? rows_rise(at, size, row_field, fields[0], &last, &is_first) : 0;
    if (rising) return rising;
    size_t rows = 0;
    for (Span rest = table, row; rest.at < rest.end; rows++)
        if (!take_row(&rest, row_field, &row)) return -2;
    size_t room = 16;
    while (room < rows * 2) room *= 2;
    size_t *places = calloc(room, sizeof *places); /* where a row begins, and 1 */
    if (places == NULL) return -1;
    int outcome = 1;
    for (Span rest = table, row; rest.at < rest.end && outcome == 1;) {
        Span values[MAX_FIELDS], others[MAX_FIELDS];
        size_t start = (size_t)(rest.at - at);
        if (!take_row(&rest, row_field, &row) || !read_fields(row, fields, count, values)) {
            outcome = -2;
            break;
        }
        size_t place = (size_t)hash_of(seed, values, count) & (room - 1);
        for (; places[place]; place = (place + 1) & (room - 1)) {
            Span known = {at + places[place] - 1, at + size}, other;
            if (!take_row(&known, row_field, &other) || !read_fields(other, fields, count, others)) outcome = -2;
            else if (is_same(values, others, count)) outcome = 0;
            if (outcome != 1) break;
        }
        if (outcome == 1) places[place] = start + 1;
    }
    free(places);
    return outcome;
}

int rows_ascii(const uint8_t *at, size_t size, uint32_t row_field, const uint32_t *fields, size_t count) {
    if (count == 0 || count > MAX_FIELDS) return 0;
    Span table = {at, at + size};
    while (table.at < table.end) {
        Span row, values[MAX_FIELDS];
        if (!take_row(&table, row_field, &row) || !read_fields(row, fields, count, values)) return -2;
        for (size_t i = 0; i < count; i++)
            for (const uint8_t *byte = values[i].at; byte < values[i].end; byte++)
                if (*byte >= 0x80) return 0;
    }
    return 1;
}

ptrdiff_t text_error(const uint8_t *at, size_t size) {
    size_t i = 0;
    while (i < size) {
        uint64_t word;
        while (size - i >= 8) { /* eight bytes of ASCII without a zero among them */
            memcpy(&word, at + i, 8);
            if ((word | (word - 0x0101010101010101u)) & 0x8080808080808080u) break;
            i += 8;
        }
        if (i == size) break;
        uint8_t first = at[i], second_low = 0x80, second_high = 0xBF;
        size_t count = 1;
        if (first == 0 || (first >= 0x80 && first < 0xC2) || first > 0xF4) return (ptrdiff_t)i;
        if (first >= 0xC2) count = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        if (first == 0xE0) second_low = 0xA0;
        if (first == 0xED) second_high = 0x9F;
        if (first == 0xF0) second_low = 0x90;
        if (first == 0xF4) second_high = 0x8F;
        if (count > size - i) return (ptrdiff_t)i;
        if (count > 1 && (at[i + 1] < second_low || at[i + 1] > second_high)) return (ptrdiff_t)i;
        for (size_t k = 2; k < count; k++)
            if ((at[i + k] & 0xC0) != 0x80) return (ptrdiff_t)i;
        i += count;
    }
    return -1;
}

int has_lone_cr(const uint8_t *at, size_t size) {
    const uint8_t *end = at + size;
    while (at < end && (at = memchr(at, '\r', (size_t)(end - at))) != NULL) {
        if (at + 1 == end || at[1] != '\n') return 1;
        at += 2;
    }
    return 0;
}

/* --- where rows stand --------------------------------------------------------------------------------------------- */

int row_starts(const uint8_t *at, size_t size, uint32_t row_field, Buffer *starts) {
    Span table = {at, at + size}, row;
    if (size > UINT32_MAX) return 0;
    for (;;) {
        if (!buffer_reserve(starts, 4)) return 0;
        uint32_t start = (uint32_t)(table.at - at);
        memcpy(starts->at + starts->size, &start, 4);
        starts->size += 4;
        if (table.at == table.end) return 1;
        if (!take_row(&table, row_field, &row)) return 0;
    }
}

/* The CRC-32 of zlib, four bytes at a time. */
static void fill_crc_tables(uint32_t tables[4][256]) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
        tables[0][i] = crc;
    }
    for (uint32_t i = 0; i < 256; i++)
        for (int k = 1; k < 4; k++) tables[k][i] = tables[k - 1][i] >> 8 ^ tables[0][tables[k - 1][i] & 0xFF];
}

static uint32_t crc_of(uint32_t tables[4][256], const uint8_t *at, const uint8_t *end) {
    uint32_t crc = 0xFFFFFFFFu;
    for (; end - at >= 4; at += 4) {
        crc ^= (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        crc = tables[3][crc & 0xFF] ^ tables[2][crc >> 8 & 0xFF] ^ tables[1][crc >> 16 & 0xFF] ^ tables[0][crc >> 24];
    }
    while (at < end) crc = crc >> 8 ^ tables[0][(crc ^ *at++) & 0xFF];
    return ~crc;
}

int row_crcs(const uint8_t *at, size_t size, uint32_t row_field, Buffer *crcs) {
    uint32_t tables[4][256];
    Span table = {at, at + size}, row;
    fill_crc_tables(tables);
    while (table.at < table.end) {
        const uint8_t *start = table.at;
        if (!take_row(&table, row_field, &row) || !buffer_reserve(crcs, 4)) return 0;
        uint32_t crc = crc_of(tables, start, table.at);
        memcpy(crcs->at + crcs->size, &crc, 4);
        crcs->size += 4;
    }
    return 1;
}

int row_integers(const uint8_t *at, size_t size, uint32_t row_field, uint32_t field, Buffer *numbers) {
    Span table = {at, at + size}, row, value;
    while (table.at < table.end) {
        uint64_t number = 0;
        if (!take_row(&table, row_field, &row) || !read_fields(row, &field, 1, &value)) return 0;
        if (span_size(value) && (!take_varint(&value, &number) || value.at != value.end)) return 0;
        if (!buffer_reserve(numbers, 8)) return 0;
        memcpy(numbers->at + numbers->size, &number, 8);
        numbers->size += 8;
    }
    return 1;
}
