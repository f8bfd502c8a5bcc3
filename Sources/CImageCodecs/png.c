#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "CImageCodecs.h"
#include "bits.h"
#include "status.h"

// All that a read needs. It lives in the frame that calls the function with setjmp, so a longjmp
// leaves every field defined.
typedef struct Reader {
    const uint8_t *bytes;
    size_t length;
    size_t position;
    png_structp png;
    png_infop info;
    CICMessage *message;
    CICStatus status;
} Reader;

static void on_error(png_structp png, png_const_charp text) {
    Reader *reader = png_get_error_ptr(png);
    // The read callback has already said that the file is too short.
    if (reader->status != CIC_TRUNCATED) {
        reader->status = cic_fail(CIC_DAMAGED, reader->message, text);
    }
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
    (void)png;
    (void)text;
}

static void on_read(png_structp png, png_bytep target, size_t count) {
    Reader *reader = png_get_io_ptr(png);
    if (count > reader->length - reader->position) {
        reader->status =
            cic_fail(CIC_TRUNCATED, reader->message, "the PNG file ends before the picture does");
        png_error(png, "");
    }
    memcpy(target, reader->bytes + reader->position, count);
    reader->position += count;
}

static CICStatus open_reader(
    Reader *reader, const uint8_t *bytes, size_t length, CICMessage *message) {
    memset(reader, 0, sizeof *reader);
    if (bytes == NULL) return cic_fail(CIC_INVALID_ARGUMENT, message, "no bytes");
    reader->bytes = bytes;
    reader->length = length;
    reader->message = message;
    reader->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, on_error, on_warning);
    if (reader->png == NULL) return cic_fail(CIC_OUT_OF_MEMORY, message, "out of memory");
    reader->info = png_create_info_struct(reader->png);
    if (reader->info == NULL) {
        png_destroy_read_struct(&reader->png, NULL, NULL);
        return cic_fail(CIC_OUT_OF_MEMORY, message, "out of memory");
    }
    return CIC_OK;
}

static void close_reader(Reader *reader) {
    png_destroy_read_struct(&reader->png, &reader->info, NULL);
}

