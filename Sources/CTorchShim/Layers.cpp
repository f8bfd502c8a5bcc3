// The products, convolutions and normalisations that layers are made of.
#include "Boundary.hpp"

#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/conv_transpose2d.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/upsample_bicubic2d.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/upsample_nearest2d.h>

using namespace cts;

CTSStatus cts_matmul(const CTSTensor *a, const CTSTensor *b, CTSTensor **out) {
    return produce(out, [&] { return at::matmul(in(a), in(b)); });
}

CTSStatus cts_embedding(const CTSTensor *weight, const CTSTensor *ids, CTSTensor **out) {
    return produce(out, [&] { return at::embedding(in(weight), in(ids)); });
}

CTSStatus cts_layer_norm(const CTSTensor *x, CTSIntList normalized, const CTSTensor *weight,
                         const CTSTensor *bias, double epsilon, CTSTensor **out) {
    return produce(out, [&] {
        return at::layer_norm(in(x), list(normalized), optional(weight), optional(bias), epsilon);
    });
}

CTSStatus cts_attention(const CTSTensor *query, const CTSTensor *key, const CTSTensor *value,
                        const CTSTensor *mask, bool causal, double scale, bool grouped_query,
                        CTSTensor **out) {
    return produce(out, [&] {
        const auto factor = scale > 0 ? std::optional<double>(scale) : std::nullopt;
        return at::scaled_dot_product_attention(in(query), in(key), in(value), optional(mask), 0.0,
                                                causal, factor, grouped_query);
    });
}

CTSStatus cts_conv2d(const CTSTensor *x, const CTSTensor *weight, const CTSTensor *bias,
                     int64_t stride, int64_t padding, CTSTensor **out) {
    return produce(out, [&] {
        return at::conv2d(in(x), in(weight), optional(bias), at::IntArrayRef({stride, stride}),
                          at::IntArrayRef({padding, padding}));
    });
}

CTSStatus cts_conv_transpose2d(const CTSTensor *x, const CTSTensor *weight, const CTSTensor *bias,
                               int64_t stride, CTSTensor **out) {
    return produce(out, [&] {
        return at::conv_transpose2d(in(x), in(weight), optional(bias),
                                    at::IntArrayRef({stride, stride}));
    });
}

CTSStatus cts_max_pool2d(const CTSTensor *x, int64_t kernel, int64_t stride, CTSTensor **out) {
    return produce(out, [&] { return at::max_pool2d(in(x), {kernel, kernel}, {stride, stride}); });
}

CTSStatus cts_interpolate(const CTSTensor *x, int64_t height, int64_t width, CTSInterpolation mode,
                          CTSTensor **out) {
    return produce(out, [&] {
        const std::vector<int64_t> size = {height, width};
        switch (mode) {
        case CTS_NEAREST: return at::upsample_nearest2d(in(x), size);
        case CTS_BILINEAR: return at::upsample_bilinear2d(in(x), size, false);
        case CTS_BICUBIC: return at::upsample_bicubic2d(in(x), size, false);
        case CTS_BILINEAR_ANTIALIAS: return at::_upsample_bilinear2d_aa(in(x), size, false);
        case CTS_BICUBIC_ANTIALIAS: return at::_upsample_bicubic2d_aa(in(x), size, false);
        default: throw std::invalid_argument("unknown interpolation " + std::to_string(mode));
        }
    });
}
