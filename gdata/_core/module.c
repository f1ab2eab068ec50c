/* `gdata._core.native`: rows.h for Python. Only the limited API, so that one build serves every Python from 3.11 on;
 * the GIL is let go wherever bytes are read.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030B0000
#include <Python.h>

#include <stdlib.h>
#include <string.h>

#include "proofs.h"
#include "rows.h"

#define VERSION 12 /* as `_VERSION` in __init__.py has it: an older build that lies about isn't taken */

typedef struct {
    PyObject_HEAD
    Encoder *encoder;
    int is_busy; /* a thread is in it without the GIL */
} EncoderObject;

/* What was made, as bytes of Python's, and None where nothing was; what it lay in is freed. */
static PyObject *given(int is_made, Buffer *made) {
    PyObject *result = is_made ? PyBytes_FromStringAndSize((char *)made->at, (Py_ssize_t)made->size) : Py_NewRef(Py_None);
    free(made->at);
    made->at = NULL;
    return result;
}

/* --- steps -------------------------------------------------------------------------------------------------------- */

static int read_step(PyObject *fields, Step *step) {
    int what, as, wire, blank, keeps_zero, element, column, oneof;
    long long low;
    unsigned long long high;
    const char *tag, *fixed;
    Py_ssize_t tag_size, fixed_size;
    if (!PyArg_ParseTuple(fields, "iiiiiiiiLKy#y#", &what, &as, &wire, &blank, &keeps_zero, &element, &column, &oneof,
                          &low, &high, &tag, &tag_size, &fixed, &fixed_size))
        return 0;
    if ((size_t)tag_size > sizeof step->tag) {
        PyErr_SetString(PyExc_ValueError, "a tag is too long");
        return 0;
    }
    step->what = (uint8_t)what, step->as = (uint8_t)as, step->wire = (uint8_t)wire, step->blank = (uint8_t)blank;
    step->keeps_zero = (uint8_t)keeps_zero, step->element = (uint8_t)element;
    step->column = column, step->oneof = oneof, step->low = low, step->high = high;
    memcpy(step->tag, tag, (size_t)tag_size);
    step->tag_size = (size_t)tag_size;
    step->fixed = malloc((size_t)fixed_size + 1);
    if (step->fixed == NULL) {
        PyErr_NoMemory();
        return 0;
    }
    memcpy(step->fixed, fixed, (size_t)fixed_size);
    step->fixed_size = (size_t)fixed_size;
    return 1;
}

static int read_steps(EncoderObject *self, PyObject *steps) {
    for (Py_ssize_t i = 0; i < PyList_Size(steps); i++) {
        PyObject *fields = PyList_GetItem(steps, i); /* borrowed */
        if (fields == NULL || !PyTuple_Check(fields)) {
            PyErr_SetString(PyExc_TypeError, "a step is a tuple");
            return 0;
        }
        if (!read_step(fields, &self->encoder->steps[i])) return 0;
    }
    return 1;
}

static PyObject *encoder_make(PyTypeObject *type, PyObject *arguments, PyObject *names) {
    PyObject *steps;
    Py_ssize_t width, views, tag_size;
    const char *tag;
    unsigned long long seed;
    (void)names;
    if (!PyArg_ParseTuple(arguments, "O!ny#nK", &PyList_Type, &steps, &width, &tag, &tag_size, &views, &seed))
        return NULL;
    allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    EncoderObject *self = (EncoderObject *)allocate(type, 0);
    if (self == NULL) return NULL;
    self->encoder = NULL;
    if (width < 0 || views < 0 || views > 64 || (size_t)tag_size > sizeof self->encoder->row_tag) {
        PyErr_SetString(PyExc_ValueError, "no such encoder");
    } else if ((self->encoder = encoder_new((size_t)PyList_Size(steps), (size_t)width, (size_t)views, seed)) == NULL) {
        PyErr_NoMemory();
    } else if (read_steps(self, steps)) {
        memcpy(self->encoder->row_tag, tag, (size_t)tag_size);
        self->encoder->row_tag_size = (size_t)tag_size;
        if (encoder_ready(self->encoder)) return (PyObject *)self;
        PyErr_SetString(PyExc_ValueError, "the steps make no sense");
    }
    Py_DECREF(self);
    return NULL;
}

static void encoder_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    encoder_free(((EncoderObject *)self)->encoder);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

/* --- what it found ------------------------------------------------------------------------------------------------ */

static PyObject *asked(const Encoder *encoder) {
    PyObject *list = PyList_New((Py_ssize_t)encoder->asked_count);
    for (size_t i = 0; list && i < encoder->asked_count; i++) {
        const Asked *one = &encoder->asked[i];
        const uint8_t *key = encoder->steps[one->step].known.bytes.at + one->key;
        PyObject *item = Py_BuildValue("ny#", (Py_ssize_t)one->step, key, (Py_ssize_t)one->key_size);
        if (item == NULL || PyList_SetItem(list, (Py_ssize_t)i, item) < 0) Py_CLEAR(list);
    }
    return list;
}

