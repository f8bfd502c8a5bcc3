// What a TIFF file says of its first page, and which pages are read.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"
#include "tiff_file.h"

// GDAL's text for the value of pixels that have none.
enum { TAG_GDAL_NODATA = 42113 };

static const char *const BY_COLOR = "convert it, for example: convert 'IN.tif[0]' -colorspace sRGB -depth 8 OUT.png";
static const char *const BY_TYPE =
    "convert it, for example: gdal_translate -ot Float32 IN.tif OUT.tif, or -ot UInt16 for whole numbers";

static CICStatus unsupported(TIFFReader *reader, const char *text, const char *advice) {
    return cic_refuse(reader->message, text, advice);
}

// ---- Compression -------------------------------------------------------------------------

static const struct {
    uint16_t number;
    const char *name;
} COMPRESSIONS[] = {
    {6, "old-style JPEG"}, {7, "JPEG"}, {9, "JBIG (T.85)"}, {10, "JBIG (T.43)"}, {22610, "JPEG XR"},
    {32766, "NeXT"}, {32809, "ThunderScan"}, {32895, "IT8"}, {32896, "IT8"}, {32897, "IT8"},
    {32898, "IT8"}, {32908, "Pixar film"}, {32909, "PixarLog"}, {32947, "Kodak DCS"},
    {33003, "JPEG 2000 (Aperio)"}, {33004, "JPEG 2000 (lossy)"}, {33005, "JPEG 2000 (Aperio)"},
    {33007, "lossy JPEG (Alt-JPEG)"}, {34661, "JBIG"}, {34676, "SGILog"}, {34677, "SGILog24"},
    {34712, "JPEG 2000"}, {34713, "Nikon NEF"}, {34887, "LERC"}, {34892, "lossy JPEG (DNG)"},
    {34925, "LZMA"}, {34926, "ZSTD"}, {34927, "WebP"}, {34933, "PNG"}, {34934, "JPEG XR"},
    {50000, "ZSTD"}, {50001, "WebP"}, {50002, "JPEG XL"}, {52546, "JPEG XL (DNG)"}, {65000, "EER"},
    {65001, "EER"}, {65002, "EER"},
};

static CICStatus check_compression(TIFFReader *reader, uint16_t compression) {
    if (TIFFIsCODECConfigured(compression)) return CIC_OK;
    const char *name = NULL;
    for (size_t index = 0; index < sizeof COMPRESSIONS / sizeof *COMPRESSIONS; index++) {
        if (COMPRESSIONS[index].number == compression) name = COMPRESSIONS[index].name;
    }
    char text[96];
    if (name != NULL) {
        snprintf(text, sizeof text, "compressed as %s, which is not read inside of TIFF", name);
    } else {
        snprintf(text, sizeof text, "compression %u, which is not read", compression);
    }
    return unsupported(reader, text, CIC_TIFF_REWRITE);
}

// ---- Samples -----------------------------------------------------------------------------

static CICStatus read_samples(TIFFReader *reader, TIFFLayout *layout) {
    uint16_t format = SAMPLEFORMAT_UINT;
    layout->bits = 1;
    TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_BITSPERSAMPLE, &layout->bits);
    TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_SAMPLEFORMAT, &format);
    TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_SAMPLESPERPIXEL, &layout->samples);
    int is_read = 0;
    switch (format) {
        case SAMPLEFORMAT_UINT:
        case SAMPLEFORMAT_VOID:
            layout->kind = CIC_SAMPLE_UNSIGNED;
            is_read = (layout->bits >= 1 && layout->bits <= 16) || layout->bits == 32 || layout->bits == 64;
            break;
        case SAMPLEFORMAT_INT:
            layout->kind = CIC_SAMPLE_SIGNED;
            is_read = layout->bits == 8 || layout->bits == 16 || layout->bits == 32 || layout->bits == 64;
            break;
        case SAMPLEFORMAT_IEEEFP:
            layout->kind = CIC_SAMPLE_FLOAT;
            is_read = layout->bits == 32 || layout->bits == 64;
            break;
        default: break;
    }
    if (layout->compression == COMPRESSION_JPEG && layout->bits != 8) {
        char text[64];
        snprintf(text, sizeof text, "JPEG of %u bits inside of TIFF", layout->bits);
        return unsupported(reader, text, CIC_TIFF_REWRITE);
    }
    if (is_read) return CIC_OK;
    static const char *const KINDS[] = {
        "samples", "whole numbers", "signed whole numbers", "floating-point numbers", "samples of no type",
        "complex whole numbers", "complex numbers"};
    char text[96];
    snprintf(text, sizeof text, "%s of %u bits", KINDS[format <= 6 ? format : 0], layout->bits);
    return unsupported(reader, text, BY_TYPE);
}

