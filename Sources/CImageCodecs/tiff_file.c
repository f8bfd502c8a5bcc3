#include "tiff_file.h"

#include <string.h>

#include "status.h"

// From 4.5.0 on a file has handlers of its own; before, the process has one that knows the file.
#if TIFFLIB_VERSION >= 20221213
#define HAS_OWN_HANDLERS 1
#else
#define HAS_OWN_HANDLERS 0
#include <pthread.h>
#endif

// ---- The file in memory ------------------------------------------------------------------

static tmsize_t on_read(thandle_t handle, void *target, tmsize_t count) {
    TIFFReader *reader = handle;
    if (count < 0) return -1;
    size_t left = reader->position < reader->length ? reader->length - reader->position : 0;
    size_t given = (size_t)count < left ? (size_t)count : left;
    if (given < (size_t)count) reader->past_end = 1;
    if (given > 0) memcpy(target, reader->bytes + reader->position, given);
    reader->position += given;
    return (tmsize_t)given;
}

static tmsize_t on_write(thandle_t handle, void *source, tmsize_t count) {
    (void)handle, (void)source, (void)count;
    return -1;
}

static toff_t on_seek(thandle_t handle, toff_t offset, int whence) {
    TIFFReader *reader = handle;
    toff_t base = whence == SEEK_CUR ? reader->position : whence == SEEK_END ? reader->length : 0;
    toff_t place = base + offset;
    if (place > reader->length) reader->past_end = 1;
    reader->position = place > SIZE_MAX ? SIZE_MAX : (size_t)place;
    return place;
}

static int on_close(thandle_t handle) {
    (void)handle;
    return 0;
}

static toff_t on_size(thandle_t handle) { return ((TIFFReader *)handle)->length; }

// The first error is the cause of the others.
static void note_error(TIFFReader *reader, const char *format, va_list arguments) {
    if (reader->status != CIC_OK) return;
    char text[sizeof reader->message->text];
    vsnprintf(text, sizeof text, format, arguments);
    // A value that is none of the eight says nothing, as elsewhere; libtiff goes on without it.
    if (strstr(text, "for \"Orientation\" tag") != NULL) return;
    reader->status = CIC_DAMAGED;
    if (reader->message != NULL) memcpy(reader->message->text, text, sizeof text);
}

const char *const CIC_TIFF_REWRITE =
    "write it again with another compression, for example: pip install tifffile imagecodecs; python3 -c "
    "\"import sys, tifffile as t; t.imwrite(sys.argv[2], t.imread(sys.argv[1]))\" IN.tif OUT.tif";

// Whether libtiff, or a library that it uses, says that it does not know a variant.
static int tells_unsupported(const char *text) {
    return strstr(text, "nsupported") != NULL || strstr(text, "ot supported") != NULL ||
        strstr(text, "ot implemented") != NULL || strstr(text, "lerc_decode") != NULL;
}

CICStatus cic_tiff_failure(TIFFReader *reader, const char *otherwise) {
    if (reader->status == CIC_OK) cic_fail(CIC_DAMAGED, reader->message, otherwise);
    if (reader->past_end) return CIC_TRUNCATED;
    if (reader->message == NULL || !tells_unsupported(reader->message->text)) return CIC_DAMAGED;
    CICMessage message = *reader->message;
    int is_lossless = strstr(message.text, "JPEG process: SOF type 0xc3") != NULL;
    const char *text = is_lossless ? "lossless JPEG, which is not read inside of TIFF" : message.text;
    return cic_refuse(reader->message, text, CIC_TIFF_REWRITE);
}

#if HAS_OWN_HANDLERS
static int on_error(
    TIFF *tiff, void *user, const char *module, const char *format, va_list arguments) {
    (void)tiff, (void)module;
    note_error(user, format, arguments);
    return 1;
}

static int on_warning(
    TIFF *tiff, void *user, const char *module, const char *format, va_list arguments) {
    (void)tiff, (void)user, (void)module, (void)format, (void)arguments;
    return 1;
}

// Bytes of memory that libtiff may take at once: above any table of strips that is real.
enum { MAX_ALLOCATION = 1 << 28 };

static TIFF *open_tiff(TIFFReader *reader) {
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (options == NULL) return NULL;
    TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, reader);
    TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, reader);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, MAX_ALLOCATION);
    // "m": not mapped, as it is in memory already; "c": libtiff makes no strips of its own, as those after
    // the end of a file that was cut off would look like blocks that were never written.
    TIFF *tiff = TIFFClientOpenExt(
        "", "rmc", reader, on_read, on_write, on_seek, on_close, on_size, NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    return tiff;
}
#else
static void on_error(
    thandle_t handle, const char *module, const char *format, va_list arguments) {
    (void)module;
    note_error(handle, format, arguments);
}

static void set_handlers(void) {
    TIFFSetErrorHandler(NULL);
    TIFFSetWarningHandler(NULL);
    TIFFSetErrorHandlerExt(on_error);
}

static TIFF *open_tiff(TIFFReader *reader) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, set_handlers);
    return TIFFClientOpen(
        "", "rmc", reader, on_read, on_write, on_seek, on_close, on_size, NULL, NULL);
}
#endif

CICStatus cic_tiff_open(
    TIFFReader *reader, const uint8_t *bytes, size_t length, CICMessage *message) {
    memset(reader, 0, sizeof *reader);
    if (bytes == NULL) return cic_fail(CIC_INVALID_ARGUMENT, message, "no bytes");
    reader->bytes = bytes;
    reader->length = length;
    reader->message = message;
    reader->tiff = open_tiff(reader);
    if (reader->tiff == NULL) return cic_tiff_failure(reader, "the TIFF file has no first page");
    return CIC_OK;
}