static PyObject *views_of(const Encoder *encoder) {
    PyObject *views = PyList_New((Py_ssize_t)encoder->view_count);
    for (size_t i = 0; views && i < encoder->view_count; i++) {
        const Buffer *view = &encoder->views[i];
        PyObject *item = Py_BuildValue("y#n", view->size ? (char *)view->at : "", (Py_ssize_t)view->size,
                                       (Py_ssize_t)encoder->view_rows[i]);
        if (item == NULL || PyList_SetItem(views, (Py_ssize_t)i, item) < 0) Py_CLEAR(views);
    }
    return views;
}

static PyObject *filled_of(const Encoder *encoder) {
    PyObject *filled = PyList_New(0);
    for (size_t i = 0; filled && i < encoder->step_count; i++) {
        if (!encoder->steps[i].is_filled) continue;
        PyObject *column = PyLong_FromLong(encoder->steps[i].column);
        if (column == NULL || PyList_Append(filled, column) < 0) Py_CLEAR(filled);
        Py_XDECREF(column);
    }
    return filled;
}

static PyObject *found(const Encoder *encoder, int outcome) {
    if (outcome == NO_MEMORY) return PyErr_NoMemory();
    if (outcome == WRONG) return PyLong_FromSize_t(encoder->lines);
    if (outcome == ASKING) return asked(encoder);
    PyObject *views = views_of(encoder), *filled = views ? filled_of(encoder) : NULL;
    if (filled == NULL) {
        Py_XDECREF(views);
        return NULL;
    }
    return Py_BuildValue("NNnn", views, filled, (Py_ssize_t)encoder->records, (Py_ssize_t)encoder->notes);
}

static int enter(EncoderObject *self) {
    if (self->is_busy) {
        PyErr_SetString(PyExc_RuntimeError, "an encoder is for one thread at a time");
        return 0;
    }
    return self->is_busy = 1;
}

PyDoc_STRVAR(text_doc, "text(content, start, end, cell_end, row_end, drops_cr)\n\n"
                       "(views, filled columns, records, notes) of the rows in a part of a text; a list of (step, cell) "
                       "that have to be answered first; or the number of the first line that isn't plainly right.");

static PyObject *encoder_text(PyObject *object, PyObject *arguments) {
    EncoderObject *self = (EncoderObject *)object;
    Py_buffer content;
    Py_ssize_t start, end;
    unsigned char cell_end, row_end;
    int drops_cr, outcome;
    if (!PyArg_ParseTuple(arguments, "y*nnbbi", &content, &start, &end, &cell_end, &row_end, &drops_cr))
        return NULL;
    PyObject *result = NULL;
    if (start < 0 || start > end || end > content.len) {
        PyErr_SetString(PyExc_ValueError, "no such part of the text");
    } else if (enter(self)) {
        const uint8_t *at = content.buf;
        Py_BEGIN_ALLOW_THREADS
        outcome = encode_text(self->encoder, at + start, at + end, cell_end, row_end, drops_cr);
        Py_END_ALLOW_THREADS
        result = found(self->encoder, outcome);
        self->is_busy = 0;
    }
    PyBuffer_Release(&content);
    return result;
}

PyDoc_STRVAR(json_doc, "json(body, start, end)\n\nThe same of rows as Google writes them.");

static PyObject *encoder_json(PyObject *object, PyObject *arguments) {
    EncoderObject *self = (EncoderObject *)object;
    Py_buffer body;
    Py_ssize_t start, end;
    int outcome;
    if (!PyArg_ParseTuple(arguments, "y*nn", &body, &start, &end)) return NULL;
    PyObject *result = NULL;
    if (start < 0 || start > end || end > body.len) {
        PyErr_SetString(PyExc_ValueError, "no such part of the answer");
    } else if (enter(self)) {
        const uint8_t *at = body.buf;
        Py_BEGIN_ALLOW_THREADS
        outcome = encode_json(self->encoder, at + start, at + end);
        Py_END_ALLOW_THREADS
        result = found(self->encoder, outcome);
        self->is_busy = 0;
    }
    PyBuffer_Release(&body);
    return result;
}

/* (shared texts, 64 bits each where one ends, a byte a style). */
static int open_book(PyObject *arguments, Py_buffer buffers[3], Book *book) {
    if (!PyArg_ParseTuple(arguments, "y*y*y*", &buffers[0], &buffers[1], &buffers[2])) return 0;
    *book = (Book){.texts = buffers[0].buf, .texts_size = (size_t)buffers[0].len, .ends = buffers[1].buf,
                   .text_count = (size_t)buffers[1].len / sizeof(uint64_t), .styles = buffers[2].buf,
                   .style_count = (size_t)buffers[2].len};
    return 1;
}

static void close_book(Py_buffer buffers[3]) {
    for (int i = 0; i < 3; i++) PyBuffer_Release(&buffers[i]);
}

PyDoc_STRVAR(xml_doc, "xml(content, start, end, book)\n\nThe same of rows of a worksheet's XML.");

