// Masks are read with every picture, so their files are made to be unpacked fast, and both ways are here.
// libpng unpacks row after row, for which zlib has no fast way where rows are short; and zlib's compressor
// writes empty areas as runs of one byte, whose copying waits for each byte in turn. Here a row is what the
// row above is, where it is.
#include "bits.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "CImageCodecs.h"
#include "status.h"

static const uint8_t SIGNATURE[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

static uint8_t reversed(uint8_t byte) {
    byte = (uint8_t)(byte >> 4 | byte << 4);
    byte = (uint8_t)((byte & 0xCC) >> 2 | (byte & 0x33) << 2);
    return (uint8_t)((byte & 0xAA) >> 1 | (byte & 0x55) << 1);
}

// ---- Reading ------------------------------------------------------------------------------

static uint32_t big_endian(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

// The length and type of the first chunk, and what follows the sides in it: one bit, gray, the only ways
// to compress and to filter, no interlace.
static const uint8_t HEADER[8] = {0, 0, 0, 13, 'I', 'H', 'D', 'R'};
static const uint8_t KIND[5] = {1, 0, 0, 0, 0};

// Unpacks the pixels into `raw`, each row behind the byte of its filter; false if the file is not plain.
static bool inflate_plain(
    const uint8_t *bytes, size_t length, z_stream *stream, uint8_t *raw, size_t raw_length) {
    size_t at = 8;
    int result = Z_OK;
    stream->next_out = raw;
    stream->avail_out = (uInt)raw_length;
    while (length - at >= 12) {
        uint32_t size = big_endian(bytes + at);
        const uint8_t *type = bytes + at + 4;
        if (size > length - at - 12) return false;
        if (crc32(crc32(0, NULL, 0), type, size + 4) != big_endian(type + 4 + size)) return false;
        if (memcmp(type, "IEND", 4) == 0) return result == Z_STREAM_END && stream->avail_out == 0;
        if (memcmp(type, "IDAT", 4) == 0 && size > 0) {
            if (result == Z_STREAM_END) return false;
            stream->next_in = (Bytef *)(type + 4);
            stream->avail_in = size;
            result = inflate(stream, Z_NO_FLUSH);
            if ((result != Z_OK && result != Z_STREAM_END) || stream->avail_in != 0) return false;
        } else if (at != 8) {
            return false;
        }
        at += 12 + (size_t)size;
    }
    return false;
}

bool cic_png_read_plain_bits(
    const uint8_t *bytes, size_t length, uint8_t *pixels, size_t pixels_length) {
    if (bytes == NULL || length < 33 || memcmp(bytes, SIGNATURE, 8) != 0) return false;
    if (memcmp(bytes + 8, HEADER, 8) != 0 || memcmp(bytes + 24, KIND, 5) != 0) return false;
    size_t row_length = ((size_t)big_endian(bytes + 16) + 7) / 8, rows = big_endian(bytes + 20);
    if (row_length == 0 || rows == 0 || pixels_length != row_length * rows) return false;
    size_t raw_length = pixels_length + rows;
    if (raw_length > UINT32_MAX) return false;
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    uint8_t *raw = malloc(raw_length);
    bool is_plain = raw != NULL && inflateInit(&stream) == Z_OK;
    if (is_plain) {
        is_plain = inflate_plain(bytes, length, &stream, raw, raw_length);
        inflateEnd(&stream);
    }
    for (size_t row = 0; is_plain && row < rows; row++) {
        const uint8_t *from = raw + row * (row_length + 1);
        uint8_t *to = pixels + row * row_length;
        if (from[0] != 0) is_plain = false;
        for (size_t column = 0; column < row_length; column++) to[column] = reversed(from[column + 1]);
    }
    free(raw);
    return is_plain;
}

// ---- Writing ------------------------------------------------------------------------------

// Bits of a deflate stream, the lowest first.
typedef struct BitWriter {
    uint8_t *bytes;
    size_t count;
    uint64_t pending;
    int pending_count;
} BitWriter;

static void put(BitWriter *writer, uint32_t bits, int count) {
    writer->pending |= (uint64_t)bits << writer->pending_count;
    writer->pending_count += count;
    while (writer->pending_count >= 8) {
        writer->bytes[writer->count++] = (uint8_t)writer->pending;
        writer->pending >>= 8;
        writer->pending_count -= 8;
    }
}

// A Huffman code, whose first bit is the highest.
static void put_code(BitWriter *writer, uint32_t code, int count) {
    uint32_t mirrored = 0;
    for (int bit = 0; bit < count; bit++) mirrored |= (code >> bit & 1) << (count - 1 - bit);
    put(writer, mirrored, count);
}

// A literal, or the symbol of a length, in the fixed code of RFC 1951, 3.2.6.
static void put_symbol(BitWriter *writer, uint32_t symbol) {
    if (symbol < 144) {
        put_code(writer, 0x30 + symbol, 8);
    } else if (symbol < 256) {
        put_code(writer, 0x190 + symbol - 144, 9);
    } else if (symbol < 280) {
        put_code(writer, symbol - 256, 7);
    } else {
        put_code(writer, 0xC0 + symbol - 280, 8);
    }
}

// The number of bits that follow a symbol, and the number among its own that they say (3.2.5): each
// step of two (distances) or four (lengths) symbols has one bit more. `rest` is what is above the least.
static int extra_bits(uint32_t *rest, uint32_t *symbol, int step) {
    int extra = 0;
    uint32_t size = 1;
    *symbol = 0;
    while (*rest >= size) {
        *rest -= size;
        *symbol += 1;
        // The first two steps have no bits.
        if (*symbol >= 2 * (uint32_t)step && *symbol % (uint32_t)step == 0) {
            extra += 1;
            size *= 2;
        }
    }
    return extra;
}

enum { MAX_COPY = 258, MAX_DISTANCE = 32768 };

static void put_copy(BitWriter *writer, uint32_t length, uint32_t distance) {
    uint32_t rest = length - 3, symbol = 0;
    int extra = extra_bits(&rest, &symbol, 4);
    // The longest has a symbol of its own.
    if (length == MAX_COPY) rest = 0, symbol = 28, extra = 0;
    put_symbol(writer, 257 + symbol);
    put(writer, rest, extra);
    rest = distance - 1;
    extra = extra_bits(&rest, &symbol, 2);
    put_code(writer, symbol, 5);
    put(writer, rest, extra);
}

// Writes `raw` as a zlib stream of one block; returns its length.
static size_t deflate_rows(const uint8_t *raw, size_t length, size_t row_length, uint8_t *bytes) {
    BitWriter writer = {bytes, 0, 0, 0};
    put(&writer, 0x0178, 16);
    put(&writer, 1 | 1 << 1, 3);
    for (size_t at = 0; at < length;) {
        size_t same = 0, most = length - at < MAX_COPY ? length - at : MAX_COPY;
        if (at >= row_length && row_length <= MAX_DISTANCE) {
            while (same < most && raw[at + same] == raw[at + same - row_length]) same += 1;
        }
        if (same < 3) {
            put_symbol(&writer, raw[at]);
            at += 1;
        } else {
            put_copy(&writer, (uint32_t)same, (uint32_t)row_length);
            at += same;
        }
    }
    put_symbol(&writer, 256);
    put(&writer, 0, (8 - writer.pending_count) % 8);
    uint32_t sum = (uint32_t)adler32_z(adler32_z(0, NULL, 0), raw, length);
    for (int shift = 24; shift >= 0; shift -= 8) put(&writer, sum >> shift & 0xFF, 8);
    return writer.count;
}

static uint8_t *put_big_endian(uint8_t *to, uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) *to++ = (uint8_t)(number >> shift);
    return to;
}

// Completes the chunk whose contents begin 8 bytes after `chunk`; returns where the next one begins.
static uint8_t *finish_chunk(uint8_t *chunk, const char *type, size_t length) {
    put_big_endian(chunk, (uint32_t)length);
    memcpy(chunk + 4, type, 4);
    uint32_t crc = (uint32_t)crc32_z(crc32_z(0, NULL, 0), chunk + 4, length + 4);
    return put_big_endian(chunk + 8 + length, crc);
}

static uint64_t raw_size(uint32_t width, uint32_t height) {
    return (((uint64_t)width + 7) / 8 + 1) * height;
}

size_t cic_png_encode_bits_bound(uint32_t width, uint32_t height) {
    if (width == 0 || height == 0 || width > INT32_MAX || height > INT32_MAX) return 0;
    uint64_t size = raw_size(width, height);
    // The length of a chunk has 31 bits. A literal has at most nine.
    return size > 1800000000 ? 0 : size + size / 8 + 128;
}

CICStatus cic_png_encode_bits(
    const uint8_t *rows, uint32_t width, uint32_t height, uint8_t *file, size_t capacity,
    size_t *file_length, CICMessage *message) {
    if (rows == NULL || file == NULL || file_length == NULL) {
        return cic_fail(CIC_INVALID_ARGUMENT, message, "a null pointer");
    }
    size_t bound = cic_png_encode_bits_bound(width, height);
    if (bound == 0) {
        return cic_fail(CIC_TOO_LARGE, message, "the picture is too large for one PNG file");
    }
    if (capacity < bound) {
        return cic_fail(CIC_INVALID_ARGUMENT, message, "the file buffer is too small");
    }
    size_t row_length = ((size_t)width + 7) / 8, length = raw_size(width, height);
    uint8_t *raw = malloc(length);
    if (raw == NULL) return cic_fail(CIC_OUT_OF_MEMORY, message, "out of memory");
    for (size_t row = 0; row < height; row++) {
        uint8_t *to = raw + row * (row_length + 1);
        *to++ = 0;
        for (size_t column = 0; column < row_length; column++) {
            to[column] = reversed(rows[row * row_length + column]);
        }
    }
    memcpy(file, SIGNATURE, sizeof SIGNATURE);
    uint8_t *chunk = file + sizeof SIGNATURE;
    put_big_endian(put_big_endian(chunk + 8, width), height);
    memcpy(chunk + 16, KIND, sizeof KIND);
    chunk = finish_chunk(chunk, "IHDR", 13);
    chunk = finish_chunk(chunk, "IDAT", deflate_rows(raw, length, row_length + 1, chunk + 8));
    chunk = finish_chunk(chunk, "IEND", 0);
    free(raw);
    *file_length = (size_t)(chunk - file);
    return CIC_OK;
}
