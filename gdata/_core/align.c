/* Which rows of two tables on the wire are the same. See rows.h. */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

#include "wire.h"

#define NONE UINT32_MAX

/* --- what tells rows apart ---------------------------------------------------------------------------------------- */

/* Bytes, seven at a time, are the digits of a number in a base that nobody knows, modulo a prime: two texts of n digits
 * have the same remainder in n bases of 2^61 at the most, whoever wrote them. */
#define PRIME (((uint64_t)1 << 61) - 1)
#define PAIR 14 /* bytes of two digits */
#define MAX_FIELDS 16

/* A base, and its square: two digits are added at once. */
typedef struct {
    uint64_t base, square;
} Base;

/* hash * square + first * base + second, modulo the prime; no more than 2^61. The digits have 56 bits. */
#ifdef __SIZEOF_INT128__
static inline uint64_t add_pair(uint64_t hash, Base base, uint64_t first, uint64_t second) {
    unsigned __int128 wide = (unsigned __int128)hash * base.square + (unsigned __int128)first * base.base + second;
    uint64_t sum = ((uint64_t)wide & PRIME) + (uint64_t)(wide >> 61);
    return (sum & PRIME) + (sum >> 61);
}
#else
static uint64_t add_digit(uint64_t hash, uint64_t base, uint64_t digit) {
    uint64_t half = UINT32_MAX, last = (hash & half) * (base & half), middle = (hash >> 32) * (base & half) + (last >> 32);
    uint64_t other = (hash & half) * (base >> 32) + (middle & half), low = (other << 32 | (last & half)) + digit;
    uint64_t high = (hash >> 32) * (base >> 32) + (middle >> 32) + (other >> 32) + (low < digit);
    uint64_t sum = (low & PRIME) + (high << 3 | low >> 61);
    return (sum & PRIME) + (sum >> 61);
}

static inline uint64_t add_pair(uint64_t hash, Base base, uint64_t first, uint64_t second) {
    return add_digit(hash, base.square, add_digit(first, base.base, second));
}
#endif

static Base base_of(uint64_t seed, uint64_t number) {
    uint64_t word = seed + number * 0x9E3779B97F4A7C15u; /* splitmix64 */
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9u;
    word = (word ^ word >> 27) * 0x94D049BB133111EBu;
    Base base = {(word ^ word >> 31) % PRIME, 1}, once = base;
    base.square = add_pair(base.base, (Base){0, once.base}, 0, 0) % PRIME;
    return base;
}

/* Eight bytes, the first one the lowest, written so that compilers make one load of it. */
static inline uint64_t word_at(const uint8_t *at) {
    return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 | (uint64_t)at[3] << 24 | (uint64_t)at[4] << 32 |
           (uint64_t)at[5] << 40 | (uint64_t)at[6] << 48 | (uint64_t)at[7] << 56;
}

static inline uint64_t digit_at(const uint8_t *at, size_t size) {
    uint64_t digit = 0;
    for (size_t i = 0; i < size; i++) digit |= (uint64_t)at[i] << 8 * i;
    return digit;
}

/* Adds a text to as many hashes as there are bases. The last pair begins among the digits before it. */
static inline void add_text(uint64_t *hashes, const Base *bases, int count, Span text) {
    size_t size = span_size(text), pairs = size / PAIR;
    for (int i = 0; i < count; i++) hashes[i] = add_pair(hashes[i], bases[i], 1, size);
    for (const uint8_t *at = text.at; pairs; at += PAIR, pairs--) {
        uint64_t first = word_at(at) & UINT64_MAX >> 8, second = word_at(at + PAIR - 8) >> 8;
        for (int i = 0; i < count; i++) hashes[i] = add_pair(hashes[i], bases[i], first, second);
    }
    if (size == 0 || size % PAIR == 0) return;
    uint64_t first, second;
    if (size >= PAIR) {
        first = word_at(text.end - PAIR) & UINT64_MAX >> 8, second = word_at(text.end - 8) >> 8;
    } else {
        size_t some = size < PAIR / 2 ? size : PAIR / 2;
        first = digit_at(text.at, some), second = digit_at(text.at + some, size - some);
    }
    for (int i = 0; i < count; i++) hashes[i] = add_pair(hashes[i], bases[i], first, second);
}