static PyObject *encoder_xml(PyObject *object, PyObject *arguments) {
    EncoderObject *self = (EncoderObject *)object;
    Py_buffer content, buffers[3];
    PyObject *parts, *result = NULL;
    Book book;
    Py_ssize_t start, end;
    int outcome;
    if (!PyArg_ParseTuple(arguments, "y*nnO!", &content, &start, &end, &PyTuple_Type, &parts)) return NULL;
    if (start < 0 || start > end || end > content.len) {
        PyErr_SetString(PyExc_ValueError, "no such part of the sheet");
    } else if (open_book(parts, buffers, &book)) {
        if (enter(self)) {
            const uint8_t *at = content.buf;
            Py_BEGIN_ALLOW_THREADS
            outcome = encode_xml(self->encoder, at + start, at + end, &book);
            Py_END_ALLOW_THREADS
            result = found(self->encoder, outcome);
            self->is_busy = 0;
        }
        close_book(buffers);
    }
    PyBuffer_Release(&content);
    return result;
}

PyDoc_STRVAR(answer_doc, "answer(step, cell, state, mask, wire)\n\nSay what a cell is that was asked about.");

static PyObject *encoder_answer(PyObject *object, PyObject *arguments) {
    EncoderObject *self = (EncoderObject *)object;
    Py_ssize_t step, cell_size, wire_size;
    const char *cell, *wire;
    int state, answered;
    unsigned long long mask;
    if (!PyArg_ParseTuple(arguments, "ny#iKy#", &step, &cell, &cell_size, &state, &mask, &wire, &wire_size))
        return NULL;
    if (state <= KNOWN_ASKED || state > KNOWN_NOTE) return PyErr_Format(PyExc_ValueError, "no such answer");
    if (!enter(self)) return NULL;
    answered = answer(self->encoder, (size_t)step, (const uint8_t *)cell, (size_t)cell_size, (uint8_t)state, mask,
                      (const uint8_t *)wire, (size_t)wire_size);
    self->is_busy = 0;
    if (answered < 0) return PyErr_NoMemory();
    if (answered == 0) return PyErr_Format(PyExc_KeyError, "nobody asked about that cell");
    Py_RETURN_NONE;
}

PyDoc_STRVAR(forget_doc, "forget(more_than)\n\nForget the answers of a step that take more than so many bytes.");

static PyObject *encoder_forget(PyObject *object, PyObject *arguments) {
    EncoderObject *self = (EncoderObject *)object;
    Py_ssize_t more_than;
    if (!PyArg_ParseTuple(arguments, "n", &more_than) || !enter(self)) return NULL;
    forget(self->encoder, more_than < 0 ? 0 : (size_t)more_than);
    self->is_busy = 0;
    Py_RETURN_NONE;
}

static PyMethodDef encoder_methods[] = {{"text", encoder_text, METH_VARARGS, text_doc},
                                        {"json", encoder_json, METH_VARARGS, json_doc},
                                        {"xml", encoder_xml, METH_VARARGS, xml_doc},
                                        {"answer", encoder_answer, METH_VARARGS, answer_doc},
                                        {"forget", encoder_forget, METH_VARARGS, forget_doc},
                                        {NULL, NULL, 0, NULL}};

static PyType_Slot encoder_slots[] = {{Py_tp_doc, "Turns a sheet's rows into rows on the wire. See rows.h."},
                                      {Py_tp_new, encoder_make},
                                      {Py_tp_dealloc, encoder_dealloc},
                                      {Py_tp_methods, encoder_methods},
                                      {0, NULL}};

static PyType_Spec encoder_spec = {"gdata._core.native.Encoder", sizeof(EncoderObject), 0, Py_TPFLAGS_DEFAULT,
                                   encoder_slots};

/* --- functions ---------------------------------------------------------------------------------------------------- */

#define MOST_FIELDS 16

static int read_numbers(PyObject *numbers, uint32_t *fields) {
    Py_ssize_t count = PyTuple_Size(numbers);
    if (count < 1 || count > MOST_FIELDS) {
        PyErr_SetString(PyExc_ValueError, "from 1 to 16 fields");
        return 0;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        unsigned long number = PyLong_AsUnsignedLong(PyTuple_GetItem(numbers, i));
        if (PyErr_Occurred()) return 0;
        fields[i] = (uint32_t)number;
    }
    return 1;
}

static PyObject *whether(int outcome) {
    if (outcome == -1) return PyErr_NoMemory();
    return PyBool_FromLong(outcome == 1);
}

PyDoc_STRVAR(differ_doc, "differ(table, row_field, fields, seed)\n\n"
                         "Whether no two rows of a table on the wire have the same values in these fields; False too "
                         "where it can't be told.");

static PyObject *differ(PyObject *module, PyObject *arguments) {
    Py_buffer table;
    unsigned int row_field;
    PyObject *numbers;
    unsigned long long seed;
    uint32_t fields[MOST_FIELDS];
    int outcome = 0;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*IO!K", &table, &row_field, &PyTuple_Type, &numbers, &seed)) return NULL;
    int is_read = read_numbers(numbers, fields);
    if (is_read) {
        size_t count = (size_t)PyTuple_Size(numbers);
        Py_BEGIN_ALLOW_THREADS
        outcome = rows_differ(table.buf, (size_t)table.len, row_field, fields, count, seed);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&table);
    return is_read ? whether(outcome) : NULL;
}

