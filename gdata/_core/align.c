/* Which rows of two tables on the wire have the same bytes. See rows.h. */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

#include "wire.h"

#define NONE UINT32_MAX

typedef struct {
    const uint8_t *at;
    const uint32_t *starts;
    size_t count;
    Buffer left; /* the rows, 32 bits each, that no row of the other side is known to equal */
} Side;

static const uint8_t *row_of(const Side *side, uint32_t row, size_t *size) {
    *size = side->starts[row + 1] - side->starts[row];
    return side->at + side->starts[row];
}

static int is_same_row(const Side *one, uint32_t row, const Side *other, uint32_t other_row) {
    size_t size, other_size;
    const uint8_t *at = row_of(one, row, &size), *other_at = row_of(other, other_row, &other_size);
    return size == other_size && memcmp(at, other_at, size) == 0;
}

static int push(Buffer *numbers, uint32_t number) {
    if (!buffer_reserve(numbers, 4)) return 0;
    memcpy(numbers->at + numbers->size, &number, 4);
    numbers->size += 4;
    return 1;
}

static uint32_t number_at(const Buffer *numbers, size_t index) {
    uint32_t number;
    memcpy(&number, numbers->at + index * 4, 4);
    return number;
}

static uint64_t row_hash(const Side *side, uint32_t row, uint64_t seed) {
    size_t size;
    const uint8_t *at = row_of(side, row, &size);
    uint64_t hash = seed ^ size;
    for (; size; size -= size < 8 ? size : 8, at += 8) {
        uint64_t word = 0;
        memcpy(&word, at, size < 8 ? size : 8);
        hash = mix(hash, word);
    }
    return hash;
}

/* Rows of the same bytes: the first of them stands for all, the next one to be paired with is `head`. */
typedef struct {
    uint32_t first, head, tail;
} Alike;

typedef struct {
    Alike *at;
    size_t room;
    uint32_t *next; /* by place among those left: the next with the same bytes */
    uint64_t seed;
} Known;

static Alike *find_alike(const Known *known, const Side *old, const Side *side, uint32_t row) {
    size_t place = (size_t)row_hash(side, row, known->seed) & (known->room - 1);
    while (known->at[place].first != NONE && !is_same_row(old, known->at[place].first, side, row))
        place = (place + 1) & (known->room - 1);
    return &known->at[place];
}

static int know_left(Known *known, const Side *old, size_t count) {
    known->room = 16;
    while (known->room < count * 2) known->room *= 2;
    known->at = malloc(known->room * sizeof *known->at);
    known->next = malloc((count + 1) * sizeof *known->next);
    if (known->at == NULL || known->next == NULL) return 0;
    for (size_t i = 0; i < known->room; i++) known->at[i].first = NONE;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = number_at(&old->left, i);
        Alike *alike = find_alike(known, old, old, row);
        known->next[i] = NONE;
        if (alike->first == NONE) alike->first = row, alike->head = i;
        else known->next[alike->tail] = i;
        alike->tail = i;
    }
    return 1;
}

/* Pairs the rows left on both sides whose bytes are the same, first with first; fewer are left then. */
static int pair_moved(Side *old, Side *new, uint64_t seed, Alignment *found) {
    size_t old_count = old->left.size / 4, new_count = new->left.size / 4, left = 0;
    Known known = {NULL, 0, NULL, seed};
    uint8_t *taken = calloc(old_count + 1, 1);
    int is_done = taken != NULL && know_left(&known, old, old_count);
    for (size_t i = 0; is_done && i < new_count; i++) {
        uint32_t row = number_at(&new->left, i);
        Alike *alike = find_alike(&known, old, new, row);
        if (alike->first == NONE || alike->head == NONE) {
            memcpy(new->left.at + 4 * left++, &row, 4);
            continue;
        }
        taken[alike->head] = 1;
        memcpy(found->places.at + 4 * (size_t)number_at(&old->left, alike->head), &row, 4);
        found->has_moved = 1;
        alike->head = known.next[alike->head];
    }
    if (is_done) {
        new->left.size = 4 * left;
        left = 0;
        for (size_t i = 0; i < old_count; i++) {
            uint32_t row = number_at(&old->left, i);
            if (!taken[i]) memcpy(old->left.at + 4 * left++, &row, 4);
        }
        old->left.size = 4 * left;
    }
    free(taken);
    free(known.at);
    free(known.next);
    return is_done;
}

typedef struct {
    uint32_t row_field, count;
    const uint32_t *fields;
} Key;

static int is_same_key(const Side *old, const Side *new, uint32_t row, const Key *key) {
    size_t size, other_size;
    const uint8_t *at = row_of(old, row, &size), *other = row_of(new, row, &other_size);
    return rows_alike(at, size, other, other_size, key->row_field, key->fields, key->count);
}

/* How many rows at the end are the same: what came or went before them has only moved them. */
static size_t count_tail(const Side *old, const Side *new) {
    size_t tail = 0;
    if (old->count == new->count) return 0; /* then nothing has moved, or not all of them together */
    while (tail < old->count && tail < new->count &&
           is_same_row(old, (uint32_t)(old->count - tail - 1), new, (uint32_t)(new->count - tail - 1)))
        tail++;
    return tail;
}

static int compare_in_place(Side *old, Side *new, const Key *key, Alignment *found) {
    size_t tail = count_tail(old, new), old_end = old->count - tail, new_end = new->count - tail;
    for (uint32_t row = 0; row < old_end || row < new_end; row++) {
        int is_old = row < old_end, is_new = row < new_end, is_same = is_old && is_new && is_same_row(old, row, new, row);
        if (is_old && !push(&found->places, is_same ? row : NONE)) return 0;
        if (is_same) continue;
        if (is_old && is_new && is_same_key(old, new, row, key)) {
            if (!push(&found->changed, row)) return 0;
        } else if ((is_old && !push(&old->left, row)) || (is_new && !push(&new->left, row))) {
            return 0;
        }
    }
    for (size_t i = 0; i < tail; i++)
        if (!push(&found->places, (uint32_t)(new_end + i))) return 0;
    found->has_moved = tail > 0;
    return 1;
}

int rows_align(const uint8_t *old, size_t old_size, const uint8_t *new, size_t new_size, uint32_t row_field,
               const uint32_t *key, size_t key_count, uint64_t seed, Alignment *found) {
    if (!row_starts(old, old_size, row_field, &found->old_starts) ||
        !row_starts(new, new_size, row_field, &found->new_starts))
        return 0;
    Side one = {old, (const uint32_t *)(const void *)found->old_starts.at, found->old_starts.size / 4 - 1, found->old_left};
    Side other = {new, (const uint32_t *)(const void *)found->new_starts.at, found->new_starts.size / 4 - 1, found->new_left};
    Key fields = {row_field, (uint32_t)key_count, key};
    int is_done = compare_in_place(&one, &other, &fields, found);
    if (is_done && one.left.size && other.left.size) is_done = pair_moved(&one, &other, seed, found);
    found->old_left = one.left, found->new_left = other.left;
    return is_done;
}

void alignment_free(Alignment *found) {
    free(found->old_starts.at);
    free(found->new_starts.at);
    free(found->places.at);
    free(found->changed.at);
    free(found->old_left.at);
    free(found->new_left.at);
}
