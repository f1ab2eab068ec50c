/* Rows of cells to rows on the wire, as far as every cell is plainly right.
 *
 * Nothing here knows Python, so that tests compile it with sanitizers (tests/core/). What a cell means is said in
 * gdata/parsing/cells/cell.py alone: this file recognizes whole numbers, decimals and texts with nothing unusual in them.
 * Any other cell is asked about once: `encode_*` lists it, the caller answers (`answer`), and calls again.
 */
#ifndef GDATA_ROWS_H
#define GDATA_ROWS_H

#include <stddef.h>
#include <stdint.h>

#define MAX_DEPTH 16 /* of messages within messages that have columns of their own */

typedef struct {
    const uint8_t *at;
    size_t size;
    uint8_t type; /* CELL_… */
} Cell;

enum { CELL_BLANK = 0, CELL_TEXT = 's', CELL_NUMBER = 'n', CELL_TRUE = 't', CELL_FALSE = 'f' };

typedef struct {
    uint8_t *at;
    size_t size, room;
} Buffer;

/* What is known of a cell that was asked about. */
enum {
    KNOWN_NOT = 0,
    KNOWN_ASKED,  /* listed, and not answered yet */
    KNOWN_WRONG,  /* something is to be told of it: its row is for Python */
    KNOWN_BLANK,  /* counts as a blank cell */
    KNOWN_FILLED, /* `answer` is its value on the wire */
    KNOWN_NOTE    /* its row is a note */
};

typedef struct {
    uint64_t hash, mask;
    size_t key, answer; /* where they begin in `bytes`; a key's first byte is the cell's type */
    size_t key_size, answer_size;
    uint8_t state;
} Entry;

typedef struct {
    Entry *entries; /* open addressing, at most half full */
    size_t room, count;
    Buffer bytes;
} Dictionary;

/* A step of a row's making, in the order of the wire. */
enum {
    STEP_VALUE = 0, /* a cell becomes a field's value */
    STEP_OPEN,      /* a message begins whose fields have columns */
    STEP_CLOSE,     /* it ends */
    STEP_FIXED,     /* a field without a column that has a default */
    STEP_NOTE,      /* the first cell tells whether the row is a note; with `element` it has to be alone then */
    STEP_MASK       /* a cell tells who sees the row */
};

enum { AS_ASKED = 0, AS_INTEGER, AS_FLOAT, AS_DOUBLE, AS_TEXT };
enum { WIRE_VARINT = 0, WIRE_ZIGZAG, WIRE_FIXED32, WIRE_FIXED64 };
enum { BLANK_WRONG = 0, BLANK_UNSET, BLANK_DEFAULT };

typedef struct {
    uint8_t what, as, wire, blank;
    uint8_t keeps_zero;     /* unset and zero differ, so zero is written */
    uint8_t element;         /* of a list of scalars: 1 the first, 2 a further one, which may not follow a blank one */
    int32_t column;
    int32_t oneof; /* from 1; 0: no member of one */
    int64_t low;   /* the bounds of an integer */
    uint64_t high;
    uint8_t tag[8];
    size_t tag_size;
    uint8_t *fixed; /* the default on the wire, or what a note begins with */
    size_t fixed_size;
    Dictionary known;
    uint8_t is_filled; /* whether some row had something there, in the last call */
} Step;

typedef struct {
    size_t step, key; /* `key` is a place in the step's `known.bytes` */
    size_t key_size;
} Asked;

typedef struct {
    Step *steps;
    size_t step_count;
    size_t width;  /* of the header: a filled cell behind it is wrong */
    size_t needed; /* how many cells of a row any step may look at */
    uint8_t row_tag[8];
    size_t row_tag_size;
    size_t view_count;
    uint64_t seed;
    int32_t oneof_count;
    uint64_t *oneofs; /* which message had the last member of each */
    uint64_t message; /* counts messages that begin */
    Cell *cells;
    Buffer row, *views;
    Buffer unescaped; /* texts of a row that don't stand in the input as they are */
    Asked *asked;
    size_t asked_count, asked_room;
    /* What the last call found. */
    size_t *view_rows;
    size_t lines;   /* read */
    size_t records; /* of them, neither blank nor notes */
    size_t notes;
} Encoder;

enum { DONE = 0, WRONG, ASKING, NO_MEMORY };

Encoder *encoder_new(size_t step_count, size_t width, size_t view_count, uint64_t seed);
int encoder_ready(Encoder *encoder); /* once all steps stand: 0 where they make no sense, or there is no memory */
void encoder_free(Encoder *encoder);

/* The rows of a text whose cells and rows end with these bytes. With `drops_cr` CR LF ends a row.
 * WRONG: line number `lines` (from 0) isn't plainly right. ASKING: see `asked`. */
int encode_text(Encoder *encoder, const uint8_t *at, const uint8_t *end, uint8_t cell_end, uint8_t row_end,
                int drops_cr);
/* The same of rows as Google writes them, `[…],[…]`. */
int encode_json(Encoder *encoder, const uint8_t *at, const uint8_t *end);
int answer(Encoder *encoder, size_t step, const uint8_t *key, size_t key_size, uint8_t state, uint64_t mask,
           const uint8_t *value, size_t value_size);
void forget(Encoder *encoder, size_t more_than); /* answers, where a dictionary has more than so many bytes */