PyDoc_STRVAR(rises_doc, "rises(table, row_field, field, last)\n\n"
                        "The last value of a number that rises from row to row, from `last` on; None where it doesn't, or "
                        "this is no such table.");

static PyObject *rises(PyObject *module, PyObject *arguments) {
    Py_buffer table;
    unsigned int row_field, field;
    PyObject *before;
    int outcome = 0, is_first;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*IIO", &table, &row_field, &field, &before)) return NULL;
    int64_t last = (is_first = before == Py_None) ? 0 : PyLong_AsLongLong(before);
    if (!PyErr_Occurred()) {
        Py_BEGIN_ALLOW_THREADS
        outcome = rows_rise(table.buf, (size_t)table.len, row_field, field, &last, &is_first);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&table);
    if (PyErr_Occurred()) return NULL;
    return outcome == 1 && !is_first ? PyLong_FromLongLong(last) : Py_NewRef(Py_None);
}

PyDoc_STRVAR(only_doc, "only(table, row_field, fields)\n\nThe table with these fields of its rows alone; None where it is no such table.");

static PyObject *only(PyObject *module, PyObject *arguments) {
    Py_buffer table;
    unsigned int row_field;
    PyObject *numbers, *result = NULL;
    uint32_t fields[MOST_FIELDS];
    Buffer kept = {NULL, 0, 0};
    int outcome;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*IO!", &table, &row_field, &PyTuple_Type, &numbers)) return NULL;
    if (read_numbers(numbers, fields)) {
        size_t count = (size_t)PyTuple_Size(numbers);
        Py_BEGIN_ALLOW_THREADS
        outcome = rows_only(table.buf, (size_t)table.len, row_field, fields, count, &kept);
        Py_END_ALLOW_THREADS
        result = outcome == -1 ? PyErr_NoMemory() : given(outcome == 1, &kept);
    }
    free(kept.at);
    PyBuffer_Release(&table);
    return result;
}

PyDoc_STRVAR(fields_doc, "fields(content, most)\n\nHow many bytes the whole fields at the beginning of a message take, `most` at "
                         "most, and how many fields that is.");

static PyObject *fields_of(PyObject *module, PyObject *arguments) {
    Py_buffer content;
    Py_ssize_t most;
    size_t end, count;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*n", &content, &most)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    end = whole_fields(content.buf, (size_t)content.len, most < 0 ? 0 : (size_t)most, &count);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&content);
    return Py_BuildValue("nn", (Py_ssize_t)end, (Py_ssize_t)count);
}

PyDoc_STRVAR(ascii_doc, "ascii(table, row_field, fields)\n\n"
                        "Whether these fields of all rows of a table on the wire, texts, are ASCII.");

static PyObject *ascii(PyObject *module, PyObject *arguments) {
    Py_buffer table;
    unsigned int row_field;
    PyObject *numbers;
    uint32_t fields[MOST_FIELDS];
    int outcome = 0;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*IO!", &table, &row_field, &PyTuple_Type, &numbers)) return NULL;
    int is_read = read_numbers(numbers, fields);
    if (is_read) {
        size_t count = (size_t)PyTuple_Size(numbers);
        Py_BEGIN_ALLOW_THREADS
        outcome = rows_ascii(table.buf, (size_t)table.len, row_field, fields, count);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&table);
    return is_read ? whether(outcome) : NULL;
}

PyDoc_STRVAR(utf8_doc, "utf8_error(content)\n\nWhere the first byte stands that is no UTF-8, or is zero; -1: nowhere.");

static PyObject *utf8_error(PyObject *module, PyObject *arguments) {
    Py_buffer content;
    ptrdiff_t place;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*", &content)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    place = text_error(content.buf, (size_t)content.len);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&content);
    return PyLong_FromSsize_t((Py_ssize_t)place);
}

PyDoc_STRVAR(cr_doc, "lone_cr(content)\n\nWhether a carriage return stands anywhere but before a line feed.");

static PyObject *lone_cr(PyObject *module, PyObject *arguments) {
    Py_buffer content;
    int found;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*", &content)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    found = has_lone_cr(content.buf, (size_t)content.len);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&content);
    return PyBool_FromLong(found);
}

PyDoc_STRVAR(ranges_doc, "json_ranges(body)\n\nFor each sheet of an answer, as 64 bits a place, where each row begins and "
                         "the last one ends; and as 64 bits a sheet, how many cells a row has at most. None where the "
                         "answer isn't as it should be.");

static PyObject *places_by_sheet(const Places *rows, const Places *sheets) {
    PyObject *list = PyList_New((Py_ssize_t)sheets->count);
    for (size_t i = 0, start = 0; list && i < sheets->count; start = (size_t)sheets->at[i++]) {
        size_t bytes = ((size_t)sheets->at[i] - start) * sizeof *rows->at;
        PyObject *places = PyBytes_FromStringAndSize((const char *)(rows->at + start), (Py_ssize_t)bytes);
        if (places == NULL || PyList_SetItem(list, (Py_ssize_t)i, places) < 0) Py_CLEAR(list);
    }
    return list;
}

