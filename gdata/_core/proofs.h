/* What is proven of a table's columns on the wire, so that no row has to become a message for it. A proof that fails
 * says nothing: then Python looks, and tells what is wrong and where.
 */
#ifndef GDATA_PROOFS_H
#define GDATA_PROOFS_H

#include <stddef.h>
#include <stdint.h>

#define MOST_RULES 64  /* fields with rules in one message, and messages of one table */
#define MOST_STEPS 16  /* from a table down to a field */

enum {
    KIND_SIGNED = 0, /* a varint of 64 bits, and of 32 */
    KIND_SIGNED32,
    KIND_UNSIGNED,
    KIND_UNSIGNED32,
    KIND_ZIGZAG,
    KIND_FIXED32,
    KIND_SIGNED_FIXED32,
    KIND_FIXED64,
    KIND_SIGNED_FIXED64,
    KIND_FLOAT,
    KIND_DOUBLE,
    KIND_TEXT, /* or bytes */
    KIND_MESSAGE
};

/* What it means that a field isn't there: it has to be; nothing; that it is zero, or empty. */
enum { ABSENT_WRONG = 0, ABSENT_FINE, ABSENT_ZERO };

/* Numbers are in order: those of signed kinds with the sign's bit turned over, floats as a double's bits. Values one
 * after the other are such numbers of eight bytes, or texts with their size in four bytes before them, little-endian. */
typedef struct {
    const uint8_t *at;
    size_t size;
} Values;

typedef struct {
    uint32_t number;
    uint8_t kind, absent, is_list;
    uint64_t low, high; /* of whole numbers */
    double least, most; /* of floats */
    uint64_t min_chars, max_chars, min_bytes, max_bytes, min_items, max_items;
    Values allowed, forbidden; /* `allowed.at` NULL: all */
    size_t message;            /* of KIND_MESSAGE: which one's rules hold in it; behind the own one's */
} FieldRules;

typedef struct {
    const FieldRules *fields; /* by number */
    size_t count;
} MessageRules;

/* Whether a message on the wire is seen to meet the first of these rules. */
int message_meets(const uint8_t *at, size_t size, const MessageRules *messages);

typedef struct {
    const uint8_t *at; /* the table */
    size_t size;
    uint32_t path[MOST_STEPS]; /* field numbers */
    size_t steps;
    uint8_t kind, absent, is_list;
    uint32_t when; /* the sibling whose value has to be this one; 0: none */
    uint8_t when_kind;
    Values when_value;
} WireColumn;

/* Whether every value of a column is seen to be in one of the others, or among `more`; empty texts don't count.
 * -1: no memory. */
int column_refers(const WireColumn *column, const WireColumn *others, size_t count, Values more, uint64_t seed);

#endif
