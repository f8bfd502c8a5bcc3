// PNG through libpng, JPEG through libjpeg-turbo and TIFF through libtiff, behind status codes; and the
// inner loops of resampling, which need instructions for many pixels at once.
//
// Ownership: nothing is. Every function works in memory that the caller lends for the duration of
// the call, and frees before it returns whatever it allocated.
//
// Failure: a function that does not return CIC_OK has written its reason to `message` (which may
// be NULL) and has left its out-parameters as they were. The contents of a pixel or file buffer
// are then unspecified. No signal, no longjmp and no output on stderr reaches the caller.
//
// All functions may be called from several threads at once.
#ifndef C_IMAGE_CODECS_H
#define C_IMAGE_CODECS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum CICStatus {
    CIC_OK = 0,
    /// An argument contradicts the file or the other arguments: an error of the caller.
    CIC_INVALID_ARGUMENT,
    /// The file ends before the picture does.
    CIC_TRUNCATED,
    /// The file breaks the rules of its format.
    CIC_DAMAGED,
    /// The picture has more pixels than the caller allows, or than the format can hold.
    CIC_TOO_LARGE,
    /// A valid file of a kind that is not read here.
    CIC_UNSUPPORTED,
    CIC_OUT_OF_MEMORY,
} CICStatus;

/// The reason of a failure: UTF-8, ends with a zero byte.
typedef struct CICMessage {
    char text[256];
    /// With CIC_UNSUPPORTED, what to do about it; else empty.
    char advice[256];
} CICMessage;

/// What a PNG file says before its pixels.
typedef struct CICPNGHeader {
    uint32_t width;
    uint32_t height;
    /// Bits of a stored sample: 1, 2, 4, 8 or 16.
    uint8_t bit_depth;
    /// Samples per pixel that cic_png_decode gives: 1 (gray, palette index) or 3 (RGB). Alpha is
    /// never counted.
    uint8_t channels;
    /// 1 when the sample is an index into `palette`.
    uint8_t is_palette;
    /// 1 when the file has an alpha channel (which cic_png_decode leaves out).
    uint8_t has_alpha;
    /// 1 when the file names a transparent colour, or palette entries with alpha.
    uint8_t has_transparent_color;
    /// R, G, B of each palette entry; entries that the file does not define are black.
    uint8_t palette[256 * 3];
} CICPNGHeader;

/// How wide cic_png_decode leaves the samples; CIC_PNG_UPPER_BYTE and CIC_PNG_FULL differ for 16-bit
/// files only, and give all others one byte per sample.
typedef enum CICPNGDepth {
    /// The upper byte of each sample.
    CIC_PNG_UPPER_BYTE,
    /// Both bytes, the upper one first.
    CIC_PNG_FULL,
    /// As CIC_PNG_FULL, but samples of 1, 2 or 4 bits stay packed, the first one in a byte's lowest
    /// bits; a row begins with a byte, and what its last byte has too much is undefined.
    CIC_PNG_PACKED,
} CICPNGDepth;

/// Reads everything before the pixels. CIC_TOO_LARGE above `max_pixels` pixels.
CICStatus cic_png_read_header(
    const uint8_t *bytes, size_t length, uint64_t max_pixels, CICPNGHeader *header,
    CICMessage *message);

/// Decodes the stored samples, without alpha, gamma or background: palette indices stay indices
/// and samples of 1, 2 or 4 bits get a byte each with their value unscaled.
///
/// `pixels_length` is width * height * channels, twice that for a 16-bit file with CIC_PNG_FULL, and
/// height times the whole bytes of a row with CIC_PNG_PACKED.
CICStatus cic_png_decode(
    const uint8_t *bytes, size_t length, CICPNGDepth depth, uint8_t *pixels, size_t pixels_length,
    CICMessage *message);

/// Counts the pixels whose alpha is not full: in the alpha channel, by the transparent colour, or by the
/// palette entry's alpha.
CICStatus cic_png_count_transparent(
    const uint8_t *bytes, size_t length, uint64_t *count, CICMessage *message);

/// The most bytes that cic_png_encode writes; 0 for a picture that PNG cannot hold. `channels` is
/// 1 or 3.
size_t cic_png_encode_bound(uint32_t width, uint32_t height, uint32_t channels);

/// Encodes width * height * channels bytes, gray (1 channel) or RGB (3), into `file`. The same
/// pixels give the same bytes.
CICStatus cic_png_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels, uint8_t *file,
    size_t capacity, size_t *file_length, CICMessage *message);

/// The most bytes that cic_png_encode_bits writes; 0 for a picture that PNG cannot hold.
size_t cic_png_encode_bits_bound(uint32_t width, uint32_t height);

/// Encodes a gray picture of one bit per pixel. Rows are (width + 7) / 8 bytes, the first pixel in a
/// byte's lowest bit. The same pixels give the same bytes.
CICStatus cic_png_encode_bits(
    const uint8_t *rows, uint32_t width, uint32_t height, uint8_t *file, size_t capacity,
    size_t *file_length, CICMessage *message);

/// What a JPEG file says before its pixels.
typedef struct CICJPEGHeader {
    uint32_t width;
    uint32_t height;
    /// Samples per pixel that cic_jpeg_decode gives: 1 (gray), 3 (RGB) or 4 (CMYK).
    uint8_t channels;
} CICJPEGHeader;

/// Reads everything before the pixels. CIC_TOO_LARGE above `max_pixels` pixels.
CICStatus cic_jpeg_read_header(
    const uint8_t *bytes, size_t length, uint64_t max_pixels, CICJPEGHeader *header,
    CICMessage *message);