static PyObject *json_ranges(PyObject *module, PyObject *arguments) {
    Py_buffer body;
    Places rows = {NULL, 0, 0}, sheets = {NULL, 0, 0}, widths = {NULL, 0, 0};
    int is_found;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*", &body)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    is_found = find_ranges(body.buf, (size_t)body.len, &rows, &sheets, &widths);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&body);
    PyObject *found = is_found ? places_by_sheet(&rows, &sheets) : NULL;
    PyObject *result = found ? Py_BuildValue("Ny#", found, widths.at ? (const char *)widths.at : "",
                                             (Py_ssize_t)(widths.count * sizeof *widths.at))
                       : PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    free(rows.at);
    free(sheets.at);
    free(widths.at);
    return result;
}

PyDoc_STRVAR(xml_rows_doc, "xml_rows(content, book)\n\nAs 64 bits a place, where each row of a worksheet's XML begins, and the "
                           "end; and how many columns have "
                           "something. None where something in it isn't plainly written.");

static PyObject *xml_rows(PyObject *module, PyObject *arguments) {
    Py_buffer content, buffers[3];
    PyObject *parts, *result = NULL;
    Places rows = {NULL, 0, 0};
    Book book;
    size_t width = 0;
    int is_found;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*O!", &content, &PyTuple_Type, &parts)) return NULL;
    if (open_book(parts, buffers, &book)) {
        Py_BEGIN_ALLOW_THREADS
        is_found = find_xml_rows(content.buf, (size_t)content.len, &book, &rows, &width);
        Py_END_ALLOW_THREADS
        Py_ssize_t bytes = (Py_ssize_t)(rows.count * sizeof *rows.at);
        result = is_found ? Py_BuildValue("y#n", (const char *)rows.at, bytes, (Py_ssize_t)width) : Py_NewRef(Py_None);
        close_book(buffers);
    }
    free(rows.at);
    PyBuffer_Release(&content);
    return result;
}

PyDoc_STRVAR(xml_strings_doc, "xml_strings(content)\n\nThe shared texts of a workbook, and as 64 bits where each ends; None "
                              "where they aren't plainly written.");

static PyObject *xml_strings(PyObject *module, PyObject *arguments) {
    Py_buffer content;
    Places ends = {NULL, 0, 0};
    Buffer texts = {NULL, 0, 0};
    int is_read;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*", &content)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    is_read = read_xml_strings(content.buf, (size_t)content.len, &texts, &ends);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&content);
    PyObject *result = is_read ? Py_BuildValue("y#y#", texts.at ? (char *)texts.at : "", (Py_ssize_t)texts.size,
                                               ends.at ? (char *)ends.at : "", (Py_ssize_t)(ends.count * sizeof *ends.at))
                               : Py_NewRef(Py_None);
    free(ends.at);
    free(texts.at);
    return result;
}

PyDoc_STRVAR(xml_cells_doc, "xml_cells(content, start, end, book)\n\nThe cells of one row, each a letter for its type and what "
                            "stands there; None where the row isn't plainly written.");

#define WIDEST 16384

static PyObject *cells_of(const Cell *cells, ptrdiff_t count) {
    PyObject *list = PyList_New((Py_ssize_t)count);
    for (ptrdiff_t i = 0; list && i < count; i++) {
        Py_ssize_t size = (Py_ssize_t)cells[i].size + (cells[i].type != CELL_BLANK);
        PyObject *item = PyBytes_FromStringAndSize(NULL, size);
        char *at = item ? PyBytes_AsString(item) : NULL;
        if (at == NULL) {
            Py_CLEAR(list);
            return NULL;
        }
        if (size) at[0] = (char)cells[i].type;
        if (cells[i].size) memcpy(at + 1, cells[i].at, cells[i].size);
        if (PyList_SetItem(list, (Py_ssize_t)i, item) < 0) Py_CLEAR(list);
    }
    return list;
}

static PyObject *xml_cells(PyObject *module, PyObject *arguments) {
    Py_buffer content, buffers[3];
    PyObject *parts, *result = NULL;
    Book book;
    Py_ssize_t start, end;
    Buffer texts = {NULL, 0, 0};
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*nnO!", &content, &start, &end, &PyTuple_Type, &parts)) return NULL;
    Cell *cells = malloc(WIDEST * sizeof *cells);
    if (cells == NULL) {
        PyErr_NoMemory();
    } else if (start < 0 || start > end || end > content.len) {
        PyErr_SetString(PyExc_ValueError, "no such part of the sheet");
    } else if (open_book(parts, buffers, &book)) {
        const uint8_t *at = content.buf;
        ptrdiff_t count = read_xml_row(at + start, at + end, &book, cells, WIDEST, &texts);
        result = count < 0 ? Py_NewRef(Py_None) : cells_of(cells, count);
        close_book(buffers);
    }
    free(texts.at);
    free(cells);
    PyBuffer_Release(&content);
    return result;
}

