#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

#include "CImageCodecs.h"
#include "status.h"

// From 4.5.0 on a file has handlers of its own; before, the process has one that knows the file.
#if TIFFLIB_VERSION >= 20221213
#define HAS_OWN_HANDLERS 1
#else
#define HAS_OWN_HANDLERS 0
#include <pthread.h>
#endif

// All that a read needs.
typedef struct Reader {
    const uint8_t *bytes;
    size_t length;
    size_t position;
    TIFF *tiff;
    CICMessage *message;
    // CIC_OK until libtiff reports an error.
    CICStatus status;
    // Whether libtiff asked for bytes after the last one.
    int past_end;
} Reader;

// What is read, and how.
typedef struct Layout {
    uint32_t width;
    uint32_t height;
    uint16_t photometric;
    uint16_t samples;
    // Samples of a pixel that are kept.
    uint16_t kept;
    int planes;
    uint16_t orientation;
    // The size of a strip or tile in pixels.
    uint32_t block_width;
    uint32_t block_height;
    int is_tiled;
} Layout;

// ---- The file in memory ------------------------------------------------------------------

static tmsize_t on_read(thandle_t handle, void *target, tmsize_t count) {
    Reader *reader = handle;
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
    Reader *reader = handle;
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

static toff_t on_size(thandle_t handle) { return ((Reader *)handle)->length; }

// The first error is the cause of the others.
static void note_error(Reader *reader, const char *format, va_list arguments) {
    if (reader->status != CIC_OK) return;
    reader->status = CIC_DAMAGED;
    if (reader->message != NULL) {
        vsnprintf(reader->message->text, sizeof reader->message->text, format, arguments);
    }
}

// The status of a call of libtiff that failed.
static CICStatus failure(Reader *reader, const char *otherwise) {
    if (reader->status == CIC_OK) cic_fail(CIC_DAMAGED, reader->message, otherwise);
    return reader->past_end ? CIC_TRUNCATED : CIC_DAMAGED;
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

static TIFF *open_tiff(Reader *reader) {
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (options == NULL) return NULL;
    TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, reader);
    TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, reader);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, MAX_ALLOCATION);
    // "m": not mapped, as it is in memory already.
    TIFF *tiff = TIFFClientOpenExt(
        "", "rm", reader, on_read, on_write, on_seek, on_close, on_size, NULL, NULL, options);
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

static TIFF *open_tiff(Reader *reader) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, set_handlers);
    return TIFFClientOpen(
        "", "rm", reader, on_read, on_write, on_seek, on_close, on_size, NULL, NULL);
}
#endif

static CICStatus open_reader(
    Reader *reader, const uint8_t *bytes, size_t length, CICMessage *message) {
    memset(reader, 0, sizeof *reader);
    if (bytes == NULL) return cic_fail(CIC_INVALID_ARGUMENT, message, "no bytes");
    reader->bytes = bytes;
    reader->length = length;
    reader->message = message;
    reader->tiff = open_tiff(reader);
    if (reader->tiff == NULL) return failure(reader, "the TIFF file has no first page");
    return CIC_OK;
}

// ---- What the first page is --------------------------------------------------------------

static CICStatus unsupported(Reader *reader, const char *text) {
    return cic_fail(CIC_UNSUPPORTED, reader->message, text);
}

static CICStatus read_colors(Reader *reader, Layout *layout) {
    uint16_t bits = 1, format = SAMPLEFORMAT_UINT, compression = COMPRESSION_NONE;
    TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_SAMPLEFORMAT, &format);
    TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_COMPRESSION, &compression);
    TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_SAMPLESPERPIXEL, &layout->samples);
    if (bits != 8 || (format != SAMPLEFORMAT_UINT && format != SAMPLEFORMAT_VOID)) {
        return unsupported(reader, "samples that are not whole numbers of 8 bits");
    }
    if (!TIFFGetField(reader->tiff, TIFFTAG_PHOTOMETRIC, &layout->photometric)) {
        return cic_fail(CIC_DAMAGED, reader->message, "the file does not say what its samples are");
    }
    if (layout->photometric == PHOTOMETRIC_YCBCR && compression == COMPRESSION_JPEG) {
        TIFFSetField(reader->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
        layout->photometric = PHOTOMETRIC_RGB;
    }
    switch (layout->photometric) {
        case PHOTOMETRIC_MINISWHITE:
        case PHOTOMETRIC_MINISBLACK:
        case PHOTOMETRIC_PALETTE: layout->kept = 1; break;
        case PHOTOMETRIC_RGB: layout->kept = 3; break;
        default: return unsupported(reader, "colours that are not gray, a palette or RGB");
    }
    uint16_t extra = 0, *kinds = NULL;
    TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_EXTRASAMPLES, &extra, &kinds);
    if (layout->samples != layout->kept && layout->samples != layout->kept + 1) {
        return unsupported(reader, "another number of samples per pixel than gray or RGB has");
    }
    if (layout->samples > layout->kept && extra > 0 && kinds[0] == EXTRASAMPLE_ASSOCALPHA) {
        return unsupported(reader, "colours that are multiplied with alpha");
    }
    return CIC_OK;
}