static const char *color_name(uint16_t photometric) {
    switch (photometric) {
        case PHOTOMETRIC_SEPARATED: return "colours of inks (CMYK)";
        case PHOTOMETRIC_YCBCR: return "YCbCr colours without the newer JPEG compression";
        case PHOTOMETRIC_CIELAB:
        case PHOTOMETRIC_ICCLAB:
        case PHOTOMETRIC_ITULAB: return "L*a*b* colours";
        case PHOTOMETRIC_LOGL:
        case PHOTOMETRIC_LOGLUV: return "logarithmic (LogLuv) colours";
        case PHOTOMETRIC_CFA:
        case 34892: return "a camera's raw picture (DNG)";
        default: return "colours that are not gray, a palette or RGB";
    }
}

static CICStatus read_colors(TIFFReader *reader, TIFFLayout *layout) {
    if (!TIFFGetField(reader->tiff, TIFFTAG_PHOTOMETRIC, &layout->photometric)) {
        return cic_fail(CIC_DAMAGED, reader->message, "the file does not say what its samples are");
    }
    if (layout->photometric == PHOTOMETRIC_YCBCR && layout->compression == COMPRESSION_JPEG) {
        TIFFSetField(reader->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
        layout->photometric = PHOTOMETRIC_RGB;
    }
    switch (layout->photometric) {
        case PHOTOMETRIC_MINISWHITE:
        case PHOTOMETRIC_MINISBLACK:
        case PHOTOMETRIC_MASK: layout->colors = 1; break;
        case PHOTOMETRIC_PALETTE:
            layout->colors = 1;
            if (layout->bits <= 8 && layout->kind == CIC_SAMPLE_UNSIGNED) break;
            return unsupported(reader, "a palette of more than 256 colours", BY_COLOR);
        case PHOTOMETRIC_RGB: layout->colors = 3; break;
        default: return unsupported(reader, color_name(layout->photometric), BY_COLOR);
    }
    uint16_t extra = 0, *kinds = NULL;
    TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_EXTRASAMPLES, &extra, &kinds);
    if (layout->samples != layout->colors && layout->samples != layout->colors + 1) {
        char text[96];
        snprintf(
            text, sizeof text, "%u samples per pixel, another number of samples than gray or RGB has",
            layout->samples);
        return unsupported(
            reader, text,
            "choose the channels, for example: gdal_translate -b 1 -b 2 -b 3 -colorinterp red,green,blue "
            "-co PHOTOMETRIC=RGB IN.tif OUT.tif");
    }
    if (layout->samples == layout->colors) return CIC_OK;
    uint16_t kind = extra > 0 ? kinds[0] : EXTRASAMPLE_UNSPECIFIED;
    layout->extra = kind == EXTRASAMPLE_UNASSALPHA ? CIC_EXTRA_ALPHA : CIC_EXTRA_UNKNOWN;
    if (kind != EXTRASAMPLE_ASSOCALPHA) return CIC_OK;
    return unsupported(
        reader, "colours that are multiplied with alpha",
        "convert it, for example: convert 'IN.tif[0]' -depth 8 OUT.png");
}

// ---- Places ------------------------------------------------------------------------------

// Pixels that a strip or tile may have in a picture that has fewer.
enum { MAX_SPARE_BLOCK = 1 << 24 };

