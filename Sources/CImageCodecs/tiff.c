// The pixels of a TIFF file's first page.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"
#include "tiff_file.h"

// Which samples of a pixel are wanted, and what a sample is where its block is not in the file.
typedef struct Wanted {
    uint16_t first;
    uint16_t count;
    // Bytes of a sample in memory: those below a byte, and those between one and two, are widened.
    size_t size;
    uint8_t missing[8];
    uint8_t *pixels;
} Wanted;

static uint32_t lesser(uint32_t one, uint32_t other) { return one < other ? one : other; }

// The value nearest to `value` that a sample can have.
static void set_missing(const TIFFLayout *layout, uint8_t *missing) {
    double value = layout->has_nodata ? layout->nodata : 0;
    double high = pow(2, layout->kind == CIC_SAMPLE_SIGNED ? layout->bits - 1 : layout->bits) - 1;
    double low = layout->kind == CIC_SAMPLE_SIGNED ? -high - 1 : 0;
    if (layout->kind == CIC_SAMPLE_FLOAT) {
        float single = (float)value;
        memcpy(missing, layout->bits == 32 ? (void *)&single : (void *)&value, layout->bits / 8);
        return;
    }
    if (isnan(value)) value = 0;
    value = round(value < low ? low : value > high ? high : value);
    // A float cannot hold the greatest of 64 bits: the next one is beyond it.
    uint64_t whole = value < 0 ? (uint64_t)(int64_t)value : value >= 0x1p64 ? UINT64_MAX : (uint64_t)value;
    if (layout->kind == CIC_SAMPLE_SIGNED && value >= 0x1p63) whole = INT64_MAX;
    uint8_t byte = (uint8_t)whole;
    uint16_t two = (uint16_t)whole;
    uint32_t four = (uint32_t)whole;
    if (layout->bits <= 8) {
        memcpy(missing, &byte, 1);
    } else if (layout->bits <= 16) {
        memcpy(missing, &two, 2);
    } else {
        memcpy(missing, layout->bits == 32 ? (void *)&four : (void *)&whole, layout->bits / 8);
    }
}

// Adds what makes 0 black where 0 is white.
static void flip(const TIFFLayout *layout, uint8_t *sample, size_t size) {
    if (layout->photometric != PHOTOMETRIC_MINISWHITE || layout->kind != CIC_SAMPLE_UNSIGNED) return;
    if (layout->bits < 8) {
        sample[0] ^= (uint8_t)((1 << layout->bits) - 1);
    } else if (layout->bits > 8 && layout->bits < 16) {
        uint16_t value;
        memcpy(&value, sample, 2);
        value ^= (uint16_t)((1 << layout->bits) - 1);
        memcpy(sample, &value, 2);
    } else {
        for (size_t byte = 0; byte < size; byte++) sample[byte] ^= 0xFF;
    }
}

// The sample that begins `place` samples after the start of a row.
static void take(const TIFFLayout *layout, const uint8_t *row, size_t place, uint8_t *sample, size_t size) {
    if (layout->bits % 8 == 0) {
        memcpy(sample, row + place * size, size);
        return;
    }
    uint16_t value = 0;
    for (size_t bit = place * layout->bits; bit < (place + 1) * layout->bits; bit++) {
        value = (uint16_t)(value << 1 | (row[bit / 8] >> (7 - bit % 8) & 1));
    }
    if (size == 1) {
        sample[0] = (uint8_t)value;
    } else {
        memcpy(sample, &value, 2);
    }
}

// A block's place: its first pixel, and the sample that it has, or -1 if it has all of them.
typedef struct Place {
    uint32_t x;
    uint32_t y;
    int plane;
} Place;

// Copies the wanted samples of a block to their place; NULL is a block that is not in the file.
static void place_block(
    const TIFFLayout *layout, const uint8_t *block, size_t row_length, Place place, const Wanted *wanted) {
    size_t step = place.plane < 0 ? layout->samples : 1;
    uint32_t columns = lesser(layout->width - place.x, layout->block_width);
    uint32_t rows = lesser(layout->height - place.y, layout->block_height);
    uint16_t first = place.plane < 0 ? wanted->first : 0;
    uint16_t count = place.plane < 0 ? wanted->count : 1;
    uint16_t shift = place.plane < 0 ? 0 : (uint16_t)(place.plane - wanted->first);
    size_t pixel = wanted->count * wanted->size;
    for (uint32_t row = 0; row < rows; row++) {
        const uint8_t *source = block == NULL ? NULL : block + row * row_length;
        uint8_t *target = wanted->pixels + ((size_t)(place.y + row) * layout->width + place.x) * pixel;
        target += shift * wanted->size;
        for (uint32_t column = 0; column < columns; column++) {
            for (uint16_t sample = 0; sample < count; sample++) {
                uint8_t *to = target + sample * wanted->size;
                if (source == NULL) {
                    memcpy(to, wanted->missing, wanted->size);
                } else {
                    take(layout, source, column * step + first + sample, to, wanted->size);
                }
                flip(layout, to, wanted->size);
            }
            target += pixel;
        }
    }
}