static uint64_t remainder_of(uint64_t hash) { return hash >= PRIME ? hash - PRIME : hash; }

static int push(Buffer *numbers, uint32_t number) {
    if (!buffer_reserve(numbers, 4)) return 0;
    memcpy(numbers->at + numbers->size, &number, 4);
    numbers->size += 4;
    return 1;
}

static int push_mark(Buffer *marks, const Mark *mark) {
    if (!buffer_reserve(marks, sizeof *mark)) return 0;
    memcpy(marks->at + marks->size, mark, sizeof *mark);
    marks->size += sizeof *mark;
    return 1;
}

/* --- rows at the same place --------------------------------------------------------------------------------------- */

int rows_scan(const uint8_t *at, size_t size, uint32_t row_field, uint32_t base, size_t *whole, Buffer *starts) {
    Span table = {at, at + size};
    *whole = 0;
    if (size > UINT32_MAX - base) return 0;
    while (table.at < table.end) {
        Span row, peek = table;
        uint64_t tag;
        if (!take_varint(&peek, &tag)) return 1;
        if (tag != ((uint64_t)row_field << 3 | 2)) return 0;
        if (!take_row(&table, row_field, &row)) return 1;
        if (!push(starts, base + (uint32_t)*whole)) return 0;
        *whole = (size_t)(table.at - at);
    }
    return 1;
}

typedef struct {
    const uint32_t *fields;
    size_t count;
    Base bases[3];
} Key;

/* The values of a row's key; a number that is zero is the same as one that isn't written. */
static int read_key(Span row, const Key *key, Span *values) {
    memset(values, 0, key->count * sizeof *values);
    while (row.at < row.end) {
        uint32_t number;
        uint8_t type;
        Span value;
        if (!take_typed_field(&row, &number, &type, &value)) return 0;
        for (size_t i = 0; i < key->count; i++)
            if (key->fields[i] == number) values[i] = value;
        if (type == 2) continue;
        for (size_t i = 0; i < key->count; i++)
            if (key->fields[i] == number && digit_at(value.at, 1) == 0 && span_size(value) == 1) values[i].end = values[i].at;
    }
    return 1;
}

static int note_left(Span row, const Key *key, const Span *values, uint32_t number, Buffer *left, Buffer *marks) {
    Mark mark = {{0, 0}, 0};
    add_text(mark.bytes, key->bases, 2, row);
    for (size_t i = 0; i < key->count; i++) add_text(&mark.key, &key->bases[2], 1, values[i]);
    mark.bytes[0] = remainder_of(mark.bytes[0]), mark.bytes[1] = remainder_of(mark.bytes[1]);
    mark.key = remainder_of(mark.key);
    return push(left, number) && push_mark(marks, &mark);
}

static int is_same(Span one, Span other) {
    size_t size = span_size(one);
    return size == span_size(other) && (size == 0 || memcmp(one.at, other.at, size) == 0);
}

static int are_same(const Span *values, const Span *others, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!is_same(values[i], others[i])) return 0;
    return 1;
}

int rows_compare(const uint8_t *old, size_t old_size, const uint8_t *new, size_t new_size, uint32_t row_field,
                 const uint32_t *fields, size_t count, uint64_t seed, uint32_t number, Compared *found) {
    Key key = {fields, count, {base_of(seed, 1), base_of(seed, 2), base_of(seed, 3)}};
    Span tables[2] = {{old, old + old_size}, {new, new + new_size}}, rows[2], values[2][MAX_FIELDS];
    if (count > MAX_FIELDS) return 0;
    for (;; number++) {
        int is_there[2];
        for (int i = 0; i < 2; i++) {
            is_there[i] = tables[i].at < tables[i].end;
            if (is_there[i] && !take_row(&tables[i], row_field, &rows[i])) return 0;
        }
        if (!is_there[0] && !is_there[1]) return 1;
        if (is_there[0] && is_there[1] && is_same(rows[0], rows[1])) continue;
        for (int i = 0; i < 2; i++)
            if (is_there[i] && !read_key(rows[i], &key, values[i])) return 0;
        if (is_there[0] && is_there[1] && are_same(values[0], values[1], count)) {
            if (!push(&found->changed, number)) return 0;
            continue;
        }
        if (is_there[0] && !note_left(rows[0], &key, values[0], number, &found->old_left, &found->old_marks)) return 0;
        if (is_there[1] && !note_left(rows[1], &key, values[1], number, &found->new_left, &found->new_marks)) return 0;
    }
}