static CICStatus read_blocks(TIFFReader *reader, TIFFLayout *layout) {
    uint16_t planar = PLANARCONFIG_CONTIG, orientation = ORIENTATION_TOPLEFT;
    TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_PLANARCONFIG, &planar);
    TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_ORIENTATION, &orientation);
    layout->orientation = orientation;
    layout->has_planes = planar == PLANARCONFIG_SEPARATE && layout->samples > 1;
    layout->is_tiled = TIFFIsTiled(reader->tiff);
    if (layout->is_tiled) {
        if (!TIFFGetField(reader->tiff, TIFFTAG_TILEWIDTH, &layout->block_width) ||
            !TIFFGetField(reader->tiff, TIFFTAG_TILELENGTH, &layout->block_height)) {
            return cic_tiff_failure(reader, "the tiles have no size");
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

// GDAL's value of pixels without one: a number as text.
static void read_nodata(TIFFReader *reader, TIFFLayout *layout) {
    uint32_t count = 0;
    const char *text = NULL;
    if (!TIFFGetField(reader->tiff, TAG_GDAL_NODATA, &count, &text) || text == NULL) return;
    char copy[64];
    size_t length = count < sizeof copy - 1 ? count : sizeof copy - 1;
    memcpy(copy, text, length);
    copy[length] = 0;
    char *end = NULL;
    double value = strtod(copy, &end);
    if (end == copy) return;
    layout->has_nodata = 1;
    layout->nodata = value;
}

CICStatus cic_tiff_read_layout(TIFFReader *reader, uint64_t max_pixels, TIFFLayout *layout) {
    memset(layout, 0, sizeof *layout);
    if (!TIFFGetField(reader->tiff, TIFFTAG_IMAGEWIDTH, &layout->width) ||
        !TIFFGetField(reader->tiff, TIFFTAG_IMAGELENGTH, &layout->height)) {
        return cic_tiff_failure(reader, "the TIFF file does not say its size");
    }
    layout->compression = COMPRESSION_NONE;
    TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_COMPRESSION, &layout->compression);
    CICStatus status = cic_check_size(layout->width, layout->height, max_pixels, reader->message);
    if (status == CIC_OK) status = check_compression(reader, layout->compression);
    if (status == CIC_OK) status = read_samples(reader, layout);
    if (status == CIC_OK) status = read_colors(reader, layout);
    if (status == CIC_OK) status = read_blocks(reader, layout);
    if (status == CIC_OK) read_nodata(reader, layout);
    // As many bytes as a picture of three bytes per pixel may have.
    uint64_t bytes = layout->colors * (uint64_t)((layout->bits + 7) / 8);
    if (status == CIC_OK && bytes > 3) {
        status = cic_check_size(layout->width, layout->height, max_pixels * 3 / bytes, reader->message);
    }
    return status;
}

static void read_palette(TIFFReader *reader, const TIFFLayout *layout, CICTIFFHeader *header) {
    uint16_t *channels[3] = {NULL, NULL, NULL};
    if (!TIFFGetField(
            reader->tiff, TIFFTAG_COLORMAP, &channels[0], &channels[1], &channels[2])) {
        return;
    }
    for (int entry = 0; entry < 1 << layout->bits; entry++) {
        for (int channel = 0; channel < 3; channel++) {
            header->palette[entry * 3 + channel] = (uint8_t)(channels[channel][entry] >> 8);
        }
    }
}

CICStatus cic_tiff_read_header(
    const uint8_t *bytes, size_t length, uint64_t max_pixels, CICTIFFHeader *header,
    CICMessage *message) {
    TIFFReader reader;
    TIFFLayout layout;
    CICStatus status = cic_tiff_open(&reader, bytes, length, message);
    if (status != CIC_OK) return status;
    status = cic_tiff_read_layout(&reader, max_pixels, &layout);
    if (status == CIC_OK) {
        memset(header, 0, sizeof *header);
        header->width = layout.width;
        header->height = layout.height;
        header->bit_depth = (uint8_t)layout.bits;
        header->kind = layout.kind;
        header->channels = (uint8_t)layout.colors;
        header->is_palette = layout.photometric == PHOTOMETRIC_PALETTE;
        header->extra = layout.extra;
        header->orientation = layout.orientation <= 8 ? (uint8_t)layout.orientation : 0;
        header->has_nodata = (uint8_t)layout.has_nodata;
        header->nodata = layout.nodata;
        if (header->is_palette) read_palette(&reader, &layout, header);
    }
    TIFFClose(reader.tiff);
    return status;
}