// Whether a block is in the file: GDAL leaves out those that have nothing but nodata.
static CICStatus find_block(TIFFReader *reader, uint32_t index, int *is_there) {
    int offset_error = 0, count_error = 0;
    uint64_t offset = TIFFGetStrileOffsetWithErr(reader->tiff, index, &offset_error);
    uint64_t count = TIFFGetStrileByteCountWithErr(reader->tiff, index, &count_error);
    if (offset_error || count_error) {
        return cic_tiff_failure(reader, "the file does not say where a part of the picture is");
    }
    *is_there = count != 0;
    // The header is there.
    if (count == 0 || offset != 0) return CIC_OK;
    return cic_fail(CIC_DAMAGED, reader->message, "a part of the picture has no place in the file");
}

static CICStatus read_block(
    TIFFReader *reader, const TIFFLayout *layout, Place place, uint8_t *block, tmsize_t size, int *is_there) {
    uint16_t sample = place.plane < 0 ? 0 : (uint16_t)place.plane;
    uint32_t index = layout->is_tiled ? TIFFComputeTile(reader->tiff, place.x, place.y, 0, sample)
                                      : TIFFComputeStrip(reader->tiff, place.y, sample);
    CICStatus status = find_block(reader, index, is_there);
    if (status != CIC_OK || !*is_there) return status;
    // What a block must have: the last strip is shorter than the others.
    tmsize_t read, needed = size;
    if (layout->is_tiled) {
        read = TIFFReadEncodedTile(reader->tiff, index, block, size);
    } else {
        needed = size / layout->block_height * lesser(layout->height - place.y, layout->block_height);
        read = TIFFReadEncodedStrip(reader->tiff, index, block, needed);
    }
    // libtiff goes on after some errors that it reports.
    if (read < needed || reader->status != CIC_OK) {
        return cic_tiff_failure(reader, "a part of the picture is too short");
    }
    return CIC_OK;
}

static CICStatus read_pixels(TIFFReader *reader, const TIFFLayout *layout, const Wanted *wanted) {
    size_t step = layout->has_planes ? 1 : layout->samples;
    int planes = layout->has_planes ? wanted->count : 1;
    size_t row_length = ((size_t)layout->block_width * step * layout->bits + 7) / 8;
    size_t size = row_length * layout->block_height;
    tmsize_t stored = layout->is_tiled ? TIFFTileSize(reader->tiff) : TIFFStripSize(reader->tiff);
    if (stored < 0 || (size_t)stored != size) {
        return cic_tiff_failure(reader, "the parts of the picture have another size than it says");
    }
    uint8_t *block = malloc(size);
    if (block == NULL) return cic_fail(CIC_OUT_OF_MEMORY, reader->message, "out of memory");
    CICStatus status = CIC_OK;
    for (uint32_t y = 0; y < layout->height && status == CIC_OK; y += layout->block_height) {
        for (uint32_t x = 0; x < layout->width && status == CIC_OK; x += layout->block_width) {
            for (int plane = 0; plane < planes; plane++) {
                Place place = {x, y, layout->has_planes ? wanted->first + plane : -1};
                int is_there = 0;
                status = read_block(reader, layout, place, block, (tmsize_t)size, &is_there);
                if (status != CIC_OK) break;
                place_block(layout, is_there ? block : NULL, row_length, place, wanted);
            }
        }
    }
    free(block);
    return status;
}

CICStatus cic_tiff_decode(
    const uint8_t *bytes, size_t length, CICTIFFPart part, uint8_t *pixels, size_t pixels_length,
    CICMessage *message) {
    TIFFReader reader;
    TIFFLayout layout;
    CICStatus status = cic_tiff_open(&reader, bytes, length, message);
    if (status != CIC_OK) return status;
    status = cic_tiff_read_layout(&reader, pixels_length, &layout);
    if (status == CIC_OK) {
        Wanted wanted = {.first = 0, .count = layout.colors, .pixels = pixels};
        if (part == CIC_TIFF_EXTRA) {
            wanted.first = layout.colors;
            wanted.count = 1;
        }
        wanted.size = layout.bits <= 8 ? 1 : layout.bits <= 16 ? 2 : layout.bits / 8;
        set_missing(&layout, wanted.missing);
        uint64_t needed = (uint64_t)layout.width * layout.height * wanted.count * wanted.size;
        if (part == CIC_TIFF_EXTRA && layout.extra == CIC_EXTRA_NONE) {
            status = cic_fail(CIC_INVALID_ARGUMENT, message, "a pixel has no further sample");
        } else if (needed != pixels_length) {
            status = cic_fail(CIC_INVALID_ARGUMENT, message, "the pixel buffer has another size");
        } else {
            status = read_pixels(&reader, &layout, &wanted);
        }
    }
    TIFFClose(reader.tiff);
    return status;
}