/// Decodes with the accurate inverse DCT and smooth chroma upsampling. CMYK samples come as they
/// are stored; YCCK becomes CMYK. Data that is missing or damaged in the middle is a failure, not
/// a gray area.
///
/// `pixels_length` is width * height * channels of the header.
CICStatus cic_jpeg_decode(
    const uint8_t *bytes, size_t length, uint8_t *pixels, size_t pixels_length,
    CICMessage *message);

/// Decodes `count` files one after the other into the same pixels, with one handle, the settings of
/// cic_jpeg_decode and none of its checks: what libjpeg-turbo itself takes, to compare with.
///
/// File i is bytes[offsets[i]] ..< bytes[offsets[i + 1]]; `pixels` has room for the largest picture.
CICStatus cic_jpeg_decode_bare(
    const uint8_t *bytes, const size_t *offsets, size_t count, uint8_t *pixels,
    size_t pixels_length, CICMessage *message);

/// The most bytes that cic_jpeg_encode writes; 0 for a picture that JPEG cannot hold (a side above
/// 65535).
size_t cic_jpeg_encode_bound(uint32_t width, uint32_t height);

/// Encodes width * height RGB pixels as a baseline JPEG with 4:2:0 chroma; `quality` is 1...100.
CICStatus cic_jpeg_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, int quality, uint8_t *file,
    size_t capacity, size_t *file_length, CICMessage *message);

/// What the bits of a sample mean.
typedef enum CICSampleKind {
    CIC_SAMPLE_UNSIGNED,
    CIC_SAMPLE_SIGNED,
    CIC_SAMPLE_FLOAT,
} CICSampleKind;

/// What follows the colours of a pixel.
typedef enum CICExtraSample {
    CIC_EXTRA_NONE,
    CIC_EXTRA_ALPHA,
    /// One more sample that the file does not explain.
    CIC_EXTRA_UNKNOWN,
} CICExtraSample;

/// What a TIFF file says of its first page.
typedef struct CICTIFFHeader {
    uint32_t width;
    uint32_t height;
    /// Bits of a stored sample: 1 to 16, 32 or 64.
    uint8_t bit_depth;
    CICSampleKind kind;
    /// Colours of a pixel: 1 (gray, palette index) or 3 (RGB).
    uint8_t channels;
    /// 1 when the sample is an index into `palette`, of 8 bits at most.
    uint8_t is_palette;
    /// What a pixel has besides.
    CICExtraSample extra;
    /// 1 when the file says which value stands for none (as GDAL writes it).
    uint8_t has_nodata;
    double nodata;
    /// How rows and columns are to be turned, 1 to 8; 1: not at all.
    uint8_t orientation;
    /// The upper bytes of R, G, B of each palette entry; black where the file has none.
    uint8_t palette[256 * 3];
} CICTIFFHeader;

/// Which samples of a pixel cic_tiff_decode gives.
typedef enum CICTIFFPart {
    CIC_TIFF_COLORS,
    /// The one that follows the colours.
    CIC_TIFF_EXTRA,
} CICTIFFPart;

/// Reads everything before the pixels of the first page. CIC_TOO_LARGE above `max_pixels` pixels, or above
/// three times as many bytes. CIC_UNSUPPORTED for anything but gray, palette and RGB, with or without one
/// more sample, in strips or tiles.
CICStatus cic_tiff_read_header(
    const uint8_t *bytes, size_t length, uint64_t max_pixels, CICTIFFHeader *header,
    CICMessage *message);

/// Decodes the samples of the first page as they are stored: palette indices stay indices, and gray is 0 for black whatever
/// unsigned samples count from. A block that the file leaves out has the file's `nodata`, or 0.
///
/// Samples of up to 8 bits have a byte each with their value unscaled, those of up to 16 bits two, others as
/// many as they have; in the machine's order. `pixels_length` is width * height * samples per pixel * bytes
/// per sample.
CICStatus cic_tiff_decode(
    const uint8_t *bytes, size_t length, CICTIFFPart part, uint8_t *pixels, size_t pixels_length,
    CICMessage *message);

/// For each of `count` output positions along an axis, which input positions count and how much, in
/// fixed point: weights are multiplied by 1 << 22.
typedef struct CICResampleAxis {
    size_t count;
    /// Pairs of weights per output position; those past its own are 0.
    size_t pairs;
    /// The first input position of each output position.
    const int32_t *starts;
    /// Per pair the upper halves of both weights, then their lower halves: a weight is
    /// upper * 2048 + lower, with 0 <= lower < 2048.
    const int16_t *weights;
} CICResampleAxis;

/// Resamples the rows of an RGB picture of width * height pixels to `axis->count` pixels each.
///
/// `wide` is room for (width + 2 * axis->pairs) * 16 bytes; `target` has axis->count * height pixels.
/// Every start is below width.
void cic_resample_columns(
    const uint8_t *pixels, size_t width, size_t height, const CICResampleAxis *axis,
    uint8_t *wide, uint8_t *target);

/// Resamples the columns of a picture of `height` rows of `row_length` bytes to `axis->count` rows.
///
/// `rows` is room for 2 * axis->pairs pointers. Every start is below height.
void cic_resample_rows(
    const uint8_t *pixels, size_t row_length, size_t height, const CICResampleAxis *axis,
    const uint8_t **rows, uint8_t *target);

#ifdef __cplusplus
}
#endif
#endif