typedef struct {
    Span rest, value;
    uint32_t number; /* UINT32_MAX: there is no more */
} Walk;

static int step(Walk *walk) {
    walk->number = NONE;
    return walk->rest.at == walk->rest.end || take_field(&walk->rest, &walk->number, &walk->value);
}

int rows_odd_fields(const uint8_t *old, size_t old_size, const uint8_t *new, size_t new_size, uint32_t row_field,
                    uint8_t is_odd[ODD_FIELDS]) {
    Span tables[2] = {{old, old + old_size}, {new, new + new_size}};
    while (tables[0].at < tables[0].end && tables[1].at < tables[1].end) {
        Walk one = {0}, other = {0};
        if (!take_row(&tables[0], row_field, &one.rest) || !take_row(&tables[1], row_field, &other.rest)) return 0;
        if (is_same(one.rest, other.rest)) continue;
        if (!step(&one) || !step(&other)) return 0;
        while (one.number != NONE || other.number != NONE) {
            uint32_t number = one.number < other.number ? one.number : other.number;
            if (number >= ODD_FIELDS) return 0;
            int is_one = one.number == number, is_other = other.number == number;
            if (!is_one || !is_other || !is_same(one.value, other.value)) is_odd[number] = 1;
            if ((is_one && !step(&one)) || (is_other && !step(&other))) return 0;
        }
    }
    return tables[0].at == tables[0].end && tables[1].at == tables[1].end;
}

void compared_free(Compared *found) {
    free(found->changed.at);
    free(found->old_left.at);
    free(found->new_left.at);
    free(found->old_marks.at);
    free(found->new_marks.at);
}

/* --- rows at another place ---------------------------------------------------------------------------------------- */

static int is_alike(const Mark *one, const Mark *other) {
    return one->bytes[0] == other->bytes[0] && one->bytes[1] == other->bytes[1];
}

/* Rows of the same bytes: the first of them stands for all, the next one to be paired with is `head`. */
typedef struct {
    uint32_t first, head, tail;
} Alike;

typedef struct {
    const Mark *rows;
    Alike *at;
    size_t room;
    uint32_t *next; /* the next row with the same bytes */
} Known;

static Alike *find_alike(const Known *known, const Mark *row) {
    size_t place = (size_t)row->bytes[0] & (known->room - 1);
    while (known->at[place].first != NONE && !is_alike(&known->rows[known->at[place].first], row))
        place = (place + 1) & (known->room - 1);
    return &known->at[place];
}

static int know_rows(Known *known, const Mark *rows, size_t count) {
    known->rows = rows, known->room = 16;
    while (known->room < count * 2) known->room *= 2;
    known->at = malloc(known->room * sizeof *known->at);
    known->next = malloc((count + 1) * sizeof *known->next);
    if (known->at == NULL || known->next == NULL) return 0;
    for (size_t i = 0; i < known->room; i++) known->at[i].first = NONE;
    for (uint32_t i = 0; i < count; i++) {
        Alike *alike = find_alike(known, &rows[i]);
        known->next[i] = NONE;
        if (alike->first == NONE) alike->first = alike->head = i;
        else known->next[alike->tail] = i;
        alike->tail = i;
    }
    return 1;
}

int rows_pair(const Mark *old, size_t old_count, const Mark *new, size_t new_count, Buffer *twins) {
    Known known = {NULL, NULL, 0, NULL};
    int is_done = know_rows(&known, old, old_count);
    for (size_t i = 0; is_done && i < old_count; i++) is_done = push(twins, NONE);
    for (uint32_t i = 0; is_done && i < new_count; i++) {
        Alike *alike = find_alike(&known, &new[i]);
        if (alike->first == NONE || alike->head == NONE) continue;
        memcpy(twins->at + 4 * (size_t)alike->head, &i, 4);
        alike->head = known.next[alike->head];
    }
    free(known.at);
    free(known.next);
    return is_done;
}