/* What every way to read rows is made of. */
int buffer_reserve(Buffer *buffer, size_t more);
void encoder_begin(Encoder *encoder);
int encode_row(Encoder *encoder, const Cell *cells, size_t count, int is_long);

typedef struct {
    uint64_t *at;
    size_t count, room;
} Places;

/* Adds a place; 0: no memory. */
int note_place(Places *places, uint64_t place);

/* Where the rows stand in Google's answer to a batchGet: for each sheet where each row begins, and where the last one
 * ends; `sheets` says how many of these places there are up to the end of each sheet, `widths` how many cells a row of it
 * has at most. 0: it isn't as it should be. */
int find_ranges(const uint8_t *body, size_t size, Places *rows, Places *sheets, Places *widths);

/* What the cells of a workbook refer to: shared texts, and which styles show a number as what it is. */
typedef struct {
    const uint8_t *texts, *styles;
    const uint64_t *ends;
    size_t texts_size, text_count, style_count;
} Book;

/* Where each row of a worksheet's XML begins, by its number; the last place is the end; and how many columns have
 * something. 0: something in it is written otherwise. */
int find_xml_rows(const uint8_t *content, size_t size, const Book *book, Places *rows, size_t *width);
/* The shared texts of a workbook. 0: they are written otherwise. */
int read_xml_strings(const uint8_t *content, size_t size, Buffer *texts, Places *ends);
int encode_xml(Encoder *encoder, const uint8_t *at, const uint8_t *end, const Book *book);
/* The cells of one row; -1: it is written otherwise. Their texts may stand in `texts`. */
ptrdiff_t read_xml_row(const uint8_t *at, const uint8_t *end, const Book *book, Cell *cells, size_t needed, Buffer *texts);

/* Whether a field is a number that is greater in every row than in the one before, the first one than `last`: then no
 * table of them is needed. 1 or 0; -2: this is no table. */
int rows_rise(const uint8_t *at, size_t size, uint32_t row_field, uint32_t field, int64_t *last, int *is_first);
/* The table with these fields of its rows alone. 1; -1 no memory, -2 as above. */
int rows_only(const uint8_t *at, size_t size, uint32_t row_field, const uint32_t *fields, size_t count, Buffer *only);
/* How many bytes the whole fields at the beginning of a message take, `most` of them at most, and how many fields that is. */
size_t whole_fields(const uint8_t *at, size_t size, size_t most, size_t *count);
/* Whether no two rows of a table's wire have the same values in these fields of the row: 1 or 0, -1 no memory,
 * -2 this is no such table. */
int rows_differ(const uint8_t *at, size_t size, uint32_t row_field, const uint32_t *fields, size_t count,
                uint64_t seed);
/* Whether these fields of the rows, texts, have ASCII alone: 1 or 0, -2 as above. */
int rows_ascii(const uint8_t *at, size_t size, uint32_t row_field, const uint32_t *fields, size_t count);
/* Of a table on the wire, as 32 bits each: where its rows begin, and its end; and the CRC-32 of each. As 64 bits each: an
 * integer of every row, whose field isn't zigzag or fixed. 0: this is no such table, or there is no memory. */
int row_starts(const uint8_t *at, size_t size, uint32_t row_field, Buffer *starts);
int row_crcs(const uint8_t *at, size_t size, uint32_t row_field, Buffer *crcs);
int row_integers(const uint8_t *at, size_t size, uint32_t row_field, uint32_t field, Buffer *numbers);

/* A table on the wire as far as its rows are whole: where each begins, in 32 bits and from `base` on; `whole` is how many
 * bytes that is. 0: it is no such table, or there is no memory. */
int rows_scan(const uint8_t *at, size_t size, uint32_t row_field, uint32_t base, size_t *whole, Buffer *starts);

/* Rows of the same bytes have the same mark, and others have others. */
typedef struct {
    uint64_t bytes[2], key; /* hashes of all its bytes, and of its key's values */
} Mark;

typedef struct {
    Buffer changed;              /* the rows, 32 bits each, of the same key at the same place, with other bytes */
    Buffer old_left, new_left;   /* those of another key than the one at the same place, or where none is */
    Buffer old_marks, new_marks; /* theirs */
} Compared;

/* Two tables on the wire, row by row; the first one is row `number`. What differs is added to `found`, which the caller
 * frees. 0: one of them is no such table, or there is no memory. */
int rows_compare(const uint8_t *old, size_t old_size, const uint8_t *new, size_t new_size, uint32_t row_field,
                 const uint32_t *key, size_t key_count, uint64_t seed, uint32_t number, Compared *found);
void compared_free(Compared *found);

/* Which fields have other bytes in one of the pairs of rows of two tables of the same length, by number; what is marked may
 * mean the same all the same. 0: one is no such table, or has fields of higher numbers. */
#define ODD_FIELDS 1024
int rows_odd_fields(const uint8_t *old, size_t old_size, const uint8_t *new, size_t new_size, uint32_t row_field,
                    uint8_t is_odd[ODD_FIELDS]);

/* Of each old row the new one of the same bytes, first with first, in 32 bits; UINT32_MAX: there is none. 0: no memory. */
int rows_pair(const Mark *old, size_t old_count, const Mark *new, size_t new_count, Buffer *twins);

/* Where the first byte stands that is no UTF-8, or is zero; -1: nowhere. */
ptrdiff_t text_error(const uint8_t *at, size_t size);
/* Whether a carriage return stands anywhere but before a line feed. */
int has_lone_cr(const uint8_t *at, size_t size);

#endif