PyDoc_STRVAR(places_doc, "places(table, row_field)\n\nOf a table on the wire, as 32 bits each: where its rows begin and its end, "
                         "and the CRC-32 of each; None where it is no such table.");

static PyObject *places(PyObject *module, PyObject *arguments) {
    Py_buffer table;
    unsigned int row_field;
    Buffer starts = {NULL, 0, 0}, crcs = {NULL, 0, 0};
    int is_found;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*I", &table, &row_field)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    is_found = row_starts(table.buf, (size_t)table.len, row_field, &starts) &&
               row_crcs(table.buf, (size_t)table.len, row_field, &crcs);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&table);
    PyObject *result = is_found ? Py_BuildValue("y#y#", (char *)starts.at, (Py_ssize_t)starts.size,
                                                crcs.at ? (char *)crcs.at : "", (Py_ssize_t)crcs.size)
                                : Py_NewRef(Py_None);
    free(starts.at);
    free(crcs.at);
    return result;
}

PyDoc_STRVAR(integers_doc, "integers(table, row_field, field)\n\nAs 64 bits each, an integer of every row, whose field isn't zigzag "
                           "or fixed; None where it is no such table.");

static PyObject *integers(PyObject *module, PyObject *arguments) {
    Py_buffer table;
    unsigned int row_field, field;
    Buffer numbers = {NULL, 0, 0};
    int is_found;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*II", &table, &row_field, &field)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    is_found = row_integers(table.buf, (size_t)table.len, row_field, field, &numbers);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&table);
    return given(is_found, &numbers);
}

/* --- proofs ------------------------------------------------------------------------------------------------------- */

static int read_values(PyObject *object, Values *values) {
    char *at = NULL;
    Py_ssize_t size = 0;
    values->at = NULL, values->size = 0;
    if (object == Py_None) return 1;
    if (PyBytes_AsStringAndSize(object, &at, &size) < 0) return 0;
    values->at = (const uint8_t *)at, values->size = (size_t)size;
    return 1;
}

static int is_tuple(PyObject *object) {
    if (object != NULL && !PyTuple_Check(object)) PyErr_SetString(PyExc_TypeError, "a tuple was expected");
    return object != NULL && PyTuple_Check(object);
}

static int read_rules(PyObject *fields, FieldRules *rules) {
    int kind, absent, is_list;
    unsigned int number, message;
    unsigned long long low, high, sizes[6];
    PyObject *allowed, *forbidden;
    if (!PyArg_ParseTuple(fields, "IiiiKKddKKKKKKOOI", &number, &kind, &absent, &is_list, &low, &high, &rules->least,
                          &rules->most, &sizes[0], &sizes[1], &sizes[2], &sizes[3], &sizes[4], &sizes[5], &allowed,
                          &forbidden, &message))
        return 0;
    rules->number = number, rules->kind = (uint8_t)kind, rules->absent = (uint8_t)absent;
    rules->is_list = (uint8_t)is_list, rules->low = low, rules->high = high, rules->message = message;
    rules->min_chars = sizes[0], rules->max_chars = sizes[1], rules->min_bytes = sizes[2], rules->max_bytes = sizes[3];
    rules->min_items = sizes[4], rules->max_items = sizes[5];
    return read_values(allowed, &rules->allowed) && read_values(forbidden, &rules->forbidden);
}

/* The rules of each message; everything in them is immutable, and borrowed. */
static int read_messages(PyObject *tuples, FieldRules *fields, MessageRules *messages) {
    Py_ssize_t count = PyTuple_Size(tuples);
    for (Py_ssize_t i = 0; i < count; i++, fields += MOST_RULES) {
        PyObject *own = PyTuple_GetItem(tuples, i);
        Py_ssize_t size = own && PyTuple_Check(own) ? PyTuple_Size(own) : MOST_RULES + 1;
        if (size > MOST_RULES) break;
        messages[i].fields = fields, messages[i].count = (size_t)size;
        for (Py_ssize_t k = 0; k < size; k++) {
            PyObject *one = PyTuple_GetItem(own, k);
            if (!is_tuple(one) || !read_rules(one, &fields[k])) return 0;
            int is_below = fields[k].message > (size_t)i && fields[k].message < (size_t)count;
            if (fields[k].kind == KIND_MESSAGE && !is_below) {
                PyErr_SetString(PyExc_ValueError, "no such message");
                return 0;
            }
        }
        if (i + 1 == count) return 1;
    }
    PyErr_SetString(PyExc_ValueError, "no such rules");
    return 0;
}

PyDoc_STRVAR(meets_doc, "meets(content, messages)\n\nWhether a message on the wire is seen to meet the first of these rules; "
                        "see FieldRules in proofs.h.");