// Pixels that a strip or tile may have in a picture that has fewer.
enum { MAX_SPARE_BLOCK = 1 << 24 };

static CICStatus read_layout(Reader *reader, uint64_t max_pixels, Layout *layout) {
    memset(layout, 0, sizeof *layout);
    if (!TIFFGetField(reader->tiff, TIFFTAG_IMAGEWIDTH, &layout->width) ||
        !TIFFGetField(reader->tiff, TIFFTAG_IMAGELENGTH, &layout->height)) {
        return failure(reader, "the TIFF file does not say its size");
    }
    CICStatus status = cic_check_size(layout->width, layout->height, max_pixels, reader->message);
    if (status == CIC_OK) status = read_colors(reader, layout);
    if (status != CIC_OK) return status;
    uint16_t planar = PLANARCONFIG_CONTIG, orientation = ORIENTATION_TOPLEFT;
    TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_PLANARCONFIG, &planar);
    TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_ORIENTATION, &orientation);
    layout->orientation = orientation;
    layout->planes = planar == PLANARCONFIG_SEPARATE && layout->samples > 1;
    layout->is_tiled = TIFFIsTiled(reader->tiff);
    if (layout->is_tiled) {
        if (!TIFFGetField(reader->tiff, TIFFTAG_TILEWIDTH, &layout->block_width) ||
            !TIFFGetField(reader->tiff, TIFFTAG_TILELENGTH, &layout->block_height)) {
            return failure(reader, "the tiles have no size");
        }
    } else {
        uint32_t rows = 0;
        TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_ROWSPERSTRIP, &rows);
        layout->block_width = layout->width;
        layout->block_height = rows < layout->height ? rows : layout->height;
    }
    uint64_t area = (uint64_t)layout->width * layout->height;
    return cic_check_size(
        layout->block_width, layout->block_height, area > MAX_SPARE_BLOCK ? area : MAX_SPARE_BLOCK,
        reader->message);
}

static void read_palette(Reader *reader, CICTIFFHeader *header) {
    uint16_t *channels[3] = {NULL, NULL, NULL};
    if (!TIFFGetField(
            reader->tiff, TIFFTAG_COLORMAP, &channels[0], &channels[1], &channels[2])) {
        return;
    }
    for (int entry = 0; entry < 256; entry++) {
        for (int channel = 0; channel < 3; channel++) {
            header->palette[entry * 3 + channel] = (uint8_t)(channels[channel][entry] >> 8);
        }
    }
}

CICStatus cic_tiff_read_header(
    const uint8_t *bytes, size_t length, uint64_t max_pixels, CICTIFFHeader *header,
    CICMessage *message) {
    Reader reader;
    Layout layout;
    CICStatus status = open_reader(&reader, bytes, length, message);
    if (status != CIC_OK) return status;
    status = read_layout(&reader, max_pixels, &layout);
    if (status == CIC_OK) {
        memset(header, 0, sizeof *header);
        header->width = layout.width;
        header->height = layout.height;
        header->channels = (uint8_t)layout.kept;
        header->is_palette = layout.photometric == PHOTOMETRIC_PALETTE;
        header->has_alpha = layout.samples > layout.kept;
        header->orientation = (uint8_t)layout.orientation;
        if (header->is_palette) read_palette(&reader, header);
    }
    TIFFClose(reader.tiff);
    return status;
}

// ---- Pixels ------------------------------------------------------------------------------