// Only between setjmp and the end of the function that called it.
static void read_info(Reader *reader) {
    png_set_read_fn(reader->png, reader, on_read);
    // Sides are limited by the caller's count of pixels, not by libpng's million.
    png_set_user_limits(reader->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    // Colour profiles, texts and the like change no pixel here, and may be bombs.
    png_set_keep_unknown_chunks(reader->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(reader->png, reader->info);
}

static CICStatus read_header(Reader *reader, CICPNGHeader *header) {
    if (setjmp(png_jmpbuf(reader->png))) return reader->status;
    read_info(reader);
    png_byte color = png_get_color_type(reader->png, reader->info);
    memset(header, 0, sizeof *header);
    header->width = png_get_image_width(reader->png, reader->info);
    header->height = png_get_image_height(reader->png, reader->info);
    header->bit_depth = png_get_bit_depth(reader->png, reader->info);
    header->is_palette = color == PNG_COLOR_TYPE_PALETTE;
    header->has_alpha = (color & PNG_COLOR_MASK_ALPHA) != 0;
    header->has_transparent_color = png_get_valid(reader->png, reader->info, PNG_INFO_tRNS) != 0;
    header->channels = (color & PNG_COLOR_MASK_COLOR) && !header->is_palette ? 3 : 1;
    png_colorp palette = NULL;
    int entries = 0;
    if (header->is_palette && png_get_PLTE(reader->png, reader->info, &palette, &entries)) {
        for (int entry = 0; entry < entries && entry < 256; entry++) {
            header->palette[entry * 3] = palette[entry].red;
            header->palette[entry * 3 + 1] = palette[entry].green;
            header->palette[entry * 3 + 2] = palette[entry].blue;
        }
    }
    return CIC_OK;
}

CICStatus cic_png_read_header(
    const uint8_t *bytes, size_t length, uint64_t max_pixels, CICPNGHeader *header,
    CICMessage *message) {
    Reader reader;
    CICPNGHeader found;
    CICStatus status = open_reader(&reader, bytes, length, message);
    if (status != CIC_OK) return status;
    status = read_header(&reader, &found);
    close_reader(&reader);
    if (status != CIC_OK) return status;
    status = cic_check_size(found.width, found.height, max_pixels, message);
    if (status == CIC_OK) *header = found;
    return status;
}

static CICStatus read_pixels(
    Reader *reader, CICPNGDepth depth, uint8_t *pixels, size_t pixels_length) {
    if (setjmp(png_jmpbuf(reader->png))) return reader->status;
    read_info(reader);
    if (depth == CIC_PNG_PACKED) {
        png_set_packswap(reader->png);
    } else {
        png_set_packing(reader->png);
    }
    png_set_strip_alpha(reader->png);
    if (depth == CIC_PNG_UPPER_BYTE) png_set_strip_16(reader->png);
    int passes = png_set_interlace_handling(reader->png);
    png_read_update_info(reader->png, reader->info);
    size_t row_length = png_get_rowbytes(reader->png, reader->info);
    size_t rows = png_get_image_height(reader->png, reader->info);
    if (row_length == 0 || pixels_length % row_length != 0 || pixels_length / row_length != rows) {
        return cic_fail(
            CIC_INVALID_ARGUMENT, reader->message, "the pixel buffer has another size");
    }
    for (int pass = 0; pass < passes; pass++) {
        for (size_t row = 0; row < rows; row++) {
            png_read_row(reader->png, pixels + row * row_length, NULL);
        }
    }
    png_read_end(reader->png, NULL);
    return CIC_OK;
}

CICStatus cic_png_decode(
    const uint8_t *bytes, size_t length, CICPNGDepth depth, uint8_t *pixels, size_t pixels_length,
    CICMessage *message) {
    if (depth == CIC_PNG_PACKED && cic_png_read_plain_bits(bytes, length, pixels, pixels_length)) return CIC_OK;
    Reader reader;
    CICStatus status = open_reader(&reader, bytes, length, message);
    if (status != CIC_OK) return status;
    status = read_pixels(&reader, depth, pixels, pixels_length);
    close_reader(&reader);
    return status;
}

// ---- Transparency ------------------------------------------------------------------------

// The pixels of a row whose alpha, the last of `samples` of `size` bytes each, is not full.
static uint64_t count_row(const uint8_t *row, size_t pixels, size_t samples, size_t size) {
    uint64_t count = 0;
    for (size_t pixel = 0; pixel < pixels; pixel++) {
        const uint8_t *alpha = row + (pixel * samples + samples - 1) * size;
        count += alpha[0] != 0xFF || alpha[size - 1] != 0xFF;
    }
    return count;
}

// `rows` gets the memory, so that the caller frees it after a longjmp too.
static CICStatus count_transparent(Reader *reader, uint8_t *volatile *rows, uint64_t *count) {
    if (setjmp(png_jmpbuf(reader->png))) return reader->status;
    read_info(reader);
    png_set_expand(reader->png);
    int passes = png_set_interlace_handling(reader->png);
    png_read_update_info(reader->png, reader->info);
    size_t row_length = png_get_rowbytes(reader->png, reader->info);
    size_t width = png_get_image_width(reader->png, reader->info);
    size_t height = png_get_image_height(reader->png, reader->info);
    size_t samples = png_get_channels(reader->png, reader->info);
    size_t size = png_get_bit_depth(reader->png, reader->info) == 16 ? 2 : 1;
    *count = 0;
    if (samples % 2 != 0) return CIC_OK;
    // The passes of an interlaced file need all rows at once.
    size_t kept = passes > 1 ? height : 1;
    *rows = calloc(kept, row_length);
    if (*rows == NULL) return cic_fail(CIC_OUT_OF_MEMORY, reader->message, "out of memory");
    for (int pass = 0; pass < passes; pass++) {
        for (size_t row = 0; row < height; row++) {
            uint8_t *place = *rows + (kept > 1 ? row : 0) * row_length;
            png_read_row(reader->png, place, NULL);
            if (pass == passes - 1) *count += count_row(place, width, samples, size);
        }
    }
    return CIC_OK;
}

CICStatus cic_png_count_transparent(
    const uint8_t *bytes, size_t length, uint64_t *count, CICMessage *message) {
    Reader reader;
    CICStatus status = open_reader(&reader, bytes, length, message);
    if (status != CIC_OK) return status;
    uint8_t *volatile rows = NULL;
    status = count_transparent(&reader, &rows, count);
    free(rows);
    close_reader(&reader);
    return status;
}

// ---- Writing -----------------------------------------------------------------------------

static png_image describe(uint32_t width, uint32_t height, uint32_t channels) {
    png_image image;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
    image.width = width;
    image.height = height;
    image.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
    return image;
}

size_t cic_png_encode_bound(uint32_t width, uint32_t height, uint32_t channels) {
    if ((channels != 1 && channels != 3) || width == 0 || height == 0) return 0;
    // The simplified API counts in 32 bits.
    uint64_t row = (uint64_t)width * channels;
    if (row > INT32_MAX / 2 || height > INT32_MAX / (row + 1)) return 0;
    png_image image = describe(width, height, channels);
    return PNG_IMAGE_PNG_SIZE_MAX(image);
}

CICStatus cic_png_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels, uint8_t *file,
    size_t capacity, size_t *file_length, CICMessage *message) {
    if (pixels == NULL || file == NULL || file_length == NULL) {
        return cic_fail(CIC_INVALID_ARGUMENT, message, "a null pointer");
    }
    if (cic_png_encode_bound(width, height, channels) == 0) {
        return cic_fail(CIC_TOO_LARGE, message, "the picture is too large for one PNG file");
    }
    png_image image = describe(width, height, channels);
    png_alloc_size_t written = capacity;
    if (!png_image_write_to_memory(&image, file, &written, 0, pixels, 0, NULL)) {
        CICStatus status = cic_fail(CIC_INVALID_ARGUMENT, message, image.message);
        png_image_free(&image);
        return status;
    }
    *file_length = written;
    return CIC_OK;
}