static PyObject *meets(PyObject *module, PyObject *arguments) {
    Py_buffer content;
    PyObject *tuples, *result = NULL;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*O!", &content, &PyTuple_Type, &tuples)) return NULL;
    size_t count = (size_t)PyTuple_Size(tuples);
    FieldRules *fields = count <= MOST_RULES ? calloc(count * MOST_RULES + 1, sizeof *fields) : NULL;
    MessageRules messages[MOST_RULES];
    if (fields == NULL) {
        PyErr_NoMemory();
    } else if (read_messages(tuples, fields, messages)) {
        int is_met;
        Py_BEGIN_ALLOW_THREADS
        is_met = message_meets(content.buf, (size_t)content.len, messages);
        Py_END_ALLOW_THREADS
        result = PyBool_FromLong(is_met);
    }
    free(fields);
    PyBuffer_Release(&content);
    return result;
}

/* A column of a table whose bytes are borrowed from the tuple. */
static int read_column(PyObject *tuple, WireColumn *column) {
    PyObject *content, *path, *when_value;
    int kind, absent, is_list, when_kind;
    unsigned int when;
    Values bytes;
    if (!is_tuple(tuple) ||
        !PyArg_ParseTuple(tuple, "O!O!iiiIiO", &PyBytes_Type, &content, &PyTuple_Type, &path, &kind, &absent, &is_list, &when,
                          &when_kind, &when_value))
        return 0;
    if (!read_values(content, &bytes) || !read_values(when_value, &column->when_value)) return 0;
    column->at = bytes.at, column->size = bytes.size, column->steps = (size_t)PyTuple_Size(path);
    column->kind = (uint8_t)kind, column->absent = (uint8_t)absent, column->is_list = (uint8_t)is_list;
    column->when = when, column->when_kind = (uint8_t)when_kind;
    for (size_t i = 0; i < column->steps && i < MOST_STEPS; i++)
        column->path[i] = (uint32_t)PyLong_AsUnsignedLong(PyTuple_GetItem(path, (Py_ssize_t)i));
    return !PyErr_Occurred();
}

#define MOST_REFERENTS 16

PyDoc_STRVAR(refers_doc, "refers(column, others, more, seed)\n\nWhether every value of a column is seen to be in one of the "
                         "others, or among `more`; see WireColumn in proofs.h.");

static PyObject *refers(PyObject *module, PyObject *arguments) {
    PyObject *own, *tuples, *more;
    unsigned long long seed;
    WireColumn column, others[MOST_REFERENTS];
    Values values;
    int outcome;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!O!OK", &PyTuple_Type, &own, &PyTuple_Type, &tuples, &more, &seed)) return NULL;
    Py_ssize_t count = PyTuple_Size(tuples);
    if (count > MOST_REFERENTS) return Py_NewRef(Py_False);
    if (!read_values(more, &values) || !read_column(own, &column)) return NULL;
    for (Py_ssize_t i = 0; i < count; i++)
        if (!read_column(PyTuple_GetItem(tuples, i), &others[i])) return NULL;
    Py_BEGIN_ALLOW_THREADS
    outcome = column_refers(&column, others, (size_t)count, values, seed);
    Py_END_ALLOW_THREADS
    return outcome < 0 ? PyErr_NoMemory() : PyBool_FromLong(outcome);
}

PyDoc_STRVAR(scan_doc, "scan(table, row_field, base)\n\nOf a table on the wire, as far as its rows are whole: how many bytes "
                       "that is, and where each row begins, in 32 bits and from base on. None where it is no such table.");

static PyObject *scan(PyObject *module, PyObject *arguments) {
    Py_buffer table;
    unsigned int row_field, base;
    Buffer starts = {NULL, 0, 0};
    size_t whole;
    int is_found;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*II", &table, &row_field, &base)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    is_found = rows_scan(table.buf, (size_t)table.len, row_field, base, &whole, &starts);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&table);
    PyObject *found = given(is_found, &starts);
    return is_found ? Py_BuildValue("nN", (Py_ssize_t)whole, found) : found;
}

PyDoc_STRVAR(compare_doc, "compare(old, new, row_field, key, seed, number)\n\nOf two tables on the wire, row by row, the first "
                          "of them being this number: the rows, in 32 bits, of the same key with other bytes; those of the "
                          "old and of the new one that have another key than the one at the same place, or none there; "
                          "what tells these apart, three times 64 bits each. None where one is no such table.");

static PyObject *compared(const Compared *made) {
    const Buffer *parts[] = {&made->changed, &made->old_left, &made->new_left, &made->old_marks, &made->new_marks};
    PyObject *result = PyTuple_New(5);
    for (int i = 0; result && i < 5; i++) {
        PyObject *part = PyBytes_FromStringAndSize((char *)parts[i]->at, (Py_ssize_t)parts[i]->size);
        if (part == NULL || PyTuple_SetItem(result, i, part) < 0) Py_CLEAR(result);
    }
    return result;
}

static PyObject *compare(PyObject *module, PyObject *arguments) {
    Py_buffer old, new;
    unsigned int row_field, number;
    unsigned long long seed;
    PyObject *numbers, *result = NULL;
    uint32_t fields[MOST_FIELDS];
    Compared made = {0};
    int is_found;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*y*IO!KI", &old, &new, &row_field, &PyTuple_Type, &numbers, &seed, &number))
        return NULL;
    if (read_numbers(numbers, fields)) {
        size_t count = (size_t)PyTuple_Size(numbers);
        Py_BEGIN_ALLOW_THREADS
        is_found = rows_compare(old.buf, (size_t)old.len, new.buf, (size_t)new.len, row_field, fields, count, seed, number,
                                &made);
        Py_END_ALLOW_THREADS
        result = is_found ? compared(&made) : Py_NewRef(Py_None);
        compared_free(&made);
    }
    PyBuffer_Release(&old);
    PyBuffer_Release(&new);
    return result;
}