static uint32_t lesser(uint32_t one, uint32_t other) { return one < other ? one : other; }

// Copies a block whose first pixel is (x, y) to its place; `plane` is the sample that it has, or
// -1 if it has all of them.
static void place_block(
    const Layout *layout, const uint8_t *block, uint32_t x, uint32_t y, int plane,
    uint8_t *pixels) {
    size_t step = plane < 0 ? layout->samples : 1;
    uint32_t columns = lesser(layout->width - x, layout->block_width);
    uint32_t rows = lesser(layout->height - y, layout->block_height);
    uint8_t flip = layout->photometric == PHOTOMETRIC_MINISWHITE ? 0xFF : 0;
    uint16_t first = plane < 0 ? 0 : (uint16_t)plane;
    uint16_t end = plane < 0 ? layout->kept : (uint16_t)(plane + 1);
    for (uint32_t row = 0; row < rows; row++) {
        const uint8_t *source = block + (size_t)row * layout->block_width * step;
        uint8_t *target = pixels + ((size_t)(y + row) * layout->width + x) * layout->kept;
        for (uint32_t column = 0; column < columns; column++) {
            for (uint16_t sample = first; sample < end; sample++) {
                target[sample] = source[plane < 0 ? sample : 0] ^ flip;
            }
            source += step;
            target += layout->kept;
        }
    }
}

static CICStatus read_block(
    Reader *reader, const Layout *layout, uint32_t x, uint32_t y, int plane, uint8_t *block,
    tmsize_t size) {
    uint16_t sample = plane < 0 ? 0 : (uint16_t)plane;
    tmsize_t read;
    // What a block must have: the last strip is shorter than the others.
    tmsize_t needed = size;
    if (layout->is_tiled) {
        read = TIFFReadEncodedTile(
            reader->tiff, TIFFComputeTile(reader->tiff, x, y, 0, sample), block, size);
    } else {
        uint32_t rows = lesser(layout->height - y, layout->block_height);
        needed = size / layout->block_height * rows;
        read = TIFFReadEncodedStrip(
            reader->tiff, TIFFComputeStrip(reader->tiff, y, sample), block, needed);
    }
    // libtiff goes on after some errors that it reports.
    if (read < needed || reader->status != CIC_OK) {
        return failure(reader, "a part of the picture is too short");
    }
    return CIC_OK;
}

static CICStatus read_pixels(Reader *reader, const Layout *layout, uint8_t *pixels) {
    size_t step = layout->planes ? 1 : layout->samples;
    int planes = layout->planes ? layout->kept : 1;
    size_t size = (size_t)layout->block_width * layout->block_height * step;
    tmsize_t stored = layout->is_tiled ? TIFFTileSize(reader->tiff) : TIFFStripSize(reader->tiff);
    if (stored < 0 || (size_t)stored != size) {
        return failure(reader, "the parts of the picture have another size than it says");
    }
    uint8_t *block = malloc(size);
    if (block == NULL) return cic_fail(CIC_OUT_OF_MEMORY, reader->message, "out of memory");
    CICStatus status = CIC_OK;
    for (uint32_t y = 0; y < layout->height && status == CIC_OK; y += layout->block_height) {
        for (uint32_t x = 0; x < layout->width && status == CIC_OK; x += layout->block_width) {
            for (int plane = 0; plane < planes; plane++) {
                int sample = layout->planes ? plane : -1;
                status = read_block(reader, layout, x, y, sample, block, (tmsize_t)size);
                if (status != CIC_OK) break;
                place_block(layout, block, x, y, sample, pixels);
            }
        }
    }
    free(block);
    return status;
}

CICStatus cic_tiff_decode(
    const uint8_t *bytes, size_t length, uint8_t *pixels, size_t pixels_length,
    CICMessage *message) {
    Reader reader;
    Layout layout;
    CICStatus status = open_reader(&reader, bytes, length, message);
    if (status != CIC_OK) return status;
    status = read_layout(&reader, pixels_length, &layout);
    if (status == CIC_OK) {
        size_t needed = (size_t)layout.width * layout.height * layout.kept;
        status = needed == pixels_length
            ? read_pixels(&reader, &layout, pixels)
            : cic_fail(CIC_INVALID_ARGUMENT, message, "the pixel buffer has another size");
    }
    TIFFClose(reader.tiff);
    return status;
}