PyDoc_STRVAR(odd_fields_doc, "odd_fields(old, new, row_field)\n\nThe numbers of the fields that have other bytes in one of the pairs "
                             "of rows of two tables on the wire; None where that can't be told.");

static PyObject *odd_fields(PyObject *module, PyObject *arguments) {
    Py_buffer old, new;
    unsigned int row_field;
    uint8_t is_odd[ODD_FIELDS] = {0};
    int is_found;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*y*I", &old, &new, &row_field)) return NULL;
    Py_BEGIN_ALLOW_THREADS
    is_found = rows_odd_fields(old.buf, (size_t)old.len, new.buf, (size_t)new.len, row_field, is_odd);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&old);
    PyBuffer_Release(&new);
    if (!is_found) Py_RETURN_NONE;
    PyObject *numbers = PyList_New(0);
    for (unsigned long i = 0; numbers && i < ODD_FIELDS; i++) {
        PyObject *number = is_odd[i] ? PyLong_FromUnsignedLong(i) : NULL;
        if (is_odd[i] && (number == NULL || PyList_Append(numbers, number) < 0)) Py_CLEAR(numbers);
        Py_XDECREF(number);
    }
    PyObject *result = numbers ? PyList_AsTuple(numbers) : NULL;
    Py_XDECREF(numbers);
    return result;
}

PyDoc_STRVAR(pair_doc, "pair(old, new)\n\nOf rows as compare tells them apart: of each old one the first new one of the same "
                       "bytes, in 32 bits; all ones where there is none.");

static PyObject *pair(PyObject *module, PyObject *arguments) {
    Py_buffer old, new;
    PyObject *result = NULL;
    Buffer twins = {NULL, 0, 0};
    int is_done;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*y*", &old, &new)) return NULL;
    if (old.len % (Py_ssize_t)sizeof(Mark) || new.len % (Py_ssize_t)sizeof(Mark) ||
        ((uintptr_t)old.buf | (uintptr_t)new.buf) % sizeof(uint64_t)) {
        PyErr_SetString(PyExc_ValueError, "this isn't what tells rows apart");
    } else {
        Py_BEGIN_ALLOW_THREADS
        is_done = rows_pair(old.buf, (size_t)old.len / sizeof(Mark), new.buf, (size_t)new.len / sizeof(Mark), &twins);
        Py_END_ALLOW_THREADS
        result = is_done ? PyBytes_FromStringAndSize((char *)twins.at, (Py_ssize_t)twins.size) : PyErr_NoMemory();
        free(twins.at);
    }
    PyBuffer_Release(&old);
    PyBuffer_Release(&new);
    return result;
}

static PyMethodDef functions[] = {{"differ", differ, METH_VARARGS, differ_doc},
                                  {"rises", rises, METH_VARARGS, rises_doc},
                                  {"only", only, METH_VARARGS, only_doc},
                                  {"fields", fields_of, METH_VARARGS, fields_doc},
                                  {"ascii", ascii, METH_VARARGS, ascii_doc},
                                  {"utf8_error", utf8_error, METH_VARARGS, utf8_doc},
                                  {"xml_rows", xml_rows, METH_VARARGS, xml_rows_doc},
                                  {"xml_strings", xml_strings, METH_VARARGS, xml_strings_doc},
                                  {"xml_cells", xml_cells, METH_VARARGS, xml_cells_doc},
                                  {"json_ranges", json_ranges, METH_VARARGS, ranges_doc},
                                  {"places", places, METH_VARARGS, places_doc},
                                  {"integers", integers, METH_VARARGS, integers_doc},
                                  {"scan", scan, METH_VARARGS, scan_doc},
                                  {"compare", compare, METH_VARARGS, compare_doc},
                                  {"pair", pair, METH_VARARGS, pair_doc},
                                  {"odd_fields", odd_fields, METH_VARARGS, odd_fields_doc},
                                  {"lone_cr", lone_cr, METH_VARARGS, cr_doc},
                                  {"meets", meets, METH_VARARGS, meets_doc},
                                  {"refers", refers, METH_VARARGS, refers_doc},
                                  {NULL, NULL, 0, NULL}};

static int fill_module(PyObject *module) {
    PyObject *type = PyType_FromSpec(&encoder_spec);
    if (type == NULL) return -1;
    int added = PyModule_AddObjectRef(module, "Encoder", type);
    Py_DECREF(type);
    return added < 0 ? -1 : PyModule_AddIntConstant(module, "VERSION", VERSION);
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, fill_module}, {0, NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "gdata._core.native", NULL, 0, functions, slots,
                                        NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_native(void) { return PyModuleDef_Init(&definition); }
